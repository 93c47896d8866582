"""Backend `files`: the original distributions, in XTREME's `download/` layout and the intermediate tasks' own files."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.tasks.task import FileSource, Task

ROOTS = ("", "xtreme", "download", "intermediate")
"""Where under the data folder the paths of the rows may begin."""


def rows(task: Task, split: str, language: str, data_dir: str | Path) -> list[dict[str, Any]]:
    """Raw rows of the first source of the row that is there; InputError lists what was looked for."""
    folder = Path(data_dir).expanduser()
    if not folder.is_dir():
        raise InputError(f"{task.name}/{language}/{split}: data_dir={str(data_dir)!r} is not a folder")
    for source, paths, labels in found(task, split, language, folder):
        parsed: list[dict[str, Any]] = []
        for path in paths:
            parsed += FORMATS[source.format](path, source, labels)
        where = {key: value.format(**names(language)) for key, value in source.where.items()}
        missing = [key for key in where if parsed and key not in parsed[0]]
        if missing:
            raise InputError(f"{paths[0]}: no column {', '.join(missing)}; columns: {', '.join(parsed[0])}")
        return unique([row for row in parsed if all(row[key] == value for key, value in where.items())], len(paths))
    looked = ", ".join(wanted(task, split, language)) or f"(the task has no {split} split)"
    raise InputError(f"{task.name}/{language}/{split}: no file found under {folder}; looked for {looked}")


def unique(parsed: list[dict[str, Any]], files: int) -> list[dict[str, Any]]:
    """Numbers of several files joined count on."""
    return parsed if files < 2 else [{**row, "id": str(i)} for i, row in enumerate(parsed)]


def is_there(task: Task, split: str, language: str, data_dir: str | Path) -> bool:
    """Whether any source of the split is there, without reading it."""
    return any(True for _ in found(task, split, language, Path(data_dir).expanduser()))


def found(task: Task, split: str, language: str, folder: Path) -> Iterator[tuple[FileSource, list[Path], Path | None]]:
    """Sources of the split that are there: the row, the files in sorted order, the label file."""
    for source in sources(task, split):
        values = names(language)
        for root in ROOTS:
            base = folder / root
            paths = sorted(base.glob(source.path.format(**values)))
            if not paths:
                continue
            labels = base / source.labels.format(**values) if source.labels else None
            order = base / str(source.options["order"]).format(**values) if "order" in source.options else None
            if all(path is None or path.is_file() for path in (labels, order)):
                prefix = {"prefix": source.options["prefix"].format(**values)} if "prefix" in source.options else {}
                yield replace(source, options={**source.options, **prefix}), paths, labels


def wanted(task: Task, split: str, language: str) -> list[str]:
    """Paths of the try-list, filled in."""
    shown = []
    for source in sources(task, split):
        path = source.path.format(**names(language))
        shown.append(path + (f" with {source.labels.format(**names(language))}" if source.labels else ""))
    return shown


def sources(task: Task, split: str) -> tuple[FileSource, ...]:
    """Try-list of a split; empty when the task has none."""
    files: Mapping[str, tuple[FileSource, ...]] = task.files  # type: ignore[assignment]
    return files.get(split, ())


def names(language: str) -> dict[str, str]:
    """What a path may hold: `{lang}`, `{iso3}`, `{name}`."""
    row = LANGUAGES[language]
    return {"lang": row.code, "iso3": row.iso3, "name": row.name}
