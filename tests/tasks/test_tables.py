"""One contract for every row of the task table."""

import subprocess
import sys

import pytest

from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.metrics import METRICS
from stilts_mlflow.phases.checks import task_problems
from stilts_mlflow.scores import Score, headline_metrics
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import (
    BitextExample,
    ChoiceExample,
    Example,
    PairExample,
    PassageExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from stilts_mlflow.tasks.intermediate import INTERMEDIATE, PAPER_TASKS
from stilts_mlflow.tasks.tables import TARGETS, TASKS, task
from stilts_mlflow.tasks.task import Row, pick, table

CROSS = tuple(f"mlqa_q_{question}" for question in ("en", "es", "de", "ar", "hi", "vi", "zh"))
ANSWERS = {"text": ["bread"], "answer_start": [10]}
PASSAGE = {"id": "q", "text": "a", "context": "", "language": "de", "is_query": True, "keys": ["k"]}
ROWS: dict[str, Row] = {
    "mnli": {"premise": "a", "hypothesis": "b", "label": 1},
    "snli": {"premise": "a", "hypothesis": "b", "label": 2},
    **{f"anli_r{n}": {"id": "u", "premise": "a", "hypothesis": "b", "label": "n", "reason": ""} for n in (1, 2, 3)},
    "anli_plus": {"premise": "a", "hypothesis": "b", "label": 0},
    "qqp": {"id": "7", "question1": "a", "question2": "b", "label": "1", "idx": 0},
    "xnli": {"premise": "a", "hypothesis": "b", "label": "neutral"},
    "squad_v1": {"id": "q", "title": "t", "context": "She sells bread.", "question": "What?", "answers": ANSWERS},
    "squad_v2": {"id": "q", "context": "c", "question": "What?", "answers": {"text": [], "answer_start": []}},
    "xquad": {
        "id": "q",
        "context": "She sells bread.",
        "question": "What?",
        "answers": [{"text": "bread", "answer_start": 10}],
    },
    "xnli_translate_test": {"premise": "a", "hypothesis": "b", "label": "entailment"},
    "xcopa_translate_test": {"premise": "p", "choice1": "a", "choice2": "b", "question": "cause", "idx": 5, "label": 0},
    "squad_es": {"id": "q", "context": "Vende pan.", "question": "?", "answers": [{"text": "pan", "answer_start": 6}]},
    "squad_v2_es": {"id": "q", "context": "c", "question": "?", "answers": {"text": [], "answer_start": []}},
    **{
        name: {"id": "q", "context": "She sells bread.", "question": "What?", "answers": ANSWERS}
        for name in ("mlqa", "tydiqa", "multichecklist", *CROSS)
    },
    "pawsx": {"id": 12, "sentence1": "a", "sentence2": "NS", "label": 0},
    **{name: {"premise": "a", "hypothesis": "b", "label": 2} for name in ("americas_nli", "kornli", "myxnli", "cxnli")},
    "xcopa": {
        "premise": "p",
        "choice1": "a",
        "choice2": "b",
        "question": "cause",
        "idx": 5,
        "label": 0,
        "changed": True,
    },
    "masakhaner": {"tokens": ["a", "b", "c"], "ner_tags": ["B-ORG", "B-DATE", "I-DATE"]},
    "masakhapos": {"tokens": ["a", "b"], "pos_tags": ["ADP", "SYM"]},
    "belebele": {
        "link": "l",
        "question_number": 2,
        "flores_passage": "p",
        "question": "q",
        **{f"mc_answer{i}": f"a{i}" for i in range(1, 5)},
        "correct_answer_num": "4",
        "dialect": "swh_Latn",
    },
    "hellaswag": {"ind": 4, "ctx": "a", "endings": ["b", "c", "d", "e"], "label": "2"},
    "cosmos_qa": {
        "id": "i",
        "context": "c",
        "question": "q",
        **{f"answer{i}": f"a{i}" for i in range(4)},
        "label": 3,
    },
    "commonsense_qa": {
        "id": "i",
        "question": "q",
        "question_concept": "c",
        "choices": {"label": ["A", "B", "C", "D", "E"], "text": ["a", "b", "c", "d", "e"]},
        "answerKey": "E",
    },
    "social_iqa": {"context": "c", "question": "q", "answerA": "a", "answerB": "b", "answerC": "c", "label": "3"},
    "copa": {"premise": "p", "choice1": "a", "choice2": "b", "question": "effect", "idx": 5, "label": 1},
    "ccg": {"tokens": ["a", "b"], "tags": ["NP/N", "N"]},
    "udpos": {"tokens": ["a", "b"], "pos_tags": [5, "NOUN"]},
    "panx": {"tokens": ["a", "b"], "ner_tags": ["B-LOC", 0]},
    "tatoeba": {"id": "0", "source": "a", "target": "b", "source_order": 3},
    "bucc2018": {"id": "de-1 en-2", "source": "a", "target": "b", "source_order": 0},
    "lareqa": PASSAGE,
    "mewslix": {**PASSAGE, "is_query": False, "part": "en"},
    "bitext": {"id": "0", "source": "a", "target": None, "source_order": 1},
    "masked_lm": {"id": "0", "text": "a", "language": "en"},
}
READ: dict[str, Example] = {
    "mnli": PairExample("", "a", "b", "neutral"),
    "snli": PairExample("", "a", "b", "contradiction"),
    **{f"anli_r{n}": PairExample("u", "a", "b", "neutral") for n in (1, 2, 3)},
    "anli_plus": PairExample("", "a", "b", "entailment"),
    "qqp": PairExample("7", "a", "b", "duplicate"),
    "xnli": PairExample("", "a", "b", "neutral"),
    "squad_v1": QuestionExample("q", "What?", "She sells bread.", ("bread",), (10,)),
    "squad_v2": QuestionExample("q", "What?", "c", (), ()),
    "xquad": QuestionExample("q", "What?", "She sells bread.", ("bread",), (10,)),
    "xnli_translate_test": PairExample("", "a", "b", "entailment"),
    "xcopa_translate_test": ChoiceExample("5", "p", "What was the cause of this?", ("a", "b"), 0),
    "squad_es": QuestionExample("q", "?", "Vende pan.", ("pan",), (6,)),
    "squad_v2_es": QuestionExample("q", "?", "c", (), ()),
    **{
        name: QuestionExample("q", "What?", "She sells bread.", ("bread",), (10,))
        for name in ("mlqa", "tydiqa", "multichecklist", *CROSS)
    },
    "pawsx": PairExample("12", "a", "NS", "0"),
    **{name: PairExample("", "a", "b", "contradiction") for name in ("americas_nli", "kornli", "myxnli", "cxnli")},
    "xcopa": ChoiceExample("5", "p", "What was the cause of this?", ("a", "b"), 0),
    "masakhaner": TaggingExample("", ("a", "b", "c"), ("B-ORG", "O", "O")),
    "masakhapos": TaggingExample("", ("a", "b"), ("ADP", "SYM")),
    "belebele": ChoiceExample("l#2", "p", "q", ("a1", "a2", "a3", "a4"), 3),
    "hellaswag": ChoiceExample("4", "a", "", ("b", "c", "d", "e"), 2),
    "cosmos_qa": ChoiceExample("i", "c", "q", ("a0", "a1", "a2", "a3"), 3),
    "commonsense_qa": ChoiceExample("i", "q", "", ("a", "b", "c", "d", "e"), 4),
    "social_iqa": ChoiceExample("", "c", "q", ("a", "b", "c"), 2),
    "copa": ChoiceExample("5", "p", "What happened as a result?", ("a", "b"), 1),
    "ccg": TaggingExample("", ("a", "b"), ("NP/N", "N")),
    "udpos": TaggingExample("", ("a", "b"), ("DET", "NOUN")),
    "panx": TaggingExample("", ("a", "b"), ("B-LOC", "O")),
    "tatoeba": BitextExample("0", "a", "b", 3),
    "bucc2018": BitextExample("de-1 en-2", "a", "b", 0),
    "lareqa": PassageExample("q", "a", "", "de", True, ("k",)),
    "mewslix": PassageExample("q", "a", "", "de", False, ("k",)),
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
    assert row.title
    assert row.licence
    assert row.citation
    trains, selects = TASKS[row.trains_on], TASKS[row.selects_on]
    assert trains.type == selects.type == row.type
    assert trains.labels == row.labels
    if row.first:
        assert TASKS[row.first].type == row.type
        assert TASKS[row.first].has_training_data
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
        ("anli_r1", {"label": "x"}, "label 'x' is not one of entailment, neutral, contradiction"),
        ("qqp", {"label": "2"}, "label '2' is not one of not_duplicate, duplicate"),
        ("cosmos_qa", {"label": 4}, "label 4 is not one of 0 to 3"),
        ("commonsense_qa", {"answerKey": "F"}, "label 'F' is not one of A to E"),
        ("social_iqa", {"label": "0"}, "label '0' is not one of 1 to 3"),
        ("social_iqa", {"correct": "D"}, "label 'D' is not one of A to C"),
        ("copa", {"label": 2}, "label 2 is not one of 0 to 1"),
        ("copa", {"question": "why"}, "question 'why' is not one of cause, effect"),
        ("pawsx", {"label": "2"}, "label '2' is not one of 0, 1"),
        ("pawsx", {"label": "paraphrase"}, "label 'paraphrase' is not one of 0, 1"),
        ("kornli", {"label": "contra"}, "label 'contra' is not one of entailment"),
        ("xcopa", {"label": 2}, "label 2 is not one of 0 to 1"),
        ("xcopa", {"question": "why"}, "question 'why' is not one of cause, effect"),
        ("belebele", {"correct_answer_num": "0"}, "label '0' is not one of 1 to 4"),
        ("masakhaner", {"ner_tags": ["B-MISC", "O", "O"]}, "tag 'B-MISC' is not one of O, B-PER"),
        ("masakhapos", {"pos_tags": ["ADP", "_"]}, "tag '_' is not one of ADJ"),
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


@pytest.mark.parametrize("value", ["", -1, None])
def test_rows_without_a_label_are_unlabelled(value: object) -> None:
    example = TASKS["xnli"].reader({**ROWS["xnli"], "label": value})
    assert example == PairExample("", "a", "b", None)


@pytest.mark.parametrize(("name", "value"), [("mnli", "-"), ("snli", "-"), ("snli", -1)])
def test_pairs_on_which_annotators_did_not_agree_are_dropped(name: str, value: object) -> None:
    assert TASKS[name].reader({**ROWS[name], "label": value}) is None


@pytest.mark.parametrize(
    "name", ["cosmos_qa", "commonsense_qa", "social_iqa", "copa", "hellaswag", "xcopa", "belebele"]
)
@pytest.mark.parametrize("value", ["", -1, None])
def test_choices_without_a_label_are_unlabelled(name: str, value: object) -> None:
    column = {"commonsense_qa": "answerKey", "belebele": "correct_answer_num"}.get(name, "label")
    example = TASKS[name].reader({**ROWS[name], column: value})
    assert isinstance(example, ChoiceExample)
    assert example.label is None


def test_commonsense_questions_may_be_nested_as_in_the_files() -> None:
    choices = [{"label": letter, "text": letter.lower()} for letter in "ABCDE"]
    nested = {"id": "i", "question": {"stem": "q", "choices": choices, "question_concept": "c"}, "answerKey": "E"}
    assert TASKS["commonsense_qa"].reader(nested) == READ["commonsense_qa"]
    listed = {**ROWS["commonsense_qa"], "choices": choices}
    assert TASKS["commonsense_qa"].reader(listed) == READ["commonsense_qa"]


def test_social_iqa_of_v1_4_names_the_right_answer_by_letter() -> None:
    row = {name: value for name, value in ROWS["social_iqa"].items() if name != "label"}
    assert TASKS["social_iqa"].reader({**row, "correct": "C"}) == READ["social_iqa"]


def test_parts_have_the_labels_and_splits_of_the_whole() -> None:
    whole = TASKS["anli_plus"]
    assert whole.expected == {"train": 1_104_934, "dev": 22_857}
    for name in whole.parts:
        assert TASKS[name].labels == whole.labels
        assert TASKS[name].type == whole.type
        assert set(whole.files) <= set(TASKS[name].files)
        assert not TASKS[name].parts


def test_all_stands_for_the_tasks_of_the_paper() -> None:
    assert [row.name for row in pick(TASKS, "all", PAPER_TASKS)] == list(PAPER_TASKS)
    assert [row.name for row in pick(TASKS, "mnli,qqp", PAPER_TASKS)] == ["mnli", "qqp"]
    assert set(PAPER_TASKS) <= {row.name for row in INTERMEDIATE}
    assert not list(task_problems("all", trainable=True, every=PAPER_TASKS))
    assert list(task_problems("all,mnli", trainable=True, every=PAPER_TASKS)) == [
        "task 'mnli' is listed twice in 'all,mnli'"
    ]
    assert [row.name for row in pick(TASKS, "all,masked_lm", PAPER_TASKS)] == [*PAPER_TASKS, "masked_lm"]


def test_targets_have_the_languages_of_both_benchmarks() -> None:
    """Counts of XTREME's and XTREME-R's lists together; MLQA's rows of two languages are 42 pairs."""
    counts = {"xnli": 15, "pawsx": 7, "udpos": 38, "panx": 48, "xquad": 12, "mlqa": 7, "tydiqa": 9, "xcopa": 11}
    counts |= {"americas_nli": 10, "masakhaner": 11, "masakhapos": 11, "multichecklist": 50}
    assert {name: len(TASKS[name].languages) for name in counts} == counts
    pairs = {(context, name[-2:]) for name in CROSS for context in TASKS[name].languages}
    assert len(pairs) == 42
    assert all(context != question for context, question in pairs)


@pytest.mark.parametrize("name", ["xquad", "tydiqa", "mlqa", *CROSS, "multichecklist"])
def test_the_official_pair_is_the_headline(name: str) -> None:
    """Whatever stands beside it: (EM + F1) / 2 of XTREME is over these."""
    scores = [Score("run", name, "de", "test", metric, 50.0, 1) for metric in TASKS[name].metrics]
    official = ("mlqa_exact_match", "mlqa_f1") if name.startswith("mlqa") else ("exact_match", "f1")
    assert headline_metrics(scores, name) == official
    assert TASKS[name].metrics[0] == official[1]


def test_tasks_that_train_on_the_same_data_share_a_target_run() -> None:
    runs: dict[tuple[str, str, str], set[str]] = {}
    for row in TARGETS:
        if row.type != "sentence_retrieval":
            runs.setdefault((row.trains_on, row.selects_on, row.first), set()).add(row.name)
    assert runs["squad_v1", "squad_v1", ""] == {"xquad", "mlqa", "multichecklist", "squad_es", *CROSS}
    assert runs["mnli", "xnli", ""] == {
        "xnli",
        "americas_nli",
        "kornli",
        "myxnli",
        "cxnli",
        "xnli_translate_test",
    }
    assert runs["copa", "copa", "social_iqa"] == {"xcopa", "xcopa_translate_test"}
    assert runs["panx", "panx", ""] == {"panx", "masakhaner"}
    assert runs["udpos", "udpos", ""] == {"udpos", "masakhapos"}


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
