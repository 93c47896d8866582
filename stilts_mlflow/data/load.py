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
from stilts_mlflow.data.files import TRANSLATED
from stilts_mlflow.data.origin import Served
from stilts_mlflow.errors import InputError
from stilts_mlflow.projection import find
from stilts_mlflow.tasks.examples import (
    ChoiceExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
)
from stilts_mlflow.tasks.readers import spans_of
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Translated:
    """Training sets in machine translation: `languages` (None: all there are), beside the English ones or alone.

    `folder`: translations made by the entry point `translate`, before what the backend has.
    """

    languages: tuple[str, ...] | None = None
    with_english: bool = False
    folder: str | None = None


@dataclass(frozen=True)
class DataSource:
    """Where data come from; `max_examples` is a cap per task, language and split (0 = none).

    `translated` speaks of training sets and is heeded by `stilts_mlflow.translation.sources` alone.
    """

    backend: Literal["demo", "files", "hub"] = "demo"
    data_dir: str | None = None
    max_examples: int = 0
    translated: Translated | None = None


def load_examples(
    task: Task, split: str, language: str, source: DataSource, *, require_labels: bool = True
) -> list[Example]:
    """Examples in the order of their file, ids unique.

    InputError: language or split that the task has not, missing or malformed file, a label outside the set, no
    example at all, and unlabelled examples unless `require_labels` is False. Rows that the reader drops are counted.
    """
    task.check_language(language)
    return _examples(task, split, language, source, require_labels)


def load_translated(task: Task, language: str, source: DataSource) -> list[Example]:
    """The training set as the backend has it in another language, for those who ask for it.

    Errors as those of `load_examples`; questions whose answer is not where the file says, nor at one other place of the
    context, are dropped and counted.
    """
    return _examples(task, TRANSLATED, language, source, require_labels=True)


def _examples(task: Task, split: str, language: str, source: DataSource, require_labels: bool) -> list[Example]:
    if task.parts:
        return together(task, split, language, source, require_labels)[: source.max_examples or None]
    where = f"{task.name}/{language}/{split}"
    whole = replace(source, max_examples=0, translated=None)
    examples = list(_loaded(task.name, split, language, whole, origin(task, split, language, source))[0])
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
        examples = _examples(TASKS[name], split, language, whole, require_labels)
        placed += [((i + 0.5) / len(examples), number, replace(e, id=f"{name}:{e.id}")) for i, e in enumerate(examples)]
    return [example for _, _, example in sorted(placed, key=lambda each: each[:2])]


def served(task: Task, split: str, language: str, source: DataSource) -> Served:
    """Where the rows of a split come from (of all its parts); they are read if they have not been."""
    if task.parts:
        parts = [served(TASKS[name], split, language, source) for name in task.parts]
        return Served(source.backend, " + ".join(part.place for part in parts), sum(part.rows for part in parts))
    whole = replace(source, max_examples=0, translated=None)
    return _loaded(task.name, split, language, whole, origin(task, split, language, source))[1]


def origin(task: Task, split: str, language: str, source: DataSource) -> files.Origin:
    """Files behind a split, in the state they are in; empty for the other backends."""
    if source.backend != "files" or source.data_dir is None:
        return ()
    return files.origin(task, split, language, source.data_dir)


@lru_cache(maxsize=256)
def _loaded(
    name: str, split: str, language: str, source: DataSource, origin: files.Origin
) -> tuple[tuple[Example, ...], Served]:
    """Read once (again when a file has changed): run keys need the data's fingerprint before the training reads it."""
    task, where = TASKS[name], f"{name}/{language}/{split}"
    examples: list[Example] = []
    dropped = 0
    rows, place = read(task, split, language, source)
    for number, row in enumerate(rows):
        try:
            example = task.reader(row if split != TRANSLATED else with_answers_found(row))
        except InputError as error:
            raise InputError(f"{where}: row {number + 1} of {place.place}: {error}") from error
        if example is None or (split in ("train", TRANSLATED) and is_unlabelled(example)):
            dropped += 1
        else:
            examples.append(example if example.id else replace(example, id=f"{name}-{split}-{language}-{number}"))
    if dropped:
        log.warning("%s: %d of %d rows dropped (no label or answer, or empty)", where, dropped, dropped + len(examples))
    examples = with_unique_ids(examples, where, task.unique_ids)
    check_size(examples, where, task.expected.get(split) if language == "en" and source.backend != "demo" else None)
    return tuple(examples), place


def read(task: Task, split: str, language: str, source: DataSource) -> tuple[list[dict[str, Any]], Served]:
    """Raw rows of a backend, before the reader, and where they come from."""
    if source.backend == "demo" and split == TRANSLATED:
        rows = world.translated_rows(task.name, language)
        return rows, Served("demo", "built in", len(rows))
    if source.backend == "demo":
        rows = world.rows(task.name, split, language)
        return rows, Served("demo", "built in", len(rows))
    if source.backend == "hub":
        return hub.load(task, split, language)
    if source.data_dir is None:
        raise InputError("data=files needs data_dir=<folder of the original files>")
    rows = files.rows(task, split, language, source.data_dir)
    places = " + ".join(path for path, _, _ in files.origin(task, split, language, source.data_dir))
    return rows, Served("files", places, len(rows))


def with_answers_found(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a translated question with its answers where they are in the context; "" for one that is not found.

    Translations and their positions come from different systems, and some of the public files disagree with themselves.
    """
    if not isinstance(row.get("context"), str) or row.get("answers") is None:
        return row
    texts, starts = [], []
    for text, start in spans_of(row["answers"]) or ():
        first, last = start, start + len(text)
        if start < 0 or row["context"][first:last] != text:
            first, last = find(row["context"], text) or (0, 0)
        texts.append(row["context"][first:last])
        starts.append(first)
    return {**row, "answers": {"text": texts, "answer_start": starts}}


def available_languages(task: Task, split: str, source: DataSource) -> tuple[str, ...]:
    """Languages of the task for which the backend has the split (all its parts have it), in the task's order."""
    if task.parts:
        each = [available_languages(TASKS[name], split, source) for name in task.parts]
        return tuple(code for code in task.languages if all(code in one for one in each))
    if source.backend == "files" and source.data_dir is not None:
        return tuple(code for code in task.languages if files.is_there(task, split, code, source.data_dir))
    known: Sequence[str] = [code for code in task.languages if hub.sources(task, split, code)]
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


def with_unique_ids(examples: list[Example], where: str, must: bool = False) -> list[Example]:
    """The examples with unique ids: by place where they repeat (HellaSwag's files promise none).

    Where predictions or languages are joined by them (`must`), a repeated one is an InputError.
    """
    seen: set[str] = set()
    for example in examples:
        if example.id in seen and must:
            raise InputError(f"{where}: id {example.id!r} occurs twice; rows are joined by their ids")
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
