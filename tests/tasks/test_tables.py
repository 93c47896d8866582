"""One contract for every row of the task table."""

import subprocess
import sys

import pytest

from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.metrics import METRICS
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import (
    BitextExample,
    ChoiceExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from stilts_mlflow.tasks.tables import TASKS, task
from stilts_mlflow.tasks.task import Row, pick, table

ANSWERS = {"text": ["bread"], "answer_start": [10]}
ROWS: dict[str, Row] = {
    "mnli": {"premise": "a", "hypothesis": "b", "label": 1},
    "xnli": {"premise": "a", "hypothesis": "b", "label": "neutral"},
    "squad_v1": {"id": "q", "title": "t", "context": "She sells bread.", "question": "What?", "answers": ANSWERS},
    "xquad": {
        "id": "q",
        "context": "She sells bread.",
        "question": "What?",
        "answers": [{"text": "bread", "answer_start": 10}],
    },
    "hellaswag": {"ind": 4, "ctx": "a", "endings": ["b", "c", "d", "e"], "label": "2"},
    "snli": {"premise": "a", "hypothesis": "b", "label": "neutral"},
    "anli_r1": {"id": "u", "premise": "a", "hypothesis": "b", "label": "c"},
    "anli_r2": {"id": "u", "premise": "a", "hypothesis": "b", "label": 0},
    "anli_r3": {"id": "u", "premise": "a", "hypothesis": "b", "label": "n"},
    "anli_plus": {"premise": "a", "hypothesis": "b", "label": 1},
    "qqp": {"id": "7", "question1": "a?", "question2": "b?", "label": "1"},
    "squad_v2": {
        "id": "q",
        "context": "She sells bread.",
        "question": "What?",
        "answers": {"text": [], "answer_start": []},
    },
    "cosmos_qa": {
        "id": "c",
        "context": "a",
        "question": "b?",
        "answer0": "c",
        "answer1": "d",
        "answer2": "e",
        "answer3": "f",
        "label": "2",
    },
    "commonsense_qa": {
        "id": "c",
        "question": "a?",
        "choices": {"label": ["A", "B"], "text": ["b", "c"]},
        "answerKey": "B",
    },
    "social_iqa": {"context": "a", "question": "b?", "answerA": "c", "answerB": "d", "answerC": "e", "label": "3"},
    "copa": {"premise": "a", "choice1": "b", "choice2": "c", "question": "cause", "label": 1, "idx": 5},
    "ccg": {"tokens": ["a", "b"], "tags": ["NP/N", "N"]},
    "udpos": {"tokens": ["a", "b"], "pos_tags": [5, "NOUN"]},
    "panx": {"tokens": ["a", "b"], "ner_tags": ["B-LOC", 0]},
    "tatoeba": {"id": "0", "source": "a", "target": "b", "source_order": 3},
    "bitext": {"id": "0", "source": "a", "target": None, "source_order": 1},
    "masked_lm": {"id": "0", "text": "a", "language": "en"},
}
READ: dict[str, Example] = {
    "mnli": PairExample("", "a", "b", "neutral"),
    "xnli": PairExample("", "a", "b", "neutral"),
    "squad_v1": QuestionExample("q", "What?", "She sells bread.", ("bread",), (10,)),
    "xquad": QuestionExample("q", "What?", "She sells bread.", ("bread",), (10,)),
    "snli": PairExample("", "a", "b", "neutral"),
    "anli_r1": PairExample("u", "a", "b", "contradiction"),
    "anli_r2": PairExample("u", "a", "b", "entailment"),
    "anli_r3": PairExample("u", "a", "b", "neutral"),
    "anli_plus": PairExample("", "a", "b", "neutral"),
    "qqp": PairExample("7", "a?", "b?", "duplicate"),
    "squad_v2": QuestionExample("q", "What?", "She sells bread.", (), ()),
    "cosmos_qa": ChoiceExample("c", "a", "b?", ("c", "d", "e", "f"), 2),
    "commonsense_qa": ChoiceExample("c", "", "a?", ("b", "c"), 1),
    "social_iqa": ChoiceExample("", "a", "b?", ("c", "d", "e"), 2),
    "copa": ChoiceExample("5", "a", "What was the cause?", ("b", "c"), 1),
    "hellaswag": ChoiceExample("", "a", "", ("b", "c", "d", "e"), 2),
    "ccg": TaggingExample("", ("a", "b"), ("NP/N", "N")),
    "udpos": TaggingExample("", ("a", "b"), ("DET", "NOUN")),
    "panx": TaggingExample("", ("a", "b"), ("B-LOC", "O")),
    "tatoeba": BitextExample("0", "a", "b", 3),
    "bitext": BitextExample("0", "a", None, 1),
    "masked_lm": TextExample("0", "a", "en"),
}


def test_every_task_has_a_row_here() -> None:
    assert set(ROWS) == set(READ) == set(TASKS)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_rows_are_complete(name: str) -> None:
    row = TASKS[name]
    assert row.type in TASK_TYPES
    assert set(row.languages) <= set(LANGUAGES)
    assert len(set(row.languages)) == len(row.languages) > 0
    assert set(row.metrics) <= set(METRICS)
    assert row.metrics
    assert {source.format for sources in row.files.values() for source in sources} <= set(FORMATS)
    assert all(row.files.values())
    assert bool(row.files) != bool(row.parts)
    assert row.title
    assert row.licence
    assert row.citation
    trains, selects = TASKS[row.trains_on], TASKS[row.selects_on]
    assert trains.type == selects.type == row.type
    assert trains.labels == row.labels
    if row.type not in ("masked_lm", "sentence_retrieval"):
        assert trains.has_training_data
        assert selects.parts or "dev" in selects.files
        assert "en" in selects.languages


@pytest.mark.parametrize("name", sorted(TASKS))
def test_reader_gives_the_example(name: str) -> None:
    assert TASKS[name].reader(ROWS[name]) == READ[name]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("mnli", {"label": "maybe"}, "label 'maybe' is not one of entailment, neutral, contradiction"),
        ("mnli", {"label": 3}, "label 3"),
        ("hellaswag", {"label": "4"}, "label '4' is not one of 0 to 3"),
        ("udpos", {"pos_tags": ["NOUN", "NOMEN"]}, "tag 'NOMEN'"),
        ("panx", {"ner_tags": ["O"]}, "2 tokens, 1 tags"),
        ("xquad", {"answers": {"text": ["bread"], "answer_start": [9]}}, "'bread' is not at 9, there is ' brea'"),
        ("xquad", {"answers": {"text": ["bread"], "answer_start": [-6]}}, "'bread' is not at -6"),
        ("xquad", {"answers": {"text": ["bread"], "answer_start": []}}, "1 texts, 0 starts"),
        ("xquad", {"answers": {"text": ["bread"]}}, "no column 'answer_start'"),
        ("xquad", {"answers": [{"text": "bread"}]}, "no column 'answer_start'"),
    ],
)
def test_wrong_rows_are_refused(name: str, change: Row, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TASKS[name].reader({**ROWS[name], **change})


def test_missing_column_names_those_there_are() -> None:
    with pytest.raises(InputError, match="no column 'hypothesis'; columns: premise, label"):
        TASKS["mnli"].reader({"premise": "a", "label": 0})


@pytest.mark.parametrize(
    ("answers", "texts"),
    [
        (None, None),
        ({"text": [""], "answer_start": [0]}, None),  # XTREME's test files
        ({"text": ["", "bread"], "answer_start": [0, 10]}, ("bread",)),
        ({"text": [], "answer_start": []}, ()),  # unanswerable
        ([], ()),
    ],
)
def test_answers_kept_back_are_not_unanswerable(answers: object, texts: tuple[str, ...] | None) -> None:
    example = TASKS["xquad"].reader({**ROWS["xquad"], "answers": answers})
    assert isinstance(example, QuestionExample)
    assert example.answers == texts
    assert len(example.answer_starts) == len(texts or ())


@pytest.mark.parametrize("value", ["-", "", -1, None])
def test_rows_without_a_label_are_unlabelled(value: object) -> None:
    example = TASKS["xnli"].reader({**ROWS["xnli"], "label": value})
    assert example == PairExample("", "a", "b", None)


def test_the_other_spelling_of_contradiction_is_known() -> None:
    assert TASKS["xnli"].reader({**ROWS["xnli"], "label": "contradictory"}) == PairExample(
        "", "a", "b", "contradiction"
    )


def test_unknown_tasks_get_a_guess() -> None:
    with pytest.raises(InputError, match="unknown task 'xlni'; did you mean 'xnli'"):
        task("xlni")
    with pytest.raises(InputError, match="did you mean 'hellaswag'"):
        pick(TASKS, "mnli,helaswag")
    with pytest.raises(InputError, match="listed twice"):
        pick(TASKS, "mnli,mnli")
    with pytest.raises(InputError, match="no task"):
        pick(TASKS, " , ")


def test_declaring_a_task_twice_raises() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        table((TASKS["mnli"],), (TASKS["mnli"],))


def test_the_table_is_light() -> None:
    code = "import sys, stilts_mlflow.tasks.tables; sys.exit(bool({'torch', 'mlflow', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
