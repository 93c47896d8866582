"""Checkpoints: folders that explain themselves.

    config.json, model.safetensors   the encoder, plain `save_pretrained`: AutoModel.from_pretrained(folder)
    tokenizer.json, ...              its tokenizer
    heads.safetensors                one group of tensors a task
    adapters/                        LoRA updates alone, where there were any
    meta.json                        phase, config, tasks, labels, parent run, step, versions; written last

`start_from` takes the encoder only (STILTs: a new head for each target). `load` takes all of it, to
evaluate. `save_state` / `resume_from` hold everything that an interrupted training needs.
"""

import json
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stilts_mlflow.checkpoint_meta import META, read_meta
from stilts_mlflow.errors import InputError
from stilts_mlflow.lora import merge_lora
from stilts_mlflow.model import Model, load_encoder

log = logging.getLogger(__name__)

HEADS = "heads.safetensors"


@dataclass(frozen=True)
class Loaded:
    """A model ready for use."""

    model: Model
    tokenizer: Any
    meta: dict[str, Any]


def start_from(source: Path | str) -> Loaded:
    """The encoder and tokenizer of a checkpoint, folder or Hub id; no heads. Logs which tensors are new."""
    encoder, tokenizer, tensors = load_encoder(source)
    meta = read_meta(source) if (Path(source) / META).is_file() else {}
    return Loaded(Model(encoder), tokenizer, meta | {"tensors": tensors})


def load(folder: Path | str) -> Loaded:
    """Encoder, tokenizer and every head of a checkpoint of ours, in evaluation mode."""
    meta = read_meta(folder)
    loaded = start_from(folder)
    tensors = load_file(Path(folder) / HEADS) if (Path(folder) / HEADS).is_file() else {}
    for name, head in meta["heads"].items():
        loaded.model.add_head(name, head["type"], head["labels"])
        if "no_answer_threshold" in head:
            loaded.model.thresholds[name] = head["no_answer_threshold"]
    found = loaded.model.heads.load_state_dict(tensors, strict=False)
    if found.missing_keys or found.unexpected_keys:
        raise InputError(f"{folder}: heads do not fit: missing {found.missing_keys}, extra {found.unexpected_keys}")
    loaded.model.eval()
    return loaded


def save(folder: Path, model: Model, tokenizer: Any, meta: Mapping[str, Any]) -> None:
    """Write a checkpoint; LoRA is merged first. The folder appears whole or not at all."""
    partial = _partial(folder)
    merge_lora(model, partial / "adapters")
    model.encoder.save_pretrained(str(partial))  # type: ignore[operator]
    tokenizer.save_pretrained(str(partial))
    heads = {name: tensor.detach().contiguous().cpu() for name, tensor in model.heads.state_dict().items()}
    if heads:
        save_file(heads, partial / HEADS)
    described = {name: described_head(model, name) for name in model.heads}
    packages = {name: version(name) for name in ("torch", "transformers", "accelerate", "peft")}
    content = {**meta, "heads": described, "versions": {"python": sys.version.split()[0], **packages}}
    (partial / META).write_text(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    _publish(partial, folder)


def described_head(model: Model, name: str) -> dict[str, Any]:
    """What `meta.json` says of a head; `no_answer_threshold` only where it has one."""
    threshold = {"no_answer_threshold": model.thresholds[name]} if name in model.thresholds else {}
    return {"type": model.types[name], "labels": list(model.labels[name]), **threshold}


def save_state(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a resumable state (`tensors` and JSON `facts`) whole or not at all."""
    partial = _partial(folder)
    save_file(
        {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}, partial / "state.safetensors"
    )
    (partial / "state.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    _publish(partial, folder)


def resume_from(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """What `save_state` wrote, or None when there is nothing to resume."""
    if not (folder / "state.json").is_file():
        # A kill between the two renames of _publish leaves the older state beside it.
        older = folder.with_name(folder.name + ".old")
        if not (older / "state.json").is_file():
            return None
        older.rename(folder)
    facts: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return load_file(folder / "state.safetensors"), facts


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """State of an AdamW-like optimizer as flat tensors (no pickle): `optimizer/<parameter>/<name>`."""
    state = optimizer.state_dict()["state"]
    return {f"optimizer/{i}/{k}": torch.as_tensor(v) for i, values in state.items() for k, v in values.items()}


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put `optimizer_tensors` back."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            _, index, key = name.split("/")
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _partial(folder: Path) -> Path:
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _publish(partial: Path, folder: Path) -> None:
    """Swap in the new folder; the old one is only removed once the new one stands."""
    older = folder.with_name(folder.name + ".old")
    if folder.exists():
        shutil.rmtree(older, ignore_errors=True)
        folder.rename(older)
    partial.rename(folder)
    shutil.rmtree(older, ignore_errors=True)
