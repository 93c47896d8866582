"""LoRA on every family: it trains its updates and the head, nothing else, and what is saved is what was trained."""

import re
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers

from stilts_mlflow import checkpoint
from stilts_mlflow.errors import InputError
from stilts_mlflow.lora import add_lora, merge_lora
from stilts_mlflow.lora_settings import TARGETS, Lora, parse_layers
from stilts_mlflow.model import T5_FAMILY, Model, load_encoder
from tests import tiny
from tests.test_checkpoint import META, batch

TINY = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 80,
    "pad_token_id": 1,
}
OWN: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "electra": {"embedding_size": 16},
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 16},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48},
    "xlm": {"emb_dim": 32, "n_layers": 2, "n_heads": 2, "n_words": 300},
    "flaubert": {"emb_dim": 32, "n_layers": 2, "n_heads": 2, "n_words": 300},
    "modernbert": {"global_attn_every_n_layers": 2, "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0},
    "xmod": {"languages": ("en_XX",), "default_language": "en_XX"},
    "big_bird": {"attention_type": "original_full"},
    "eurobert": {"num_key_value_heads": 2, "bos_token_id": 0, "eos_token_id": 2},
    "gemma3_text": {"num_key_value_heads": 1, "head_dim": 16, "bos_token_id": 0, "eos_token_id": 2},
    "roformer": {"embedding_size": 32},
    **{key: {"d_model": 32, "d_kv": 16, "d_ff": 48, "num_layers": 2, "num_heads": 2} for key in T5_FAMILY},
}


def encoder(family: str, **changes: Any) -> torch.nn.Module:
    """An encoder of the family with two layers and random weights, made offline."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(family, **{**TINY, **OWN.get(family, {}), **changes})
    kind = transformers.AutoModelForTextEncoding if family in T5_FAMILY else transformers.AutoModel
    made: torch.nn.Module = kind.from_config(config)
    return made


def model(family: str, lora: Lora) -> Model:
    """The same with LoRA and a head."""
    made = Model(encoder(family))
    made.add_head("mnli", "classification", ("a", "b"))
    add_lora(made, lora)
    return made


@pytest.mark.parametrize("family", TARGETS)
def test_only_updates_and_head_are_trained(family: str) -> None:
    made = model(family, Lora(2, dropout=0.0))
    made("mnli", batch())["logits"].sum().backward()
    touched = {name for name, p in made.named_parameters() if p.grad is not None}
    trained = {name for name, p in made.named_parameters() if p.requires_grad}
    assert touched == trained
    assert all("lora_" in name or name.startswith("heads.mnli.") for name in trained)
    updated = {match[1] for name in trained if (match := re.search(r"\.(\w+)\.lora_A\.", name))}
    assert updated == set(TARGETS[family])


@pytest.mark.parametrize("family", ["bert", "t5", "modernbert", "distilbert", "eurobert", "deberta-v2"])
def test_layers_bound_it(family: str) -> None:
    made = model(family, Lora(2, layers="1"))
    names = [name for name, p in made.encoder.named_parameters() if p.requires_grad]
    assert len(names) == 2 * len(TARGETS[family])
    assert all(re.search(r"\d+", name.partition("base_model.model.")[2])[0] == "1" for name in names)  # type: ignore[index]
    both = model(family, Lora(2, layers="0-1"))
    assert sum(p.requires_grad for p in both.encoder.parameters()) == 2 * len(names)


def test_targets_can_be_named() -> None:
    made = model("bert", Lora(2, targets="dense, key"))
    updated = {name.split(".lora_")[0].split(".")[-1] for name, _ in made.named_parameters() if "lora_" in name}
    assert updated == {"dense", "key"}


def test_the_share_is_counted_by_hand() -> None:
    # tiny.model: width 32, 2 layers; rank 2 on query and value: 2 layers x 2 matrices x (2 x 32 + 32 x 2) = 512.
    made = tiny.model()
    whole = sum(p.numel() for p in made.parameters())
    assert add_lora(made, Lora(2)) == {"trainable_parameters": 512, "trainable_share": 512 / (whole + 512)}


@pytest.mark.parametrize(
    ("family", "lora", "said"),
    [
        (
            "bert",
            Lora(2, targets="xyz"),
            "lora_targets=xyz: the encoder (bert) has no linear layer xyz; it has query, key",
        ),
        ("bert", Lora(2, layers="1-2"), "lora_layers=1-2: the encoder has the layers 0-1"),
        (
            "megatron-bert",
            Lora(2),
            "no rule for encoders of the family 'megatron-bert'; its linear layers are query, key",
        ),
    ],
)
def test_what_the_encoder_has_not_is_told(family: str, lora: Lora, said: str) -> None:
    with pytest.raises(InputError) as error:
        model(family, lora)
    assert said in str(error.value)
    if family not in TARGETS:
        assert "lora_targets=" in str(error.value)
        model(family, Lora(2, targets="query"))


def test_ranges() -> None:
    assert parse_layers("3") == (3, 3)
    assert parse_layers("0-5") == (0, 5)
    for wrong in ("5-2", "a", "1-", "-1", "", "1-2-3", "²"):
        with pytest.raises(InputError, match="lora_layers="):
            parse_layers(wrong)


@pytest.mark.parametrize("layers", [None, "1"])
def test_merged_and_reloaded_are_as_trained(tmp_path: Path, layers: str | None) -> None:
    """The head is not lost, and the updates alone on the first encoder give the same as the merged one."""
    first = tiny.model()
    first.encoder.save_pretrained(str(tmp_path / "first"))  # type: ignore[operator]
    tiny.tokenizer().save_pretrained(str(tmp_path / "first"))
    trained = tiny.model()
    trained.add_head("mnli", "classification", ("a", "b"))
    add_lora(trained, Lora(4, alpha=8, layers=layers))
    optimizer = torch.optim.AdamW([p for p in trained.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(3):
        trained.train()
        torch.nn.functional.cross_entropy(trained("mnli", batch())["logits"], torch.tensor([1])).backward()
        optimizer.step()
    expected = outputs(trained)
    assert not torch.allclose(expected, outputs(with_heads(Model(first.encoder), trained)), atol=1e-2)
    checkpoint.save(tmp_path / "c", trained, tiny.tokenizer(), META)
    assert torch.allclose(outputs(trained), expected, atol=1e-5)  # merged in place
    assert torch.allclose(outputs(checkpoint.load(tmp_path / "c").model), expected, atol=1e-5)
    alone = Model(load_encoder(tmp_path / "first")[0])
    alone.encoder = peft.PeftModel.from_pretrained(alone.encoder, str(tmp_path / "c" / "adapters"))
    assert torch.allclose(outputs(with_heads(alone, trained)), expected, atol=1e-5)
    merge_lora(alone)
    assert torch.allclose(outputs(alone), expected, atol=1e-5)


def with_heads(one: Model, other: Model) -> Model:
    """`one` with the heads of `other`."""
    one.heads, one.types, one.labels = other.heads, other.types, other.labels
    return one


def outputs(made: Model) -> torch.Tensor:
    """Logits in evaluation mode."""
    made.eval()
    with torch.inference_mode():
        logits: torch.Tensor = made("mnli", batch())["logits"]
    return logits
