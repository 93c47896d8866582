"""Readers of multiple-choice rows: Hub column names, and those of the original files where they differ.

The right answer comes as a number, a number as text, a letter, or (from 1) an ordinal; it becomes a 0-based index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample
from stilts_mlflow.tasks.readers import UNLABELLED, column
from stilts_mlflow.tasks.task import Row

COPA_QUESTIONS = {"cause": "What was the cause?", "effect": "What happened as a result?"}
"""COPA's question is one of two; its own wording in Roemmele et al. 2011, section 2."""


def choice_index(value: Any, names: Sequence[str]) -> int | None:
    """Place of a label among the names of the choices; None where it is kept back; InputError outside of them."""
    if value in UNLABELLED:
        return None
    if str(value) not in names:
        raise InputError(f"label {value!r} is not one of {names[0]} to {names[-1]}")
    return names.index(str(value))


def numbers(count: int, first: int = 0) -> list[str]:
    """Names of choices that are numbered."""
    return [str(first + i) for i in range(count)]


def read_hellaswag(row: Row) -> ChoiceExample:
    """HellaSwag: `ctx`, four `endings`, `label`. `ind` numbers the source video, not the row, so it is no id."""
    endings = tuple(map(str, column(row, "endings")))
    return ChoiceExample(
        "", str(column(row, "ctx")), "", endings, choice_index(row.get("label"), numbers(len(endings)))
    )


def read_cosmos_qa(row: Row) -> ChoiceExample:
    """Cosmos QA: `context`, `question`, `answer0` to `answer3`, `label`."""
    answers = tuple(str(column(row, f"answer{i}")) for i in range(4))
    label = choice_index(row.get("label"), numbers(4))
    return ChoiceExample(
        str(row.get("id", "")), str(column(row, "context")), str(column(row, "question")), answers, label
    )


def read_commonsense_qa(row: Row) -> ChoiceExample:
    """CommonsenseQA: the Hub has `question` and `choices` side by side, the original files one inside the other."""
    question = column(row, "question")
    choices = column(question if isinstance(question, Mapping) else row, "choices")
    stem = column(question, "stem") if isinstance(question, Mapping) else question
    if not isinstance(choices, Mapping):
        choices = {name: [column(one, name) for one in choices] for name in ("label", "text")}
    names, texts = list(map(str, column(choices, "label"))), tuple(map(str, column(choices, "text")))
    if len(names) != len(texts):
        raise InputError(f"choices: {len(names)} labels, {len(texts)} texts")
    return ChoiceExample(str(row.get("id", "")), "", str(stem), texts, choice_index(row.get("answerKey"), names))


def read_social_iqa(row: Row) -> ChoiceExample:
    """Social IQa: `context`, `question`, `answerA` to `answerC`; `label` "1" to "3", or `correct` "A" to "C"."""
    answers = tuple(str(column(row, f"answer{letter}")) for letter in "ABC")
    label = (
        choice_index(row["correct"], list("ABC"))
        if "correct" in row
        else choice_index(row.get("label"), numbers(3, first=1))
    )
    return ChoiceExample(
        str(row.get("id", "")), str(column(row, "context")), str(column(row, "question")), answers, label
    )


def read_copa(row: Row) -> ChoiceExample:
    """COPA and XCOPA: `premise`, `choice1`, `choice2`, `question` (cause or effect), `label`, `idx`."""
    kind = str(column(row, "question"))
    if kind not in COPA_QUESTIONS:
        raise InputError(f"question {kind!r} is not one of {', '.join(COPA_QUESTIONS)}")
    choices = str(column(row, "choice1")), str(column(row, "choice2"))
    label = choice_index(row.get("label"), numbers(2))
    return ChoiceExample(str(row.get("idx", "")), str(column(row, "premise")), COPA_QUESTIONS[kind], choices, label)
