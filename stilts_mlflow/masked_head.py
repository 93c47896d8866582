"""The output layers of masked LM: those that an encoder was pretrained with, or new ones.

An encoder is loaded without them (`checkpoint.start_from`), since no other task needs them. Continued masked LM
should not begin by learning to speak again, so they are fetched from where the encoder came from: the `lm_head.*` of
XLM-R, `cls.predictions.*` of BERT, `head.*` and `decoder.*` of ModernBERT, or the masked LM head of a checkpoint.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from stilts_mlflow.checkpoint import HEADS, Loaded
from stilts_mlflow.checkpoint_meta import META, read_meta
from stilts_mlflow.errors import InputError
from stilts_mlflow.model import mask_token
from stilts_mlflow.sampling import HeadSource

log = logging.getLogger(__name__)

FAMILIES = (
    ("lm_head.dense", "lm_head.layer_norm", "lm_head"),
    ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions"),
    ("head.dense", "head.norm", "decoder"),
    ("vocab_transform", "vocab_layer_norm", "vocab_projector"),
)
"""Where published models keep the dense layer, the norm, and the bias of the output: RoBERTa, BERT, ModernBERT and
DistilBERT with their kin. The output matrix of all is the embeddings (tied)."""


def add_masked_head(start: Loaded, place: Path | str, name: str, source: HeadSource) -> None:
    """Give the encoder of `place` the head `name`; InputError when it cannot have one or has none of its own."""
    width = start.model.encoder.get_input_embeddings().weight.shape[1]  # type: ignore[operator]
    if mask_token(start.tokenizer) is None:
        raise InputError(f"{name}: the tokenizer of {str(place)!r} has no mask token; use another encoder")
    if width != start.model.width:
        raise InputError(
            f"{name}: the embeddings of {str(place)!r} have {width} dimensions, its hidden states {start.model.width}; "
            "masked LM needs the same number: use another encoder"
        )
    start.model.add_head(name, "masked_lm", ())
    if source == "new":
        return
    tensors = own_head(place) or published_head(place)
    shapes = {key: value.shape for key, value in start.model.heads[name].state_dict().items()}
    if tensors is None or {key: value.shape for key, value in tensors.items()} != shapes:
        raise InputError(
            f"{name}: {str(place)!r} brings no output layers of masked LM (looked for those of RoBERTa, BERT, "
            "ModernBERT, DistilBERT and of our checkpoints): mlm_head=new trains new ones, or start from an encoder "
            "that was saved with them"
        )
    start.model.heads[name].load_state_dict(tensors)
    log.info("%s: output layers of %s taken over", name, place)


def own_head(place: Path | str) -> dict[str, Tensor] | None:
    """The masked LM head of a checkpoint of ours; None where there is none."""
    if not (Path(place) / META).is_file() or not (Path(place) / HEADS).is_file():
        return None
    described = read_meta(place).get("heads", {})
    name = next((name for name, head in described.items() if head["type"] == "masked_lm"), None)
    if name is None:
        return None
    tensors = load_file(Path(place) / HEADS)
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def published_head(place: Path | str) -> dict[str, Tensor] | None:
    """The head of a model that was saved whole (`AutoModelForMaskedLM`); None where it has none, or of another kind."""
    import transformers

    try:
        model, info = transformers.AutoModelForMaskedLM.from_pretrained(
            place, output_loading_info=True, dtype=torch.float32
        )
    except (OSError, ValueError):  # no such model for this architecture (T5's), or nothing to read
        return None
    output, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    if output is None or not torch.equal(output.weight, embeddings.weight):
        return None
    return renamed(model.state_dict(), set(info["missing_keys"]))


def renamed(state: Mapping[str, Any], missing: set[str]) -> dict[str, Tensor] | None:
    """Tensors of a family under our names; biases that it does without are zeros."""
    for dense, norm, output in FAMILIES:
        needed = [f"{dense}.weight", f"{norm}.weight", f"{output}.bias"]
        if missing & set(needed) or not all(key in state for key in needed):
            continue
        zeros = torch.zeros_like(state[f"{norm}.weight"])
        found = {"dense.weight": state[f"{dense}.weight"], "norm.weight": state[f"{norm}.weight"]}
        found |= {"dense.bias": state.get(f"{dense}.bias", zeros), "norm.bias": state.get(f"{norm}.bias", zeros)}
        return {key: value.clone() for key, value in (found | {"bias": state[f"{output}.bias"]}).items()}
    return None
