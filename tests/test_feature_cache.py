"""Kept features: the same bit by bit, found again, told apart, and made again when a file is damaged."""

import hashlib
import json
import logging
import multiprocessing
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import transformers

from stilts_mlflow.data.load import DataSource
from stilts_mlflow.feature_cache import cache_folder, cache_path, cached_features
from stilts_mlflow.mixture import load_task_data
from stilts_mlflow.task_types.task_type import Features, Limits, TaskType
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import PairExample
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny
from tests.task_types.test_contract import EXAMPLES, LABELS, LIMITS

PAIRS = [PairExample(str(i), "the old baker " * (1 + i % 3), "who reads", "yes") for i in range(20)]
PAIR_TYPE = TASK_TYPES["classification"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("STILTS_CACHE", str(tmp_path))
    return tmp_path


class Counting:
    """A tokenizer that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(tiny.tokenizer(), name)

    def __len__(self) -> int:
        return len(tiny.tokenizer())

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        return tiny.tokenizer()(*args, **options)


def pair_features(tokenizer: Any = None) -> list[Features]:
    return list(cached_features(PAIR_TYPE, PAIRS, ("yes", "no"), tokenizer or tiny.tokenizer(), LIMITS, "pairs"))


def typed(value: Any) -> Any:
    """The value with the type of every part: True is not 1, a tuple no list."""
    if isinstance(value, dict):
        return {key: typed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(typed, value)]
    return [type(value).__name__, value]


@pytest.mark.parametrize("kind", sorted(TASK_TYPES))
def test_kept_features_are_the_fresh_ones_bit_by_bit(kind: str, folder: Path) -> None:
    labels, counting = LABELS.get(kind, ()), Counting()
    fresh = TASK_TYPES[kind].featurize(EXAMPLES[kind], labels, tiny.tokenizer(), LIMITS)
    made = cached_features(TASK_TYPES[kind], EXAMPLES[kind], labels, counting, LIMITS, kind)
    calls = counting.calls
    kept = cached_features(TASK_TYPES[kind], EXAMPLES[kind], labels, counting, LIMITS, kind)
    assert counting.calls == calls > 0
    assert typed(list(made)) == typed(list(kept)) == typed(list(fresh))
    assert [list(one) for one in kept] == [list(one) for one in fresh]
    assert [path.suffix for path in folder.iterdir()] == [".parquet"]


def test_a_second_training_starts_without_tokenising(caplog: pytest.LogCaptureFixture) -> None:
    counting, source = Counting(), DataSource("demo", max_examples=30)

    def load() -> tuple[Any, ...]:
        return tuple(
            (data.train, data.dev_features)
            for name in ("mnli", "squad_v1", "ccg", "masked_lm")
            for data in [load_task_data(TASKS[name], TASKS[name], source, counting, Limits(64, 16), 8)]
        )

    first = load()
    calls = counting.calls
    caplog.set_level(logging.INFO)
    assert load() == first
    assert counting.calls == calls > 0
    assert "features of mnli/train: cached" in caplog.text
    assert "features of mnli/dev: cached" in caplog.text


def test_whatever_decides_the_features_decides_the_file() -> None:
    tokenizer = tiny.tokenizer()
    cases: list[tuple[TaskType, Any, Any, Limits]] = [
        (PAIR_TYPE, PAIRS, ("yes", "no"), LIMITS),
        (PAIR_TYPE, PAIRS[1:], ("yes", "no"), LIMITS),
        (PAIR_TYPE, PAIRS[::-1], ("yes", "no"), LIMITS),
        (PAIR_TYPE, PAIRS, ("no", "yes"), LIMITS),
        (PAIR_TYPE, PAIRS, ("yes", "no"), replace(LIMITS, max_length=47)),
        (PAIR_TYPE, PAIRS, ("yes", "no"), replace(LIMITS, doc_stride=3)),
        (replace(PAIR_TYPE, version=99), PAIRS, ("yes", "no"), LIMITS),
        (TASK_TYPES["masked_lm"], PAIRS, ("yes", "no"), LIMITS),
    ]
    paths = [cache_path(kind, rows, labels, tokenizer, limits) for kind, rows, labels, limits in cases]
    from stilts_mlflow.phases.builtin_encoder import train_tokenizer

    other = train_tokenizer([*tiny.LINES, "another line for other sub-words"], 210)
    paths.append(cache_path(PAIR_TYPE, PAIRS, ("yes", "no"), other, LIMITS))
    assert len(set(paths)) == len(paths)


def test_the_state_of_the_last_call_does_not_matter() -> None:
    from stilts_mlflow.phases.builtin_encoder import train_tokenizer

    one, two = (train_tokenizer(tiny.LINES, 200) for _ in range(2))
    two(["the old baker"], truncation=True, max_length=7, padding="max_length")
    paths = [cache_path(PAIR_TYPE, PAIRS, (), tokenizer, LIMITS) for tokenizer in (one, two)]
    assert paths[0] == paths[1]


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "other"])
def test_a_damaged_file_is_made_again(damage: str, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    expected = pair_features()
    (path,) = folder.iterdir()
    content = path.read_bytes()
    middle = len(content) // 4
    wrong = {
        "truncated": content[: len(content) // 2],
        "empty": b"",
        "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "other": b"no parquet at all" * 9,
    }
    path.write_bytes(wrong[damage])
    assert pair_features() == expected
    assert "made again" in caplog.text
    assert path.read_bytes() == content


def test_off_and_folders_of_the_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("STILTS_CACHE", "off")
    assert pair_features()
    assert cache_folder() is None
    assert list(folder.iterdir()) == []
    monkeypatch.delenv("STILTS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/stilts_mlflow/features")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/stilts_mlflow/features"


def test_a_folder_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STILTS_CACHE", str(tmp_path / "file" / "features"))
    assert pair_features()
    assert "not kept" in caplog.text


def _make(folder: str) -> None:
    os.environ["STILTS_CACHE"] = folder
    for _ in range(5):
        for path in Path(folder).glob("*.parquet"):
            path.unlink(missing_ok=True)
        assert len(pair_features()) == len(PAIRS)


@pytest.mark.slow
def test_two_processes_at_once(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_make, args=(str(folder),)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert pair_features() == PAIR_TYPE.featurize(PAIRS, ("yes", "no"), tiny.tokenizer(), LIMITS)
    assert not list(folder.glob("*.partial"))


DIGESTS = {
    "classification": (1, "a29d28e6dfb9ad63"),
    "masked_lm": (1, "625ad73c3e58f678"),
    "multiple_choice": (1, "8007a5ff88679d25"),
    "question_answering": (2, "4957bf6f0a06503e"),
    "sentence_retrieval": (1, "ffb53bf71c638da3"),
    "tagging": (1, "4197019cbca89bc0"),
}
"""Version and SHA-256 of the features of the contract's examples, by task type."""


def fixed_tokenizer() -> Any:
    """Words and their numbers, nothing trained: the same in every version of the libraries."""
    texts = " ".join(str(example) for rows in EXAMPLES.values() for example in rows)
    words = ["<s>", "</s>", "<pad>", "<unk>", *sorted(set(re.findall(r"\w+", texts)))]
    backend = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>")
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend, **names)


@pytest.mark.parametrize("kind", sorted(TASK_TYPES))
def test_other_features_have_another_version(kind: str) -> None:
    """When this fails: raise `version` of the task type and put both numbers here, or kept features would be stale."""
    limits, labels = (LIMITS, Limits(16, 4), Limits(200, 32)), LABELS.get(kind, ())
    features = [TASK_TYPES[kind].featurize(EXAMPLES[kind], labels, fixed_tokenizer(), one) for one in limits]
    digest = hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()[:16]
    assert DIGESTS[kind] == (TASK_TYPES[kind].version, digest)
