"""What a served model takes: rows of a table, and how each becomes an unlabelled Example.

    to_examples("classification", {"premise": ["A man sleeps."], "hypothesis": ["Nobody is awake."]})

Lists (choices, words) may come as lists or as JSON, since CSV and some clients know only strings.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample, TaggingExample
from stilts_mlflow.tasks.task import Row

COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "classification": (("text_a", "premise"), ("text_b", "hypothesis")),
    "multiple_choice": (("context",), ("question",), ("choices",)),
    "tagging": (("words",),),
    "question_answering": (("question",), ("context",)),
}
"""Needed columns of each task type, every one with the names it may have."""

LISTS = frozenset({"choices", "words"})
"""Columns that hold lists of strings."""

SAMPLES: dict[str, dict[str, Any]] = {
    "classification": {"text_a": "The baker sells bread near the river.", "text_b": "Bread is sold by the river."},
    "multiple_choice": {
        "context": "Ada left her umbrella at home, and it began to rain.",
        "question": "What happened to Ada?",
        "choices": ["She got wet.", "She stayed dry.", "She fell asleep."],
    },
    "tagging": {"words": ["The", "baker", "sells", "bread", "in", "Lisbon", "."]},
    "question_answering": {
        "question": "Where does the baker sell bread?",
        "context": "The old baker sells warm bread near the river.",
    },
}
"""One row of ours for each task type: the input example of a registered model."""


def to_examples(kind: str, table: Mapping[str, Sequence[Any]]) -> list[Example]:
    """One Example a row of `table` (column -> values); InputError names missing columns, or the row that is wrong."""
    chosen = [next((name for name in names if name in table), None) for names in COLUMNS[kind]]
    missing = [" or ".join(names) for names, found in zip(COLUMNS[kind], chosen, strict=True) if found is None]
    if missing:
        # MLflow drops columns that the signature does not know, so they cannot be told.
        came = ", ".join(name for name in chosen if name is not None) or "none"
        raise InputError(f"{kind}: missing columns: {', '.join(missing)}; of the others came: {came}")
    columns = [table[name] for name in chosen if name is not None]
    keys = [names[0] for names in COLUMNS[kind]]
    rows = [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]
    return [to_example(kind, number, row) for number, row in enumerate(rows)]


def to_example(kind: str, number: int, row: Row) -> Example:
    """The Example of one row."""
    try:
        return _READERS[kind](str(number), row)
    except InputError as error:
        raise InputError(f"{kind}: row {number}: {error}") from None


def _pair(identity: str, row: Row) -> Example:
    return PairExample(identity, _text(row, "text_a"), _text(row, "text_b"), None)


def _choice(identity: str, row: Row) -> Example:
    choices = _strings(row, "choices")
    if not choices:
        raise InputError("choices is empty; expected a list of strings")
    return ChoiceExample(identity, _text(row, "context"), _text(row, "question"), choices, None)


def _tagging(identity: str, row: Row) -> Example:
    value = row["words"]
    try:
        return TaggingExample(identity, _strings(row, "words"), None)
    except InputError:
        if not isinstance(value, str):
            raise
        return TaggingExample(identity, tuple(value.split()), None)


def _question(identity: str, row: Row) -> Example:
    if not _text(row, "context").strip():
        raise InputError("context is empty; expected the text that holds the answer")
    return QuestionExample(identity, _text(row, "question"), _text(row, "context"), None, ())


_READERS: dict[str, Callable[[str, Row], Example]] = {
    "classification": _pair,
    "multiple_choice": _choice,
    "tagging": _tagging,
    "question_answering": _question,
}


def _text(row: Row, key: str) -> str:
    """A string; a number or a missing value would otherwise be read as the text "nan"."""
    value = row[key]
    if not isinstance(value, str):
        raise InputError(f"{key} is {value!r}; expected a string")
    return value


def _strings(row: Row, key: str) -> tuple[str, ...]:
    """A list of strings, given as a list, an array or JSON."""
    value = row[key]
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise InputError(f"{key} is {value!r}; expected a list of strings, or one as JSON") from None
    items = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise InputError(f"{key} is {row[key]!r}; expected a list of strings, or one as JSON")
    return tuple(items)
