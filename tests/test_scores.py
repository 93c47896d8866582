"""Scores: the record, its file, and XTREME's averages on figures worked out by hand."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.errors import InputError
from stilts_mlflow.scores import (
    Score,
    by_language,
    from_rows,
    headline_metrics,
    in_order,
    language_scores,
    mean_over_languages,
    metric_key,
    read_jsonl,
    task_score,
    to_rows,
    transfer_gap,
    worst_language,
    write_jsonl,
    zero_shot_mean,
)


def scores(task: str, metric: str, values: dict[str, float]) -> list[Score]:
    """One Score a language."""
    return [Score("run", task, language, "test", metric, value, 10) for language, value in values.items()]


XNLI = scores("xnli", "accuracy", {"sw": 60.0, "en": 90.0, "de": 80.0})
XQUAD = [
    *scores("xquad", "f1", {"en": 80.0, "de": 70.0}),
    *scores("xquad", "exact_match", {"en": 60.0, "de": 50.0}),
]


def test_averages() -> None:
    assert mean_over_languages(XNLI, "xnli", "accuracy") == pytest.approx(230 / 3)  # English included
    assert zero_shot_mean(XNLI, "xnli", "accuracy") == 70
    assert transfer_gap(XNLI, "xnli", "accuracy") == 20  # 90 - (60 + 80) / 2
    assert worst_language(XNLI, "xnli", "accuracy") == ("sw", 60)
    assert worst_language(scores("mlm", "perplexity", {"en": 5.0, "sw": 40.0}), "mlm", "perplexity") == ("sw", 40)


def test_task_score_follows_xtreme() -> None:
    # (average EM 55 + average F1 75) / 2
    assert task_score(XQUAD, "xquad") == 65
    assert language_scores(XQUAD, "xquad") == {"en": 70, "de": 60}
    assert task_score(XNLI, "xnli") == pytest.approx(230 / 3)
    assert task_score([*XNLI, *XQUAD], "xquad") == 65


@pytest.mark.parametrize(
    ("metrics", "headline"),
    [
        (("token_accuracy", "pos_f1"), ("pos_f1",)),
        (("f1", "exact_match"), ("exact_match", "f1")),
        (("mlqa_f1", "mlqa_exact_match"), ("mlqa_exact_match", "mlqa_f1")),
        (("recall", "precision", "f1"), ("f1",)),  # BUCC
        (("accuracy",), ("accuracy",)),
        (("mrr",), ("mrr",)),
    ],
)
def test_headline_metrics_whatever_the_order(metrics: tuple[str, ...], headline: tuple[str, ...]) -> None:
    for order in (metrics, metrics[::-1]):
        rows = [score for metric in order for score in scores("task", metric, {"en": 1.0})]
        assert headline_metrics(rows, "task") == headline


def test_languages_in_order() -> None:
    assert in_order(["zh", "ar", "en", "zh", "de"]) == ["en", "ar", "de", "zh"]
    assert list(by_language(XNLI, "xnli", "accuracy")) == ["en", "de", "sw"]


def test_metric_key() -> None:
    assert metric_key(XNLI[0]) == "zero_shot/xnli/accuracy/sw"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_only_finite_values(value: float) -> None:
    with pytest.raises(ValueError, match="xnli/sw/test/accuracy"):
        replace(XNLI[0], value=value)


def test_duplicates_raise() -> None:
    with pytest.raises(ValueError, match=r"comes twice: 60\.0 and 61\.0"):
        to_rows([XNLI[0], replace(XNLI[0], value=61.0)])
    # Two runs may stand in one file, but not in one average.
    two_runs = [XNLI[0], replace(XNLI[0], run_id="other")]
    assert len(to_rows(two_runs)) == 2
    with pytest.raises(ValueError, match="two values of accuracy"):
        by_language(two_runs, "xnli", "accuracy")


def test_what_is_missing_raises() -> None:
    english, swahili = [XNLI[1]], [XNLI[0]]
    with pytest.raises(InputError, match="no accuracy but in English"):
        zero_shot_mean(english, "xnli", "accuracy")
    with pytest.raises(InputError, match="no accuracy in English"):
        transfer_gap(swahili, "xnli", "accuracy")
    for call in (mean_over_languages, worst_language):
        with pytest.raises(InputError, match="xnli: no scores of f1"):
            call(XNLI, "xnli", "f1")
    with pytest.raises(InputError, match="pawsx: no scores"):
        task_score(XNLI, "pawsx")


def test_file_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    odd = [replace(XNLI[0], task="tâche\u2028<b>"), *XQUAD]
    write_jsonl(path, odd)
    assert read_jsonl(path) == odd


@pytest.mark.parametrize("text", ["{}", "no json", '{"run_id": 1, "surplus": 2}'])
def test_broken_file_names_itself(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"scores\.jsonl"):
        read_jsonl(path)
    with pytest.raises(InputError, match=r"absent\.jsonl"):
        read_jsonl(tmp_path / "absent.jsonl")


values_by_language = st.dictionaries(
    st.sampled_from(["en", "de", "sw", "zh", "ar"]), st.floats(0, 100, allow_nan=False), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(values_by_language)
def test_rows_and_back(values: dict[str, float]) -> None:
    rows = scores("xnli", "accuracy", values)
    assert from_rows(to_rows(rows)) == rows


@settings(max_examples=60, deadline=None)
@given(values_by_language, st.randoms())
def test_averages_do_not_depend_on_the_order(values: dict[str, float], random: object) -> None:
    rows = scores("xnli", "accuracy", values)
    mean = mean_over_languages(rows, "xnli", "accuracy")
    assert worst_language(rows, "xnli", "accuracy")[1] <= mean + 1e-9
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert mean_over_languages(rows, "xnli", "accuracy") == mean
    if "en" in values and len(values) > 1:
        gap = transfer_gap(rows, "xnli", "accuracy")
        assert gap == pytest.approx(values["en"] - zero_shot_mean(rows, "xnli", "accuracy"))
