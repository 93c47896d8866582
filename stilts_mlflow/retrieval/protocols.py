"""Protocols: how sentence vectors are made and compared, by name or option by option.

    setting("bucc2018", "mining_f1", "paper", {}).text   # mean pooling, layer 14/24 of the depth, ratio margin with k=4
    setting("tatoeba", "accuracy", "paper", {"layer": 9}).layer_of(12)   # 9: an option overrides the protocol

`paper`: jiant's configuration of the X-STILTs runs (`xtreme_runconfig_writer.py: retrieval_layer=14`), mean over all
tokens, special ones too, and hidden state 14 of the 24 layers; in other encoders the same fraction of the depth,
rounded half up (12 layers: 7).

`xtreme`: the benchmark's scripts, which differ from it. `scripts/run_bucc2018.sh`: first token, the 8th of the last 12
hidden states (20 of 24 layers). `scripts/run_tatoeba.sh`: mean, the 14th of the last 24, or the 8th of the last 12 in
shorter encoders. LAReQA and Mewsli-X are scored there with encoders tuned as retrievers, by the first token of the last
layer; pool, texts and lengths are theirs, the tuning is not done here.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from stilts_mlflow.errors import InputError

Name = Literal["none", "paper", "xtreme"]
RULES = 1
"""Raised when the rules for duplicates, ties, pairing or thresholds change: part of the hash of a protocol."""

_FROM_DEPTH: dict[str, Callable[[int], int]] = {
    "the last": lambda depth: depth,
    "14/24 of the depth": lambda depth: int(14 * depth / 24 + 0.5),
    # Encoders shorter than those of the scripts: the same fraction of the depth.
    "8th of the last 12": lambda depth: depth - 4 if depth >= 11 else int(20 * depth / 24 + 0.5),
    "14th of the last 24": lambda depth: (
        depth - 10 if depth >= 24 else depth - 4 if depth >= 12 else int(14 * depth / 24 + 0.5)
    ),
}


@dataclass(frozen=True)
class Setting:
    """How one task is scored.

    `layer`: hidden state (0 = embeddings) or a rule for it. `k`: neighbours of a margin. `centre`: minus the mean of
    its language. `with_context`: candidates are followed by their paragraph. `lengths`: most sub-words of a query
    (or of any sentence), and of a candidate.
    """

    layer: int | str = "the last"
    pooling: Literal["mean", "cls"] = "mean"
    margin: Literal["cosine", "ratio", "distance"] = "cosine"
    k: int = 4
    centre: bool = False
    with_context: bool = False
    lengths: tuple[int, int] = (128, 128)

    def layer_of(self, depth: int) -> int:
        """Hidden state for an encoder of `depth` layers; InputError when there is no such one."""
        if isinstance(self.layer, str):
            return _FROM_DEPTH[self.layer](depth)
        if self.layer > depth:
            raise InputError(f"layer={self.layer}: the encoder has layers 0 (embeddings) to {depth}")
        return self.layer

    @property
    def text(self) -> str:
        """In words, as descriptions and tags print it."""
        named = self.layer if isinstance(self.layer, str) else f"{self.layer}"
        margin = self.margin if self.margin == "cosine" else f"{self.margin} margin with k={self.k}"
        more = [", centred by language" * self.centre, ", candidates with their paragraph" * self.with_context]
        pooling = "first token" if self.pooling == "cls" else "mean pooling"
        lengths = "/".join(map(str, dict.fromkeys(self.lengths)))
        return f"{pooling}, layer {named}, {margin}{''.join(more)}, {lengths} sub-words"

    def hash(self, depth: int) -> str:
        """12 hex digits over everything that decides a score beside the encoder and the data."""
        facts = asdict(replace(self, layer=self.layer_of(depth), k=0 if self.margin == "cosine" else self.k))
        return hashlib.sha256(json.dumps(facts | {"rules": RULES}, sort_keys=True).encode()).hexdigest()[:12]


_PAPER = Setting("14/24 of the depth", lengths=(512, 512))
_XTREME_RANKING = Setting("the last", "cls")
_PROTOCOLS: dict[str, dict[str, Setting]] = {
    # By task, or by the task's metric.
    "none": {"mining_f1": Setting(margin="ratio")},
    "paper": {"accuracy": _PAPER, "mining_f1": replace(_PAPER, margin="ratio"), "map_at_20": _PAPER},
    "xtreme": {
        "accuracy": Setting("14th of the last 24", lengths=(512, 512)),
        "mining_f1": Setting("8th of the last 12", "cls", "ratio", lengths=(512, 512)),
        "lareqa": replace(_XTREME_RANKING, with_context=True, lengths=(96, 256)),
        "map_at_20": replace(_XTREME_RANKING, lengths=(64, 64)),
    },
}


def setting(task: str, metric: str, protocol: Name, options: Mapping[str, Any]) -> Setting:
    """Setting of a task whose major metric is `metric`; `options` that are not None override the protocol."""
    rows = _PROTOCOLS[protocol]
    found = rows.get(task, rows.get(metric, Setting()))
    return replace(found, **{name: value for name, value in options.items() if value is not None})
