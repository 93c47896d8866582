"""Readers: raw rows with the Hub's column names -> Examples. One function a shape of row; rows name theirs.

Labels may come as names or as the Hub's ClassLabel numbers, and are mapped by name (label orders differ
between data sets). A reader returns None for a row that the protocol drops.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import (
    BitextExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from stilts_mlflow.tasks.task import Row

Reader = Callable[[Row], Example | None]

UNLABELLED = (None, "", "-", -1, "-1")
"""What the data sets put where annotators did not agree (SNLI, MNLI) or where the label is kept back."""


def column(row: Row, name: str) -> Any:
    """A column of a row; InputError that names the columns there are."""
    if name not in row:
        raise InputError(f"no column {name!r}; columns: {', '.join(map(str, row))}")
    return row[name]


def label_name(value: Any, names: Sequence[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Label by name or number; None where there is none; InputError outside the set."""
    if value in UNLABELLED:
        return None
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    text = (aliases or {}).get(str(value), str(value))
    if text not in names:
        raise InputError(f"label {value!r} is not one of {', '.join(names)}")
    return text


def read_pair(
    first: str,
    second: str,
    names: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    drops: tuple[object, ...] = (),
) -> Reader:
    """Rows of two texts in the columns `first` and `second`, and `label`; rows with a label of `drops` go."""

    def read(row: Row) -> PairExample | None:
        if row.get("label") in drops:
            return None
        label = label_name(row.get("label"), names, aliases)
        return PairExample(str(row.get("id", "")), str(column(row, first)), str(column(row, second)), label)

    return read


def read_question(row: Row) -> QuestionExample:
    """SQuAD rows; `answers` as a dict of lists or a list of dicts (both occur), None where they are kept back.

    Empty answers go, and a question with no others is unlabelled: XTREME puts one empty text at 0 into the test files
    of its question answering tasks (`utils_preprocess.py: remove_qa_test_annotations`). No answers at all stay that.
    """
    context = str(column(row, "context"))
    answers = spans_of(row.get("answers"))
    filled = [(text, start) for text, start in answers or () if text]
    for text, start in filled:
        if start < 0 or context[start : start + len(text)] != text:
            found = context[max(start, 0) : max(start, 0) + len(text)]
            raise InputError(f"question {row.get('id')!r}: answer {text!r} is not at {start}, there is {found!r}")
    texts = None if answers is None or (answers and not filled) else tuple(text for text, _ in filled)
    starts = tuple(start for _, start in filled)
    return QuestionExample(str(row.get("id", "")), str(column(row, "question")), context, texts, starts)


def spans_of(answers: Any) -> list[tuple[str, int]] | None:
    """Texts and starts of SQuAD's `answers`, a dict of lists or a list of dicts."""
    if answers is None:
        return None
    if isinstance(answers, Mapping):
        texts, starts = column(answers, "text"), column(answers, "answer_start")
        if len(texts) != len(starts):
            raise InputError(f"answers: {len(texts)} texts, {len(starts)} starts")
    else:
        texts, starts = ([column(one, name) for one in answers] for name in ("text", "answer_start"))
    return [(str(text), int(start)) for text, start in zip(texts, starts, strict=True)]


def read_tags(tag_column: str, names: Sequence[str] = (), aliases: Mapping[str, str] | None = None) -> Reader:
    """Rows of `tokens` and tags; `names`: the label set (empty: any); `aliases`: tags that become others."""

    def read(row: Row) -> TaggingExample | None:
        words = tuple(map(str, column(row, "tokens")))
        given = row.get(tag_column)
        if not words:
            return None
        tags = None if given is None else tuple(_tag((aliases or {}).get(tag, tag), names) for tag in given)
        if tags is not None and len(tags) != len(words):
            raise InputError(f"sentence {row.get('id')!r}: {len(words)} tokens, {len(tags)} tags")
        return TaggingExample(str(row.get("id", "")), words, tags)

    return read


def _tag(value: Any, names: Sequence[str]) -> str:
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    if names and value not in names:
        raise InputError(f"tag {value!r} is not one of {', '.join(names)}")
    return str(value)


def read_text(row: Row) -> TextExample | None:
    """Raw text; empty lines are dropped."""
    text = str(column(row, "text")).strip()
    return TextExample(str(row.get("id", "")), text, str(row.get("language", ""))) if text else None


def read_bitext(row: Row) -> BitextExample:
    """Translation pairs and distractors."""
    order = row.get("source_order")
    source, target = column(row, "source"), column(row, "target")
    return BitextExample(str(row.get("id", "")), source, target, -1 if source is None or order is None else int(order))
