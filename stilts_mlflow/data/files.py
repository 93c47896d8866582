"""Backend `files`: the original distributions, in XTREME's `download/` layout and the intermediate tasks' own files."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.data.origin import names
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource, Task

TRANSLATED = "translated"
"""The split that is the training set in machine translation."""
EXPORTED = "exported/{task}/{split}-{{lang}}.jsonl"
"""Raw rows as `action=export` of the entry point `data` writes them; tried before the originals."""

ROOTS = ("", "xtreme", "download", "intermediate", "lowres", "translated")
"""Where under the data folder the paths of the rows may begin."""

Origin = tuple[tuple[str, int, int], ...]
"""Path, bytes and time of change (ns) of each file behind a split."""


def rows(task: Task, split: str, language: str, data_dir: str | Path) -> list[dict[str, Any]]:
    """Raw rows of the first source of the row that is there; InputError lists what was looked for."""
    folder = Path(data_dir).expanduser()
    if not folder.is_dir():
        raise InputError(f"{task.name}/{language}/{split}: data_dir={str(data_dir)!r} is not a folder")
    for source, paths, labels in found(task, split, language, folder):
        parsed: list[dict[str, Any]] = []
        for path in paths:
            parsed += FORMATS[source.format](path, source, labels)
        where = {key: value.format(**names(language, source.codes)) for key, value in source.where.items()}
        missing = [key for key in where if parsed and key not in parsed[0]]
        if missing:
            raise InputError(f"{paths[0]}: no column {', '.join(missing)}; columns: {', '.join(parsed[0])}")
        return unique([row for row in parsed if all(row[key] == value for key, value in where.items())], len(paths))
    looked = ", ".join(wanted(task, split, language)) or f"nothing: the task has no {split} split in {language!r}"
    roots = ", ".join(f"{root}/" for root in ROOTS if root)
    raise InputError(
        f"{task.name}/{language}/{split}: no file found under {folder} (nor its {roots}); looked for {looked}"
        + (f"; {task.missing}" if task.missing else "")
    )


def unique(parsed: list[dict[str, Any]], files: int) -> list[dict[str, Any]]:
    """Numbers of several files joined count on."""
    return parsed if files < 2 else [{**row, "id": str(i)} for i, row in enumerate(parsed)]


def origin(task: Task, split: str, language: str, data_dir: str | Path) -> Origin:
    """Files that serve a split; empty where there are none."""
    for source, paths, labels in found(task, split, language, Path(data_dir).expanduser()):
        order = source.options.get("order")
        files = [*paths, *(path for path in (labels, order) if path is not None)]
        return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return ()


def is_there(task: Task, split: str, language: str, data_dir: str | Path) -> bool:
    """Whether any source of the split is there, without reading it."""
    return any(True for _ in found(task, split, language, Path(data_dir).expanduser()))


def found(task: Task, split: str, language: str, folder: Path) -> Iterator[tuple[FileSource, list[Path], Path | None]]:
    """Sources of the split that are there: the row, the files in sorted order, the label file."""
    for source in sources(task, split, language):
        values = names(language, source.codes)
        for root in ROOTS:
            base = folder / root
            # By name: XTREME joins the treebanks of a language in the order of their files, not of their folders.
            paths = sorted(filter(Path.is_file, base.glob(source.path.format(**values))), key=lambda p: (p.name, p))
            if "folders" in source.options:
                paths = [path for path in paths if path.parent.name in source.options["folders"]]
            if not paths:
                continue
            labels = base / source.labels.format(**values) if source.labels else None
            options: dict[str, Any] = dict(source.options)
            options |= {key: text.format(**values) for key, text in options.items() if isinstance(text, str)}
            if "order" in options:
                options["order"] = base / options["order"]
            if all(path is None or path.is_file() for path in (labels, options.get("order"))):
                yield replace(source, options=options), paths, labels


def wanted(task: Task, split: str, language: str) -> list[str]:
    """Paths of the try-list, filled in; none where there are no originals."""
    shown, tried = [], sources(task, split, language)
    for source in tried if len(tried) > 1 else ():
        values = names(language, source.codes)
        beside = [part.format(**values) for part in (source.labels, source.options.get("order")) if part]
        shown.append(" with ".join([source.path.format(**values), *beside]))
    return shown


def sources(task: Task, split: str, language: str) -> list[FileSource]:
    """Try-list of a split: an export, then the originals, of which the task may have none.

    What has no language in its name is English: MultiNLI is no Swahili training data of XNLI.
    """
    files: Mapping[str, tuple[FileSource, ...]] = task.files  # type: ignore[assignment]
    places = task.translated if split == TRANSLATED else files.get(split, ())
    exported = FileSource(EXPORTED.format(task=task.name, split=split), "jsonl")
    return [exported, *(s for s in places if language == "en" or s.is_multilingual)]
