"""The submission folder's files: content and scores by hand, for every task of XTREME, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.benchmark import METRICS_OF, XTREME
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.export import Scored, cells_of, missing, write_and_check
from stilts_mlflow.scores import Score
from stilts_mlflow.submission import file_name, rescored, sentences_of, written
from stilts_mlflow.tasks.examples import BitextExample, Example, PairExample, QuestionExample, TaggingExample

NLI = [
    PairExample("0", "The baker sleeps.", "Nobody is awake.", "neutral"),
    PairExample("1", "Brot ist da.", "Es gibt Brot.", "entailment"),
    PairExample("2", "雨", "晴れ", "contradiction"),
]
PARAPHRASES = [PairExample("a", "x y", "y x", "1"), PairExample("b", "x y", "x z", "0")]
TAGGED = [
    TaggingExample("0", ("Der", "Hund", "bellt"), ("DET", "NOUN", "VERB")),
    TaggingExample("1", ("สวัสดี",), ("INTJ",)),
]
ENTITIES = [
    TaggingExample("0", ("Ana", "Lima", "ruft"), ("B-PER", "I-PER", "O")),
    TaggingExample("1", ("Oslo",), ("B-LOC",)),
]
QUESTIONS = [
    QuestionExample("q1", "where?", "near the river, near a bridge", ("the river",), (5,)),
    QuestionExample("q2", "谁?", "面包师在河边", ("面包师", "师"), (0, 2)),
]
# English in alphabetical order; the foreign file has them as c, a, b.
SENTENCES = [
    BitextExample("0", "ein Apfel", "an apple", 2),
    BitextExample("1", "ein Boot", "boats", 0),
    BitextExample("2", "ein Chor", "choirs", 1),
]
POOLS = [
    BitextExample("de-1 en-1", "ein Apfel", "an apple", 0),
    BitextExample("de-2 en-5", "ein Boot", "a boat", 1),
    BitextExample("en-2", None, "a distractor", -1),
    BitextExample("de-3", "eine Ablenkung", None, 2),
]


def rows(kind: str, predictions: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the predictions table."""
    return [
        {"id": name, "type": kind, "prediction": value if isinstance(value, str) else json.dumps(value)}
        for name, value in predictions.items()
    ]


NEAREST = [
    {"id": "0", "prediction": 2, "reference": 2},
    {"id": "1", "prediction": 1, "reference": 0},
    {"id": "2", "prediction": 1, "reference": 1},
]
MINED = [
    {"id": "de-2 en-5", "prediction": 1, "reference": 1},
    {"id": "de-3 en-2", "prediction": 1, "reference": 0},
    {"id": "de-1 en-1", "prediction": 0, "reference": 1},
]
CASES: dict[str, tuple[list[Any], list[dict[str, Any]], str, dict[str, float]]] = {
    # Two of three right.
    "xnli": (
        NLI,
        rows("classification", {"2": "contradiction", "0": "neutral", "1": "neutral"}),  # order does not matter
        "neutral\nneutral\ncontradiction\n",
        {"accuracy": 200 / 3},
    ),
    "pawsx": (PARAPHRASES, rows("classification", {"a": "1", "b": "1"}), "1\n1\n", {"accuracy": 50}),
    # Gold spans: DET, NOUN, VERB | INTJ. Predicted DET, NOUN-NOUN as one, INTJ: 2 right of 3 predicted, 4 gold: 4/7.
    "udpos": (
        TAGGED,
        rows("tagging", {"0": ["DET", "NOUN", "NOUN"], "1": ["INTJ"]}),
        "DET\nNOUN\nNOUN\n\nINTJ\n",
        {"pos_f1": 400 / 7},
    ),
    # One of two gold entities, two predicted: the first has a wrong end. F1 = 50.
    "panx": (
        ENTITIES,
        rows("tagging", {"0": ["B-PER", "O", "O"], "1": ["B-LOC"]}),
        "B-PER\nO\nO\n\nB-LOC\n",
        {"span_f1": 50},
    ),
    # "a river" = "river" = "the river" without articles: 100; Chinese is one word here, which is not "面": 0.
    "xquad": (
        QUESTIONS,
        rows("question_answering", {"q1": "a river", "q2": "面"}),
        '{"q1": "a river", "q2": "面"}',
        {"exact_match": 50, "f1": 50},
    ),
    "tydiqa": (
        QUESTIONS,
        rows("question_answering", {"q1": "river near", "q2": "师"}),
        '{"q1": "river near", "q2": "师"}',
        # First: one common word of two and of one, 2/3; second: equal to one of its references.
        {"exact_match": 50, "f1": (200 / 3 + 100) / 2},
    ),
    # MLQA cuts Chinese by character: 面 against 面包师 is 1 of 1 and of 3, F1 1/2; zh has no articles: "a" stays.
    "mlqa": (
        QUESTIONS,
        rows("question_answering", {"q1": "a river", "q2": "面"}),
        '{"q1": "a river", "q2": "面"}',
        # "a river" against "the river" without articles removed: 1 of 2 and of 2, F1 1/2.
        {"mlqa_exact_match": 0, "mlqa_f1": 50},
    ),
    "tatoeba": (SENTENCES, NEAREST, "2\n1\n1\n", {"accuracy": 200 / 3}),
    # One of two found pairs is right, of two gold pairs one is found.
    "bucc2018": (POOLS, MINED, "de-2\ten-5\nde-3\ten-2\n", {"mining_f1": 50}),
}
LANGUAGE = {"mlqa": "zh", "xquad": "zh", "tydiqa": "te"}


