"""Raw rows as files for machines without network: `data=files` reads `exported/<task>/<split>-<lang>.jsonl`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from stilts_mlflow.data.files import EXPORTED
from stilts_mlflow.data.load import DataSource, fingerprint, is_unlabelled, load_examples, read
from stilts_mlflow.data.origin import names
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Row, Task


def export(task: Task, split: str, language: str, source: DataSource, folder: Path) -> Path:
    """Write the rows behind the Examples of a split; InputError when they do not give the same Examples again.

    Of a task with parts these are written, whole: a cap counts over all of them. Returns their common folder then.
    """
    if task.parts:
        for name in task.parts:
            export(TASKS[name], split, language, replace(source, max_examples=0), folder)
        compare(task, split, language, source, folder)
        return (folder / EXPORTED).parents[1]
    path = folder / EXPORTED.format(task=task.name, split=split).format(**names(language))
    rows, _ = read(task, split, language, source)
    write(path, list(used(task, split, rows, source.max_examples)))
    if source.max_examples and not agrees(task, split, language, source, folder):
        write(path, rows)  # ids that repeat only later number the first rows too
    compare(task, split, language, source, folder)
    return path


def write(path: Path, rows: Iterable[Row]) -> None:
    """JSON lines. A file that begins with these rows stays: another task may have it as a part, whole."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # A lone surrogate has no UTF-8; as \\udxxx it is JSON's escape of itself.
    content = text.encode("utf-8", "backslashreplace")
    if path.is_file() and path.read_bytes().startswith(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def compare(task: Task, split: str, language: str, source: DataSource, folder: Path) -> None:
    """InputError when the folder does not give the Examples of `source`."""
    if not agrees(task, split, language, source, folder):
        raise InputError(f"{task.name}/{language}/{split}: {folder} does not give the same examples again")


def agrees(task: Task, split: str, language: str, source: DataSource, folder: Path) -> bool:
    """Whether the folder gives the Examples of `source`."""
    again = DataSource("files", str(folder), source.max_examples)
    ours, theirs = (fingerprint(load_examples(task, split, language, one)) for one in (source, again))
    return ours == theirs


def used(task: Task, split: str, rows: Iterable[Row], cap: int) -> Iterator[Row]:
    """Rows up to the one that gives the last Example of `cap` (0: all); dropped ones too, since ids may count them."""
    count = 0
    for row in rows:
        yield row
        example = task.reader(row) if cap else None
        count += example is not None and not (split == "train" and is_unlabelled(example))
        if cap and count == cap:
            return
