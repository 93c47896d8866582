"""Continued masked LM begins with the loss that the published model has, in every family."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from stilts_mlflow import checkpoint
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.masked_head import add_masked_head
from stilts_mlflow.model import collation, mask_token
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.encoder import Encoder
from stilts_mlflow.phases.fit import fit
from stilts_mlflow.phases.intermediate import in_languages, splits
from stilts_mlflow.phases.resolve import resolve
from stilts_mlflow.task_types.task_type import Batch, Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import TextExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import pick
from tests import tiny

KIND = TASK_TYPES["masked_lm"]
SIZES: dict[str, Any] = {
    "vocab_size": len(tiny.tokenizer()),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 130,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
}
SPECIAL: dict[str, Any] = {"cls_token_id": 0, "sep_token_id": 2}
CONFIGS: dict[str, Any] = {
    "xlm-roberta": transformers.XLMRobertaConfig(**SIZES, type_vocab_size=1, layer_norm_eps=1e-5),
    "bert": transformers.BertConfig(**SIZES, type_vocab_size=2, hidden_act="relu"),
    "modernbert": transformers.ModernBertConfig(**SIZES, **SPECIAL),
    "modernbert, all biases": transformers.ModernBertConfig(**SIZES, **SPECIAL, norm_bias=True, classifier_bias=True),
    "distilbert": transformers.DistilBertConfig(
        vocab_size=SIZES["vocab_size"], dim=32, n_layers=2, n_heads=2, hidden_dim=48, pad_token_id=1
    ),
}


def whole(name: str, folder: Path) -> Any:
    """A published model with its head, every weight random (biases are zeros at first), saved with a tokenizer."""
    torch.manual_seed(0)
    model = transformers.AutoModelForMaskedLM.from_config(CONFIGS[name])
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.tie_weights()
    model.save_pretrained(folder)
    tiny.tokenizer().save_pretrained(folder)
    return model.eval()


def masked_batch(tokenizer: Any = None, seed: int = 3) -> Batch:
    tokenizer = tokenizer or tiny.tokenizer()
    rows = [TextExample(str(i), line, "") for i, line in enumerate(tiny.LINES)]
    features = KIND.featurize(rows, (), tokenizer, Limits(48))
    return KIND.collate(features, collation(tokenizer, len(tokenizer), torch.Generator().manual_seed(seed)))


def our_loss(model: Any, batch: Batch) -> torch.Tensor:
    loss = KIND.loss(model.eval()("masked_lm", batch), batch)
    return loss.total / loss.count


@pytest.mark.parametrize("name", CONFIGS)
def test_the_loss_is_that_of_the_published_model(name: str, tmp_path: Path) -> None:
    published, batch = whole(name, tmp_path), masked_batch()
    start = checkpoint.start_from(tmp_path)
    add_masked_head(start, tmp_path, "masked_lm", "pretrained")
    inputs = {key: value for key, value in batch.items() if key in ("input_ids", "attention_mask", "labels")}
    with torch.inference_mode():
        expected = published(**inputs).loss
        assert our_loss(start.model, batch).item() == pytest.approx(expected.item(), rel=1e-5)

    checkpoint.save(tmp_path / "ours", start.model, start.tokenizer, {"phase": "intermediate"})
    again = checkpoint.start_from(tmp_path / "ours")
    add_masked_head(again, tmp_path / "ours", "masked_lm", "pretrained")
    with torch.inference_mode():
        assert our_loss(again.model, batch).item() == pytest.approx(expected.item(), rel=1e-5)
        assert our_loss(checkpoint.load(tmp_path / "ours").model, batch).item() == pytest.approx(
            expected.item(), rel=1e-5
        )


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "modernbert"])
def test_an_encoder_saved_without_its_head_is_told(name: str, tmp_path: Path) -> None:
    whole(name, tmp_path / "whole").base_model.save_pretrained(tmp_path)
    tiny.tokenizer().save_pretrained(tmp_path)
    start = checkpoint.start_from(tmp_path)
    with pytest.raises(InputError, match=r"masked_lm: .* brings no output layers of masked LM.*mlm_head=new"):
        add_masked_head(start, tmp_path, "masked_lm", "pretrained")
    add_masked_head(start, tmp_path, "masked_lm", "new")
    assert torch.isfinite(our_loss(start.model, masked_batch()))


def test_an_untied_output_is_no_head_of_ours(tmp_path: Path) -> None:
    config = transformers.BertConfig(**SIZES, tie_word_embeddings=False)
    transformers.BertForMaskedLM(config).save_pretrained(tmp_path)
    tiny.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="mlm_head=new"):
        add_masked_head(checkpoint.start_from(tmp_path), tmp_path, "masked_lm", "pretrained")


def mt5(folder: Path) -> Any:
    """An mT5 with a tokenizer like its own: no mask token, but sentinels."""
    torch.manual_seed(0)
    tokenizer = tiny.tokenizer().__class__(
        tokenizer_object=tiny.tokenizer().backend_tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<extra_id_0>"]})
    config = transformers.MT5Config(
        vocab_size=len(tokenizer) + 20, d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, pad_token_id=1
    )
    transformers.MT5EncoderModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def test_mt5_has_no_head_but_learns_a_new_one(tmp_path: Path) -> None:
    tokenizer = mt5(tmp_path)
    start = checkpoint.start_from(tmp_path)
    with pytest.raises(InputError, match="mlm_head=new"):
        add_masked_head(start, tmp_path, "masked_lm", "pretrained")
    add_masked_head(start, tmp_path, "masked_lm", "new")
    batch = masked_batch(tokenizer)
    assert int((batch["input_ids"] == tokenizer.convert_tokens_to_ids("<extra_id_0>")).sum()) > 0
    optimizer = torch.optim.AdamW(start.model.parameters(), lr=5e-3)
    losses = []
    for _ in range(30):
        loss = KIND.loss(start.model("masked_lm", batch), batch)
        (loss.total / loss.count).backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append((loss.total / loss.count).item())
    assert losses[0] < 12
    assert losses[-1] < losses[0] / 2


def test_a_tokenizer_without_a_mask_is_told(tmp_path: Path) -> None:
    whole("bert", tmp_path)
    plain = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tiny.tokenizer().backend_tokenizer, pad_token="<pad>", unk_token="<unk>"
    )
    assert mask_token(plain) is None
    start = checkpoint.Loaded(checkpoint.start_from(tmp_path).model, plain, {})
    with pytest.raises(InputError, match="no mask token"):
        add_masked_head(start, tmp_path, "masked_lm", "pretrained")


def test_masked_lm_in_a_mixture(tmp_path: Path) -> None:
    """The whole way: shares and losses of both tasks are logged, English dev of the task alone selects."""
    whole("xlm-roberta", tmp_path / "encoder")
    source = DataSource("demo", max_examples=24)
    config = IntermediateConfig(
        tasks="mnli,masked_lm", mlm_ratio=0.5, mlm_languages="en,de,sw", max_steps=9, batch_size=4, eval_every=4,
        loss_weights="masked_lm=0.5",
    )  # fmt: skip
    tasks = [in_languages(task, config.mlm_languages, source) for task in pick(TASKS, config.tasks)]
    assert ("masked_lm", "train", "sw") in [(task.name, split, language) for task, split, language in splits(tasks, {})]
    assert ("masked_lm", "dev", "en") not in [
        (task.name, split, language) for task, split, language in splits(tasks, {})
    ]
    training = resolve(config, tasks, Encoder(tmp_path / "encoder", "", "", False), "intermediate")
    seen: dict[str, float] = {}
    progress = fit(
        tmp_path / "encoder", tasks, source, training, tmp_path / "state", tmp_path / "out", {"phase": "intermediate"},
        metrics=lambda metrics, step: seen.update(metrics),
    )  # fmt: skip
    assert seen["mixture/intended/masked_lm"] == pytest.approx(1 / 3)
    assert seen["mixture/effective/masked_lm"] == pytest.approx(1 / 3)
    assert {"train/loss/mnli", "train/loss/masked_lm", "dev/mnli/accuracy"} <= set(seen)
    assert not [name for name in seen if name.startswith("dev/masked_lm")]
    assert progress.best == seen["dev/mean"] or progress.best_step < progress.step
    assert set(checkpoint.read_meta(tmp_path / "out")["heads"]) == {"mnli", "masked_lm"}