def test_every_task_has_a_case() -> None:
    assert set(CASES) == set(XTREME.tasks)


@pytest.mark.parametrize("task", CASES)
def test_content_and_scores(task: str) -> None:
    examples, found, content, scores = CASES[task]
    text = written(task, LANGUAGE.get(task, "de"), examples, found)
    assert text == content
    again = rescored(task, LANGUAGE.get(task, "de"), text, examples)
    assert again == {name: pytest.approx(value) for name, value in scores.items()}
    assert set(again) == set(METRICS_OF[task])
    assert file_name(task, "de") == f"{task}/test-de.{'json' if '{' in content else 'tsv'}"


@pytest.mark.parametrize(
    ("task", "change", "expected"),
    [
        ("xnli", lambda found: found[1:], "2 predictions, 3 examples"),
        ("xnli", lambda found: [*found[1:], found[1]], "3 predictions with 2 different ids"),
        ("xnli", lambda found: [{**found[0], "id": "9"}, *found[1:]], "no prediction for 1 examples, the first is '2'"),
        ("xnli", lambda found: [{**found[0], "prediction": "maybe"}, *found[1:]], "label 'maybe'; the official"),
        ("udpos", lambda found: [{**found[0], "prediction": '["X"]'}, found[1]], "'0': 1 tags for 3 words"),
        ("tatoeba", lambda found: found[1:], "2 neighbours for 3 English sentences"),
        ("tatoeba", lambda found: [{**found[0], "reference": 1}, *found[1:]], "of other data (English sentence 0)"),
        ("bucc2018", lambda found: found[1:], "of other data (their gold pairs differ)"),
    ],
)
def test_rows_that_do_not_fit_are_refused(task: str, change: Any, expected: str) -> None:
    examples, found, _, _ = CASES[task]
    with pytest.raises(InputError) as caught:
        written(task, "de", examples, change(found))
    assert str(caught.value).startswith(f"{task}/de: ")
    assert expected in str(caught.value)


def test_english_out_of_order_is_refused() -> None:
    with pytest.raises(InputError, match="not in alphabetical order"):
        written("tatoeba", "de", SENTENCES[::-1], NEAREST)
    lonely = [*SENTENCES, BitextExample("3", None, "zebras", -1)]
    with pytest.raises(InputError, match="sentences without a translation"):
        written("tatoeba", "de", lonely, NEAREST)


