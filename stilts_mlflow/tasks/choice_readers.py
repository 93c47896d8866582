"""Readers of multiple choice: rows of HellaSwag, Cosmos QA, CommonsenseQA, Social IQa, COPA, Belebele -> examples.

What is read before the choices goes into `context`, as the passage or, where there is none, the question itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample
from stilts_mlflow.tasks.readers import UNLABELLED, column
from stilts_mlflow.tasks.task import Row

COPA_QUESTIONS = {"cause": "What was the cause of this?", "effect": "What happened as a result?"}
"""The wording in common use, for COPA and XCOPA alike."""


def index_of(value: Any, names: Sequence[str]) -> int | None:
    """Place of a label among `names`; None where there is none; InputError outside of them."""
    if value in UNLABELLED:
        return None
    if str(value) not in names:
        raise InputError(f"label {value!r} is not one of {names[0]} to {names[-1]}")
    return names.index(str(value))


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def read_hellaswag(row: Row) -> ChoiceExample:
    """HellaSwag rows: `ctx`, four `endings`, `label` as text or number."""
    endings = tuple(map(str, column(row, "endings")))
    label = index_of(row.get("label"), _numbers(len(endings)))
    return ChoiceExample(str(row.get("ind", "")), str(column(row, "ctx")), "", endings, label)


def read_cosmos_qa(row: Row) -> ChoiceExample:
    """Cosmos QA rows: `context`, `question`, `answer0` to `answer3`, `label`."""
    answers = tuple(str(column(row, f"answer{i}")) for i in range(4))
    label = index_of(row.get("label"), _numbers(4))
    return ChoiceExample(
        str(row.get("id", "")), str(column(row, "context")), str(column(row, "question")), answers, label
    )


def read_commonsense_qa(row: Row) -> ChoiceExample:
    """CommonsenseQA rows, in the form of the files (`question` holds stem and choices) or of the Hub."""
    inner = column(row, "question")
    nested = isinstance(inner, Mapping)
    stem = column(inner, "stem") if nested else inner
    given = column(inner if nested else row, "choices")
    if isinstance(given, Mapping):
        names, texts = column(given, "label"), column(given, "text")
    else:
        names, texts = ([column(one, key) for one in given] for key in ("label", "text"))
    label = index_of(row.get("answerKey"), list(map(str, names)))
    return ChoiceExample(str(row.get("id", "")), str(stem), "", tuple(map(str, texts)), label)


def read_social_iqa(row: Row) -> ChoiceExample:
    """Social IQa rows: `answerA` to `answerC`; `label` "1" to "3", or `correct` A to C in the files of v1.4."""
    answers = tuple(str(column(row, f"answer{name}")) for name in "ABC")
    label = index_of(row["correct"], "ABC") if "correct" in row else index_of(row.get("label"), ("1", "2", "3"))
    return ChoiceExample(
        str(row.get("id", "")), str(column(row, "context")), str(column(row, "question")), answers, label
    )


def read_belebele(row: Row) -> ChoiceExample:
    """Belebele rows: `flores_passage`, `question`, `mc_answer1` to `mc_answer4`, `correct_answer_num` 1 to 4.

    A passage (`link`) has one or two questions; both numbers name a row in every language.
    """
    answers = tuple(str(column(row, f"mc_answer{i}")) for i in range(1, 5))
    label = index_of(row.get("correct_answer_num"), ("1", "2", "3", "4"))
    identity = f"{row.get('link', '')}#{column(row, 'question_number')}"
    return ChoiceExample(identity, str(column(row, "flores_passage")), str(column(row, "question")), answers, label)


def read_copa(row: Row) -> ChoiceExample:
    """COPA rows: `premise`, two choices, `question` cause or effect, `label` 0 or 1."""
    asked = column(row, "question")
    if asked not in COPA_QUESTIONS:
        raise InputError(f"question {asked!r} is not one of {', '.join(COPA_QUESTIONS)}")
    choices = (str(column(row, "choice1")), str(column(row, "choice2")))
    label = index_of(row.get("label"), ("0", "1"))
    return ChoiceExample(str(row.get("idx", "")), str(column(row, "premise")), COPA_QUESTIONS[asked], choices, label)
