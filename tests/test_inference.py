"""Passes over examples: memory that runs out inside a real forward, outputs that are no numbers, kept predictions."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from stilts_mlflow.batching import BatchSize
from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.evaluation import completed, evaluate_task
from stilts_mlflow.inference import Pass, predict
from stilts_mlflow.model import Model
from stilts_mlflow.predictions import Kept
from stilts_mlflow.task_types.task_type import Limits, Prediction
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example
from tests import tiny
from tests.task_types.test_contract import EXAMPLES, LABELS, LIMITS

KINDS = ["classification", "multiple_choice", "tagging", "question_answering"]


def model_of(kind: str) -> Model:
    """A tiny model with a head `t`."""
    model = tiny.model()
    model.add_head("t", kind, LABELS.get(kind, ()))
    return model.eval()


def features_of(kind: str, examples: Sequence[Example]) -> list[dict[str, Any]]:
    return TASK_TYPES[kind].featurize(examples, LABELS.get(kind, ()), tiny.tokenizer(), LIMITS)


def pass_of(kind: str, model: Model, **options: Any) -> Pass:
    """A pass over the contract's examples, ten times."""
    examples = [example for _ in range(10) for example in EXAMPLES[kind]]
    size = options.pop("size", BatchSize(4, 0))
    return Pass(model, "t", examples, features_of(kind, examples), tiny.tokenizer(), size, **options)


class Scarce:
    """A memory of `tokens` sub-words: the encoder's forward runs out beyond, as CUDA's allocator does."""

    def __init__(self, model: Model, tokens: int) -> None:
        self.tokens, self.failures = tokens, 0
        model.encoder.register_forward_pre_hook(self.check, with_kwargs=True)

    def check(self, module: object, args: object, inputs: dict[str, Any]) -> None:
        """Called before each forward pass."""
        if inputs["input_ids"].numel() > self.tokens:
            self.failures += 1
            raise torch.OutOfMemoryError("no memory for this batch")


@pytest.mark.parametrize("kind", KINDS)
def test_memory_runs_out_and_the_smaller_batch_stays(kind: str) -> None:
    model = model_of(kind)
    one = pass_of(kind, model, size=BatchSize(40, 0))
    expected = predict(model, "t", one.examples, one.features, tiny.tokenizer(), 40)
    scarce = Scarce(model, 260)
    found: dict[int, Prediction] = {}
    for some in one.predictions():
        found |= some
    assert [found[i].value for i in range(len(one.examples))] == [each.value for each in expected]
    assert 0 < scarce.failures <= 6  # halvings, not one failure a batch
    scarce.failures = 0
    for _ in pass_of(kind, model, size=one.size).predictions():
        pass
    assert scarce.failures == 0


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_are_no_numbers_are_named(kind: str) -> None:
    model = model_of(kind)
    with torch.no_grad():
        next(model.heads["t"].parameters()).fill_(float("nan"))
        if kind == "question_answering":
            model.heads["t"].out.bias.fill_(float("inf"))  # type: ignore[union-attr,operator]
    one = pass_of(kind, model, title="xnli", codes=["sw"] * (10 * len(EXAMPLES[kind])))
    with pytest.raises(InputError, match=r"^xnli/sw, example '[abc]': the model's output is not a number"):
        list(one.predictions())


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_come_once_each_as_soon_as_they_are_complete(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stilts_mlflow.inference.AT_ONCE", 3)
    one = pass_of(kind, model_of(kind))
    parts = list(one.predictions())
    assert len(parts) > 3
    assert sorted(i for some in parts for i in some) == list(range(len(one.examples)))
    assert not one._outputs  # nothing is held any longer


def stopping(after: int) -> Iterator[bool]:
    """False so many times, then True."""
    yield from [False] * after
    while True:
        yield True


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_pass_goes_on_where_it_was(kind: str, tmp_path: Path) -> None:
    model = model_of(kind)
    one = pass_of(kind, model)
    whole = predict(model, "t", one.examples, one.features, tiny.tokenizer(), 4)
    answers = stopping(2)
    one.is_stopped = lambda: next(answers)
    kept, found = Kept(tmp_path / "kept"), {}
    for some in one.predictions():
        kept.add(some)
        found |= some
    assert 0 < len(found) < len(whole)
    again = pass_of(kind, model)
    rest = completed(again, kept)
    assert [p.value for p in rest] == [p.value for p in whole]
    assert [p.confidence for p in rest] == pytest.approx([p.confidence for p in whole])
    # All of it is there now: the model is not asked again.
    scarce = Scarce(model, 0)
    assert completed(pass_of(kind, model), kept) == kept_order(kept, len(whole))
    assert scarce.failures == 0


def kept_order(kept: Kept, count: int) -> list[Prediction]:
    """What is kept, in order."""
    found = kept.load(count)
    return [found[i] for i in range(count)]


def test_kept_predictions_are_exact_and_damaged_ones_are_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path / "kept")
    told = {
        0: Prediction("entailment", 0.1 + 0.2, {"entailment": 0.3}),
        7: Prediction(("B-PER", "O"), 1.0, {"confidences": [1.0, 0.5]}),
        3: Prediction(2, 0.25, {"0": 0.25}),
        5: Prediction('老 "\u2028" x', 0.5, {"null_gap": -1.5, "n_best": [["老", 1.0]]}),
    }
    kept.add({})
    assert kept.load(10) == {}
    kept.add(told)
    assert kept.load(10) == told
    assert set(kept.load(4)) == {0, 3}  # places outside are not of these examples
    (file,) = (tmp_path / "kept").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    kept.add({1: told[0]})
    assert kept.load(10) == {1: told[0]}
    assert "scored again" in caplog.text


def test_a_signal_ends_an_evaluation_with_what_is_done_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    from stilts_mlflow.data.load import DataSource
    from stilts_mlflow.tasks.tables import TASKS

    model = tiny.model()
    model.add_head("mnli", "classification", TASKS["mnli"].labels)
    source, limits = DataSource(max_examples=20), Limits(48)

    def run(**options: Any) -> list[Any]:
        parts = evaluate_task(
            model, tiny.tokenizer(), TASKS["xnli"], ["en", "de"], "test", source, limits, 8, **options
        )
        return [part.metrics() for part in parts]

    whole = run()
    seen = []

    def interrupt(module: object, args: object) -> None:
        seen.append(1)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    hook = model.encoder.register_forward_pre_hook(interrupt)
    with pytest.raises(Preempted, match="SIGTERM at example 16 of 40 of xnli"):
        run(kept=tmp_path / "kept")
    assert run(kept=tmp_path / "kept") == whole
    assert len(seen) == 5  # two batches before, three after
    hook.remove()


def test_a_head_that_is_missing_is_named() -> None:
    from stilts_mlflow.data.load import DataSource
    from stilts_mlflow.tasks.tables import TASKS

    with pytest.raises(InputError, match="the checkpoint has no head 'mnli'; its heads: none"):
        evaluate_task(tiny.model(), tiny.tokenizer(), TASKS["xnli"], ["en"], "test", DataSource(), Limits(48))