@pytest.mark.parametrize(
    ("task", "text", "expected"),
    [
        ("xnli", "neutral\n", "1 predictions, 3 labels"),
        ("udpos", "DET\nNOUN\nNOUN\nINTJ\n", "1 predictions, 2 labels"),
        ("udpos", "DET\nNOUN\n\nINTJ\n", "2 predicted tags, 3 words"),
        ("xquad", '{"q1": "a"}', "1 answers for 2 questions"),
        ("xquad", '{"q1": "a", "q3": "b"}', "2 answers for 2 questions"),
        ("tatoeba", "1\n2\n", "2 lines, 3 sentences"),
        ("bucc2018", "de-1 en-1\n", "1 columns"),
    ],
)
def test_files_that_do_not_fit_are_no_score(task: str, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        rescored(task, "de", text, CASES[task][0])


def test_no_pair_mined_is_zero() -> None:
    none = [{**row, "prediction": 0} for row in MINED]
    assert written("bucc2018", "de", POOLS, none) == ""
    assert rescored("bucc2018", "de", "", POOLS) == {"mining_f1": 0}


tags = st.lists(st.lists(st.sampled_from(["NOUN", "SCONJ", "SYM", "CCONJ", "X"]), min_size=1), min_size=1)


@settings(max_examples=60, deadline=None)
@given(tags)
def test_any_tags_come_back(sentences: list[list[str]]) -> None:
    examples: list[Example] = [
        TaggingExample(str(i), ("w",) * len(each), tuple(each)) for i, each in enumerate(sentences)
    ]
    found = rows("tagging", {str(i): each for i, each in enumerate(sentences)})
    text = written("udpos", "de", examples, found)
    assert sentences_of(text) == sentences
    assert rescored("udpos", "de", text, examples) == {"pos_f1": 100}


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=12), min_size=1, max_size=6))
def test_any_answers_come_back(answers: dict[str, str]) -> None:
    """Quotes, line separators and lone surrogates too."""
    examples: list[Example] = [QuestionExample(name, "?", "x", ("x",), (0,)) for name in answers]
    text = written("xquad", "de", examples, rows("question_answering", answers))
    assert json.loads(text.encode("utf-8", "backslashreplace").decode("utf-8")) == answers


def cells(n: int = 5_010, cap: int = 0, without: str = "") -> dict[tuple[str, str], Scored]:
    """A run that has everything, or all but one task."""
    scores = tuple(
        Score("run", task, code, "test", metric, 50.0, n)
        for task, codes in XTREME.languages.items()
        for code in codes
        for metric in METRICS_OF[task]
        if task != without
    )
    one = Scored("run", DataSource(max_examples=cap), scores, {}, False)
    return {(score.task, score.language): one for score in scores}


def test_what_is_missing_is_listed() -> None:
    assert not [gap for gap in missing(cells()) if gap.startswith("xnli")]
    assert missing(cells(without="pawsx"))[0] == "pawsx: every language"
    assert "xnli: all examples behind the first 10 of a language (max_examples)" in missing(cells(cap=10))
    assert "xnli: the official test set (501 English examples, it has 5010)" in missing(cells(n=501))
    some = {cell: one for cell, one in cells().items() if cell not in (("mlqa", "hi"), ("mlqa", "zh"))}
    assert "mlqa: hi, zh" in missing(some)


def test_a_score_without_a_file_is_refused(tmp_path: Any) -> None:
    one = Scored("run", DataSource(), (Score("run", "xnli", "en", "test", "accuracy", 1.0, 1),), {}, False)
    with pytest.raises(InputError, match=r"run run has scores of xnli and no predictions/xnli\.parquet"):
        write_and_check(tmp_path, {("xnli", "en"): one}, [])


def test_a_score_tuned_on_the_test_set_is_no_cell() -> None:
    scores = tuple(Score("run", "bucc2018", code, "test", "oracle_mining_f1", 70.0, 9) for code in ("de", "ru"))
    scores += (Score("run", "bucc2018", "ru", "test", "mining_f1", 60.0, 9),)
    found = cells_of([Scored("run", DataSource(), scores, {}, True)])
    assert list(found) == [("bucc2018", "ru")]
    assert "bucc2018: de, fr, zh" in missing(found)
