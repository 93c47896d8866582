"""What decides a promotion, and the card that tells of it: no store."""

from collections.abc import Mapping
from typing import Any

import pytest

from stilts_mlflow.promotion import Evaluation, Gate, brief, check_gate, rival_of
from stilts_mlflow.promotion_registry import Version, best_of, is_kept
from stilts_mlflow.report.model_card import Lineage, model_card
from tests.registry import scores_of


def evaluation(values: Mapping[str, float], target: str = "t", data: str = "d1", task: str = "xnli") -> Evaluation:
    """An evaluation with these values by language."""
    return Evaluation(target, "e", tuple(scores_of(values, task)), data)


def version(number: int, average: float | None, data: str = "d1", target: str = "other") -> Version:
    """A registered version."""
    return Version(number, average, data, target, f"e{number}", "c0de")


def test_average_and_worst_language() -> None:
    found = evaluation({"en": 80.0, "sw": 41.0, "de": 62.0})
    assert found.average == pytest.approx(61.0)
    assert found.worst == ("sw", 41.0)


def test_several_tasks_count_the_same() -> None:
    scores = (*scores_of({"en": 80.0, "sw": 40.0}), *scores_of({"en": 30.0}, "udpos"))
    found = Evaluation("t", "e", scores, "d1")
    assert found.tasks == ("xnli", "udpos")
    assert found.average == pytest.approx(45.0)
    assert found.worst == ("udpos/en", 30.0)


def test_only_the_major_metric_counts() -> None:
    from dataclasses import replace

    minor = [replace(score, metric="exact_match", value=1.0) for score in scores_of({"en": 80.0}, "xquad")]
    assert Evaluation("t", "e", (*scores_of({"en": 80.0}, "xquad"), *minor), "d1").worst == ("en", 80.0)


def test_the_gate_tells_everything_that_is_short() -> None:
    found = evaluation({"en": 67.6, "sw": 41.0})
    assert check_gate(found, Gate()) == []
    assert check_gate(found, Gate(54.3, 41.0)) == []
    assert check_gate(found, Gate(60.0, 45.5), version(3, 54.7)) == [
        "average 54.30 < 60.00 (short by 5.70)",
        "worst language sw 41.00 < 45.50 (short by 4.50)",
        "gain over champion v3 (same data) -0.40 < 0.00 (short by 0.40)",
    ]
    assert check_gate(found, Gate(min_gain=1.0), version(3, 53.0)) == []
    assert check_gate(found, Gate(min_gain=2.0), version(3, 53.0)) != []
    assert check_gate(found, Gate(), version(3, 54.3)) == []
    assert check_gate(found, Gate(min_average=float("nan"))) != []


def test_rival_is_another_model_on_the_same_data() -> None:
    found = evaluation({"en": 50.0})
    assert rival_of(found, None) is None
    assert rival_of(found, version(1, 40.0, data="d2")) is None
    assert rival_of(found, version(1, 40.0, target="t")) is None
    assert rival_of(found, version(1, 40.0)) == version(1, 40.0)


def test_best_and_kept() -> None:
    versions = [version(1, 50.0), version(2, 60.0), version(3, 60.0), version(4, 90.0, data="d2")]
    assert best_of(versions, "d1").number == 3
    assert is_kept(version(1, 50.0, data="d2"), version(2, 60.0, target="t"))
    assert not is_kept(version(1, 50.0, data="d2"), version(2, 60.0))
    assert not is_kept(version(1, 50.0), version(2, 60.0, target="t"))


META: dict[str, Any] = {
    "task": "xnli",
    "tasks": ["mnli"],
    "selects_on": "xnli",
    "training": {"max_lengths": [128]},
    "config": {"data": "files", "seed": 3},
    "versions": {"torch": "2.13.0"},
}


def card(meta: Mapping[str, Any] = META, steps: tuple[tuple[str, str], ...] = (("target", "xnli"),)) -> str:
    """A card for XNLI."""
    scores = scores_of({"sw": 41.04, "en": 80.0})
    lineage = Lineage("acme/encoder", steps)
    runs = {"target": "t1", "evaluate": "e1"}
    return model_card("my-model", meta, scores, lineage, average=60.52, worst="sw 41.0", runs=runs)


def test_card() -> None:
    text = card(steps=(("intermediate", "squad_v1,hellaswag"), ("target", "xnli")))
    assert "| English (en) | 100 | 80.0 |\n| Swahili (sw) | 100 | 41.0 |" in text
    for part in ("acme/encoder", "squad_v1, hellaswag", "up to 128 at once", "seed 3", "torch 2.13.0", "`e1`"):
        assert part in text
    assert "transfer gap 39.0" in text
    assert "intermediate (squad_v1,hellaswag) -> target (xnli)" in text
    assert 'load_model("models:/my-model@champion")' in text
    assert "demo" not in text
    assert "\n\n\n" not in text


def test_card_of_a_target_after_another_one() -> None:
    meta = {**META, "task": "xcopa", "tasks": ["copa"], "selects_on": "copa"}
    text = card(meta, (("target", "social_iqa"), ("target", "xcopa")))
    assert "with the head of social_iqa and without intermediate training" in text
    assert "English training sets of social_iqa, copa" in text
    assert "| Social IQa |" in text


def test_card_without_intermediate_training_and_on_demo_data() -> None:
    text = card({**META, "config": {"data": "demo", "seed": 0}, "training": {}})
    assert "without intermediate training" in text
    assert "**Built-in demo data**" in text
    assert "a limited number of" in text


def test_card_fits_the_description() -> None:
    assert brief(card()) == card()
    long = brief("row of the table\n" * 1000)
    assert len(long) <= 5000
    assert "model_card.md" in long
