"""Checkpoints: plain outside, complete inside, whole or not at all."""

import json
from pathlib import Path

import pytest
import torch
import transformers

from stilts_mlflow import checkpoint
from stilts_mlflow.errors import InputError
from stilts_mlflow.lora import add_lora
from stilts_mlflow.lora_settings import Lora
from stilts_mlflow.model import collation
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import PairExample
from tests import tiny

META = {"phase": "target", "tasks": ["mnli"], "parents": {}}


def batch() -> dict[str, torch.Tensor]:
    rows = [PairExample("1", "the old baker", "who reads", None)]
    kind = TASK_TYPES["classification"]
    return kind.collate(
        kind.featurize(rows, ("a", "b"), tiny.tokenizer(), Limits(48)),
        collation(tiny.tokenizer(), len(tiny.tokenizer())),
    )


def saved(folder: Path, lora: bool = False) -> torch.Tensor:
    """Save a checkpoint and return what its model says of `batch`."""
    model = tiny.model()
    model.add_head("mnli", "classification", ("a", "b"))
    if lora:
        add_lora(model, Lora(rank=2, alpha=4))
        for name, p in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(p)
    model.eval()
    with torch.inference_mode():
        logits = model("mnli", batch())["logits"]
    checkpoint.save(folder, model, tiny.tokenizer(), META)
    return logits


@pytest.mark.parametrize("lora", [False, True])
def test_load_gives_the_same_outputs(tmp_path: Path, lora: bool) -> None:
    expected = saved(tmp_path / "c", lora)
    loaded = checkpoint.load(tmp_path / "c")
    with torch.inference_mode():
        logits = loaded.model("mnli", batch())["logits"]
    assert torch.allclose(logits, expected, atol=1e-5)
    assert loaded.meta["heads"]["mnli"] == {"type": "classification", "labels": ["a", "b"]}
    assert (tmp_path / "c" / "adapters" / "adapter_model.safetensors").is_file() == lora


def test_the_folder_is_a_plain_model(tmp_path: Path) -> None:
    saved(tmp_path / "c")
    encoder = transformers.AutoModel.from_pretrained(tmp_path / "c", add_pooling_layer=False)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "c")
    ours = checkpoint.load(tmp_path / "c").model.encoder
    assert all(torch.equal(a, b) for a, b in zip(encoder.parameters(), ours.parameters(), strict=True))
    assert tokenizer("the baker")["input_ids"] == tiny.tokenizer()("the baker")["input_ids"]
    suffixes = {path.suffix for path in (tmp_path / "c").rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors"}


def test_start_from_takes_the_encoder_only(tmp_path: Path) -> None:
    saved(tmp_path / "c")
    started = checkpoint.start_from(tmp_path / "c")
    assert len(started.model.heads) == 0
    assert started.meta["tensors"] == {"new": [], "unused": []}


def test_saving_again_replaces_the_folder(tmp_path: Path) -> None:
    saved(tmp_path / "c")
    (tmp_path / "c" / "stray").write_text("x")
    saved(tmp_path / "c")
    assert not (tmp_path / "c" / "stray").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_state_comes_back_and_survives_a_kill_between_renames(tmp_path: Path) -> None:
    checkpoint.save_state(tmp_path / "last", {"a": torch.arange(3)}, {"step": 7})
    (tmp_path / "last").rename(tmp_path / "last.old")
    found = checkpoint.resume_from(tmp_path / "last")
    assert found is not None
    assert found[1] == {"step": 7}
    assert torch.equal(found[0]["a"], torch.arange(3))
    assert checkpoint.resume_from(tmp_path / "nothing") is None


def test_heads_that_do_not_fit_are_an_error(tmp_path: Path) -> None:
    saved(tmp_path / "c")
    meta = json.loads((tmp_path / "c" / "meta.json").read_text())
    meta["heads"]["squad_v1"] = {"type": "question_answering", "labels": []}
    (tmp_path / "c" / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(InputError, match="heads do not fit"):
        checkpoint.load(tmp_path / "c")


def test_a_foreign_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no meta\.json"):
        checkpoint.load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="could not be loaded"):
        checkpoint.start_from(tmp_path)
