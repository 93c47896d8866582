"""What LoRA is told (Hu et al. 2022), checked without loading anything heavy."""

from collections.abc import Mapping
from dataclasses import dataclass

from stilts_mlflow.errors import InputError

_QUERY_VALUE = ("query", "value")

TARGETS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("bert", "roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "xmod"), _QUERY_VALUE),
    **dict.fromkeys(("electra", "rembert", "albert", "ernie", "big_bird", "roformer"), _QUERY_VALUE),
    **dict.fromkeys(("t5", "mt5", "umt5", "mpnet"), ("q", "v")),
    **dict.fromkeys(("distilbert", "xlm", "flaubert"), ("q_lin", "v_lin")),
    **dict.fromkeys(("eurobert", "gemma3_text"), ("q_proj", "v_proj")),
    "deberta": ("in_proj",),
    "deberta-v2": ("query_proj", "value_proj"),
    "modernbert": ("Wqkv",),
}
"""Matrices that LoRA updates, by the encoder's `model_type`: queries and values (Hu et al. 2022, section 7.1), keys
too where one matrix makes all three."""


@dataclass(frozen=True)
class Lora:
    """`layers`: a number or a range with both its ends (`0-5`), None = all; `targets`: a comma list of names of linear
    layers, None = those of the encoder's family."""

    rank: int
    alpha: int = 16
    dropout: float = 0.05
    layers: str | None = None
    targets: str | None = None


def parse_layers(layers: str) -> tuple[int, int]:
    """First and last layer of `3` or `0-5`; InputError for anything else."""
    first, dash, last = layers.partition("-")
    if not all(end.isascii() and end.isdigit() for end in (first, last if dash else first)):
        raise InputError(f"lora_layers={layers!r}: expected a layer or a range such as 0-5")
    ends = int(first), int(last if dash else first)
    if ends[0] > ends[1]:
        raise InputError(f"lora_layers={layers!r}: the range ends before it begins; expected {ends[1]}-{ends[0]}")
    return ends


def parse_targets(targets: str) -> list[str]:
    """Names of a comma list; InputError without any."""
    names = [name.strip() for name in targets.split(",") if name.strip()]
    if not names:
        raise InputError(f"lora_targets={targets!r}: expected a comma list of names of linear layers")
    return names
