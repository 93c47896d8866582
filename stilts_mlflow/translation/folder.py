"""A folder of translated training sets: `<task>/<language>.jsonl`, one line an English example.

A line has the fields of the Example in `stilts_mlflow/tasks/examples.py` and the `outcome`; a dropped example has its
id and outcome only. Made by the entry point `translate`; one made elsewhere in this layout is read as well.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation.examples import Line

CLASSES: dict[str, type[PairExample] | type[ChoiceExample] | type[QuestionExample]] = {
    "classification": PairExample,
    "multiple_choice": ChoiceExample,
    "question_answering": QuestionExample,
}


def file_of(folder: Path, task: Task, language: str) -> Path | None:
    """File of a task, or of the task that it trains on (xnli: mnli)."""
    paths = (folder / name / f"{language}.jsonl" for name in dict.fromkeys((task.name, task.trains_on)))
    return next(filter(Path.is_file, paths), None)


def languages_in(folder: Path, task: Task) -> set[str]:
    """Codes of the languages that the folder has for a task."""
    names = {task.name, task.trains_on}
    return {path.stem for name in names for path in (folder / name).glob("*.jsonl")}


def read(path: Path, task: Task) -> tuple[Example, ...]:
    """Examples of a file, the dropped ones left out; InputError with file and line for a malformed one."""
    state = path.stat()
    return _read(path, task.type, task.labels, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, kind: str, labels: tuple[str, ...], size: int, changed: int) -> tuple[Example, ...]:
    examples = []
    for number, line in enumerate(lines_of(path), 1):
        try:
            example = example_of(json.loads(line), kind)
            if isinstance(example, PairExample) and labels and example.label not in labels:
                raise ValueError(f"label {example.label!r} is not one of {', '.join(labels)}")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}:{number}: not a translated {kind} example ({error})") from error
        if example is not None:
            examples.append(example)
    return tuple(examples)


def example_of(row: dict[str, Any], kind: str) -> Example | None:
    """The Example of a line; None for a dropped one."""
    if row.get("outcome") in ("lost", "empty"):
        return None
    names = [field.name for field in fields(CLASSES[kind])]
    values: dict[str, Any] = {name: tuple(row[name]) if isinstance(row[name], list) else row[name] for name in names}
    example = CLASSES[kind](**values)
    if isinstance(example, QuestionExample):
        for answer, start in zip(example.answers or (), example.answer_starts, strict=True):
            if example.context[start : start + len(answer)] != answer:
                raise ValueError(f"answer {answer!r} is not at {start}")
    return example


def text_of(line: Line) -> str:
    """A line of the file, with its end."""
    row = {"id": line.id, "outcome": line.outcome} | (asdict(line.example) if line.example is not None else {})
    # Lone surrogates of a source text have no UTF-8.
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def append(path: Path, lines: Sequence[Line]) -> None:
    """Add a block of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(map(text_of, lines))


def resume(path: Path, block: int, total: int) -> int:
    """Number of the `total` examples done, in whole blocks; what an interruption left behind the last is cut off."""
    if not path.is_file():
        return 0
    whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    done = total if len(whole) == total else len(whole) // block * block
    path.write_bytes(b"".join(whole[:done]))
    return done


def outcomes(path: Path) -> Counter[str]:
    """How many lines came out how."""
    return Counter(_outcomes(path))


def _outcomes(path: Path) -> Iterator[str]:
    for line in lines_of(path):
        yield json.loads(line)["outcome"]
