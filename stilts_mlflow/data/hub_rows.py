"""Rows of a Hub data set -> raw rows as the readers of the original files give them.

Label numbers become names, lists of records become records of lists (both occur, by the age of the repository),
columns get the reader's names, and a shape puts rows into the order of the original files.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stilts_mlflow.data import bitext
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import HubSource

Rows = list[dict[str, Any]]


def convert(rows: Rows, names: Mapping[str, Sequence[str]], source: HubSource, values: Mapping[str, str]) -> Rows:
    """The rows of `source` that belong to the language of `values` (what a pattern may hold).

    `names`: label columns whose names the Hub tells. InputError: a column that is not there, other label names.
    """
    columns = list(rows[0]) if rows else []
    needed = [*source.columns, *source.labels, *source.where, *(["id"] if source.prefix else [])]
    own = set(source.columns.values()) & set(source.labels)  # renamed columns, told by the reader's name
    missing = [name for name in needed if rows and name not in columns and name not in own]
    if missing:
        raise InputError(f"no column {', '.join(missing)}; columns: {', '.join(columns)}")
    where = {key: value.format(**values) for key, value in source.where.items()}
    prefix = source.prefix.format(**values).casefold()
    kept = [row for row in rows if all(row[key] == value for key, value in where.items())]
    if prefix:
        kept = [row for row in kept if str(row["id"]).casefold().startswith(prefix)]
    new = [{source.columns.get(key, key): value for key, value in row.items()} for row in kept]
    told = {source.columns.get(key, key): value for key, value in names.items()}
    for column, expected in source.labels.items():
        with_names(new, column, told.get(column), expected)
    return SHAPES[source.shape]([{key: as_columns(value) for key, value in row.items()} for row in new])


def with_names(rows: Rows, column: str, told: Sequence[str] | None, expected: Sequence[str]) -> None:
    """Numbers of a label column become names, in place: the Hub's own names, which must be the expected ones."""
    if told is not None and sorted(told) != sorted(expected):
        raise InputError(f"column {column!r} has the labels {', '.join(told)}; expected {', '.join(expected)}")
    names = expected if told is None else told
    for row in rows:
        value = row[column]
        row[column] = [named(one, names) for one in value] if isinstance(value, list) else named(value, names)


def named(value: Any, names: Sequence[str]) -> Any:
    """Name of a label number; what is no number of a label (a name, -1 for none) stays."""
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


def as_columns(value: Any) -> Any:
    """A list of records as a record of lists."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return {key: [one[key] for one in value] for key in value[0]}
    return value


def as_is(rows: Rows) -> Rows:
    """Rows in the form of the original files."""
    return rows


def numbered(rows: Rows) -> Rows:
    """Rows without ids of their own, numbered as the readers of files do."""
    return [{**row, "id": str(number)} for number, row in enumerate(rows)]


def aligned(rows: Rows) -> Rows:
    """Translation pairs in the order of the original files -> English sorted, as XTREME has it (`data/bitext.py`)."""
    foreign, english = ([str(row[side]).strip() for row in rows] for side in ("source", "target"))
    order = sorted(range(len(english)), key=english.__getitem__)
    return [bitext.pair(place, line, foreign, english[line]) for place, line in enumerate(order)]


def mined(rows: Rows) -> Rows:
    """BUCC: one row of all foreign and all English sentences and the gold pairs, numbered from 1.

    Rows as those of the files (`bitext.mining_rows`); ids are the numbers, since the Hub's rows have none.
    """
    if len(rows) != 1 or not {"sentence1", "sentence2", "gold"} <= set(rows[0]):
        raise InputError("expected one row of sentence1, sentence2 and gold")
    foreign, english = (
        [(f"{side}-{number}", str(text).strip()) for number, text in enumerate(rows[0][column], 1)]
        for side, column in (("foreign", "sentence1"), ("en", "sentence2"))
    )
    numbers = [(int(first), int(second)) for first, second in rows[0]["gold"]]
    for first, second in numbers:
        if not (1 <= first <= len(foreign) and 1 <= second <= len(english)):
            raise InputError(f"gold pair {first}, {second}: there are {len(foreign)} and {len(english)} sentences")
    return bitext.mining_rows(foreign, english, [(f"foreign-{i}", f"en-{j}") for i, j in numbers])


SHAPES: dict[str, Callable[[Rows], Rows]] = {"": as_is, "numbered": numbered, "aligned": aligned, "mined": mined}
