"""SQuAD v2.0's threshold: values worked out by hand from evaluate-v2.0.py."""

import pytest

from stilts_mlflow.metrics import compute
from stilts_mlflow.no_answer import best_threshold, decide

GAPS = [-3.0, -1.0, 0.5, 2.0]


@pytest.mark.parametrize(
    ("answers", "references", "threshold"),
    [
        # Nothing answered scores 2; -3.0 right: 3; -1.0 wrong answer to nothing: 2; 0.5 right: 3; 2.0 to nothing: 2.
        (["ant", "bee", "cow", "dog"], [["ant"], [], ["cow"], []], -3.0),
        # 1; F1 2/3 (no articles); F1 4/5; -1 for an answer to nothing; the last one right makes good for it only.
        (["a x", "b x", "c", "d"], [["x y"], ["b y x"], [], ["d"]], -1.0),
        (["z", "z", "z", "z"], [["a"], [], ["c"], []], -4.0),
        (["ant", "bee", "cow", "dog"], [["ant"], ["bee"], ["cow"], ["dog"]], 2.0),
        (["a", "", "c", "d"], [[], [], [], ["d"]], -4.0),
    ],
)
def test_best_threshold(answers: list[str], references: list[list[str]], threshold: float) -> None:
    assert best_threshold(GAPS, answers, references) == threshold


def test_decide() -> None:
    assert decide("a", 1.0, 1.0) == "a"
    assert decide("a", 1.1, 1.0) == ""


def test_the_parts_of_the_score() -> None:
    predictions, references = ["the cat", "", "dog", "bird"], [("cat",), ("cow",), (), ("a bird flew",)]
    values = compute(("f1", "exact_match", "has_answer_f1", "no_answer_accuracy"), predictions, references, "en")
    assert values["has_answer_f1"] == pytest.approx((100 + 0 + 200 / 3) / 3)
    assert values["no_answer_accuracy"] == 0
    assert values["f1"] == pytest.approx((100 + 0 + 0 + 200 / 3) / 4)
    assert values["exact_match"] == 25


def test_qqp() -> None:
    predictions = ["duplicate", "duplicate", "not_duplicate", "not_duplicate"]
    references = ["duplicate", "not_duplicate", "duplicate", "not_duplicate"]
    values = compute(
        ("accuracy_and_f1", "accuracy", "duplicate_f1"), [*predictions, "duplicate"], [*references, "duplicate"], "en"
    )
    assert values["accuracy"] == pytest.approx(60)
    assert values["duplicate_f1"] == pytest.approx(100 * 2 * 2 / (3 + 3))
    assert values["accuracy_and_f1"] == pytest.approx((60 + 200 / 3) / 2)
