"""Load Examples: one function whatever the backend.

load_examples(task("xnli"), "test", "sw", DataSource("files", "data"))
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from stilts_mlflow.data import files, hub
from stilts_mlflow.data.demo import world
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import (
    ChoiceExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
)
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DataSource:
    """Where data come from; `max_examples` is a cap per task, language and split (0 = none)."""

    backend: Literal["demo", "files", "hub"] = "demo"
    data_dir: str | None = None
    max_examples: int = 0


def load_examples(
    task: Task, split: str, language: str, source: DataSource, *, require_labels: bool = True
) -> list[Example]:
    """Examples in the order of their file, ids unique.

    InputError: language or split that the task has not, missing or malformed file, a label outside the set, no
    example at all, and unlabelled examples unless `require_labels` is False. Rows that the reader drops are counted.
    """
    where = f"{task.name}/{language}/{split}"
    task.check_language(language)
    if task.parts:
        return together(task, split, language, source, require_labels)[: source.max_examples or None]
    whole = replace(source, max_examples=0)
    examples = list(_loaded(task.name, split, language, whole, origin(task, split, language, source)))
    if not examples:
        raise InputError(f"{where}: no examples ({source.backend}, {source.data_dir or 'built in'})")
    if require_labels:
        check_labels(examples, where, task)
    return examples[: source.max_examples or None]


def together(task: Task, split: str, language: str, source: DataSource, require_labels: bool) -> list[Example]:
    """Examples of all parts, `<part>:<id>`, interleaved: any beginning (a cap, a dev sample) has its share of each."""
    whole = replace(source, max_examples=0)
    placed = []
    for number, name in enumerate(task.parts):
        examples = load_examples(TASKS[name], split, language, whole, require_labels=require_labels)
        placed += [((i + 0.5) / len(examples), number, replace(e, id=f"{name}:{e.id}")) for i, e in enumerate(examples)]
    return [example for _, _, example in sorted(placed, key=lambda each: each[:2])]


def origin(task: Task, split: str, language: str, source: DataSource) -> files.Origin:
    """Files behind a split, in the state they are in; empty for the other backends."""
    if source.backend != "files" or source.data_dir is None:
        return ()
    return files.origin(task, split, language, source.data_dir)


@lru_cache(maxsize=256)
def _loaded(name: str, split: str, language: str, source: DataSource, origin: files.Origin) -> tuple[Example, ...]:
    """Read once (again when a file has changed): run keys need the data's fingerprint before the training reads it."""
    task, where = TASKS[name], f"{name}/{language}/{split}"
    examples: list[Example] = []
    dropped = 0
    for number, row in enumerate(raw_rows(task, split, language, source)):
        try:
            example = task.reader(row)
        except InputError as error:
            places = " + ".join(path for path, _, _ in origin)
            raise InputError(f"{where}: row {number + 1}{f' of {places}' if places else ''}: {error}") from error
        if example is None or (split == "train" and is_unlabelled(example)):
            dropped += 1
        else:
            examples.append(example if example.id else replace(example, id=f"{name}-{split}-{language}-{number}"))
    if dropped:
        log.warning("%s: %d of %d rows dropped (no label or empty)", where, dropped, dropped + len(examples))
    examples = with_unique_ids(examples, where)
    check_size(examples, where, task.expected.get(split) if language == "en" and origin else None)
    return tuple(examples)


def raw_rows(task: Task, split: str, language: str, source: DataSource) -> list[dict[str, Any]]:
    """Rows of a backend, before the reader."""
    if source.backend == "demo":
        return world.rows(task.name, split, language)
    if source.backend == "hub":
        return hub.rows(task, split, language)
    if source.data_dir is None:
        raise InputError("data=files needs data_dir=<folder of the original files>")
    return files.rows(task, split, language, source.data_dir)


def available_languages(task: Task, split: str, source: DataSource) -> tuple[str, ...]:
    """Languages of the task for which the backend has the split, in the task's order."""
    if task.parts:
        parts = [available_languages(TASKS[name], split, source) for name in task.parts]
        return tuple(code for code in task.languages if all(code in part for part in parts))
    if source.backend == "files" and source.data_dir is not None:
        return tuple(code for code in task.languages if files.is_there(task, split, code, source.data_dir))
    known: Sequence[str] = task.languages
    if source.backend == "demo":
        known = world.DEMO_TASKS[task.name].languages.get(split, ()) if task.name in world.DEMO_TASKS else ()
    return tuple(code for code in task.languages if code in known)


def is_unlabelled(example: Example) -> bool:
    """Whether an example of a labelled type has no label."""
    if isinstance(example, PairExample | ChoiceExample):
        return example.label is None
    if isinstance(example, TaggingExample):
        return example.tags is None
    return isinstance(example, QuestionExample) and example.answers is None


def check_labels(examples: Sequence[Example], where: str, task: Task) -> None:
    """Unlabelled examples raise; one label for all of many warns: public test files carry placeholders."""
    bare = sum(map(is_unlabelled, examples))
    if bare:
        raise InputError(
            f"{where}: {bare} of {len(examples)} examples are unlabelled; scores and training need labels "
            f"(XTREME's own test files have none: add the original distribution, or labels/{task.name}/)"
        )
    labels = {example.label for example in examples if isinstance(example, PairExample | ChoiceExample)}
    if len(labels) == 1 and len(examples) >= 50:
        log.warning("%s: all %d examples have the label %r: are these placeholders?", where, len(examples), *labels)


def with_unique_ids(examples: list[Example], where: str) -> list[Example]:
    """The examples with unique ids: by place where they repeat (HellaSwag's files promise none).

    Question ids are SQuAD's, by which predictions are joined: there a repeated one is an InputError.
    """
    seen: set[str] = set()
    for example in examples:
        if example.id in seen and isinstance(example, QuestionExample):
            raise InputError(f"{where}: id {example.id!r} occurs twice")
        seen.add(example.id)
    if len(seen) == len(examples):
        return examples
    log.info("%s: ids occur twice, examples are numbered instead", where)
    name, language, split = where.split("/")
    return [replace(example, id=f"{name}-{split}-{language}-{i}") for i, example in enumerate(examples)]


def check_size(examples: Sequence[Example], where: str, expected: int | None) -> None:
    """Warn when there are not as many examples as in the official distribution: scores will not compare."""
    if expected is not None and len(examples) != expected:
        log.warning("%s: %d examples; the official distribution has %d", where, len(examples), expected)


def fingerprint(examples: Sequence[Example]) -> str:
    """SHA-256 (hex) over the content and order, the same in every process."""
    digest = hashlib.sha256()
    for example in examples:
        # backslashreplace: a lone surrogate may come out of a JSON escape
        digest.update(repr(example).encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()
