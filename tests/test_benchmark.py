"""XTREME's and XTREME-R's scores: golden figures worked out by hand, and what is missing."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.benchmark import (
    BENCHMARKS,
    METRICS_OF,
    XTREME,
    XTREME_R,
    Benchmark,
    figures,
    grouped,
    mean_of_cells,
    result_of,
    spelled_out,
    task_result,
)
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.scores import Score
from stilts_mlflow.tasks.tables import TASKS


def complete(benchmark: Benchmark, points: Mapping[str, float]) -> list[Score]:
    """Every metric of every task in all its languages has the points of its task."""
    return [
        Score("run", task, code, "test", metric, points[task], 10)
        for task in benchmark.tasks
        for metric in METRICS_OF[task]
        for code in benchmark.languages[task]
    ]


POINTS = {task: 10.0 * (i + 1) for i, task in enumerate(XTREME.tasks)}


def test_sizes_are_those_of_the_papers() -> None:
    counted = {name: {task: len(codes) for task, codes in one.languages.items()} for name, one in BENCHMARKS.items()}
    shared = {"xnli": 15, "mlqa": 7, "tydiqa": 9}
    assert counted["xtreme"] == shared | {
        "pawsx": 7, "udpos": 33, "panx": 40, "xquad": 11, "bucc2018": 4, "tatoeba": 36
    }  # fmt: skip
    assert counted["xtreme_r"] == shared | {
        "xcopa": 11, "udpos": 38, "panx": 48, "xquad": 12, "tatoeba": 41, "mewslix": 11, "lareqa": 11
    }  # fmt: skip


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=lambda one: one.name)
def test_tables_fit_together(benchmark: Benchmark) -> None:
    assert sorted(benchmark.tasks) == sorted(benchmark.languages)
    assert set(benchmark.tasks) <= set(METRICS_OF)
    for task, codes in benchmark.languages.items():
        assert len(set(codes)) == len(codes)
        if task in TASKS:
            assert set(METRICS_OF[task]) <= set(TASKS[task].metrics)
            assert (TASKS[task].type == "sentence_retrieval") == (task in benchmark.groups["retrieval"])


def test_xtreme_r_extends_xtreme() -> None:
    for task in set(XTREME.tasks) & set(XTREME_R.tasks):
        assert set(XTREME.languages[task]) <= set(XTREME_R.languages[task])
    assert set(XTREME.tasks) - set(XTREME_R.tasks) == {"pawsx", "bucc2018"}


def test_average_of_nine() -> None:
    # pawsx 10, xnli 20 | udpos 30, panx 40 | xquad 50, mlqa 60, tydiqa 70 | bucc2018 80, tatoeba 90
    result = result_of(complete(XTREME, POINTS), XTREME)
    assert result.tasks == POINTS
    assert result.groups == {"classification": 15, "tagging": 35, "qa": 60, "retrieval": 85}
    assert result.average == 50  # (10 + ... + 90) / 9; not the mean of the groups, which is 48.75
    assert result.missing == ()


def test_questions_count_as_the_mean_of_both_averages() -> None:
    scores = [
        replace(one, value=one.value + (20 if one.metric == "f1" else 0)) if one.task == "xquad" else one
        for one in complete(XTREME, POINTS)
    ]
    scores = [replace(one, value=92.0) if (one.task, one.metric, one.language) == ("xquad", "f1", "en") else one
              for one in scores]  # fmt: skip
    # EM 50 everywhere; F1 70 in ten languages, 92 in English: 72 on average; (50 + 72) / 2.
    assert task_result(scores, XTREME, "xquad") == pytest.approx(61)


def test_one_language_less_and_there_is_no_average() -> None:
    scores = [one for one in complete(XTREME, POINTS) if (one.task, one.language) != ("xnli", "sw")]
    result = result_of(scores, XTREME)
    assert result.average is None
    assert "xnli" not in result.tasks
    assert result.groups == {"tagging": 35, "qa": 60, "retrieval": 85}
    assert result.missing == ("xnli: accuracy is missing in 1 of 15 languages (sw)",)


def test_one_metric_less_is_told() -> None:
    scores = [one for one in complete(XTREME, POINTS) if one.metric != "mlqa_f1"]
    with pytest.raises(InputError, match=r"mlqa: mlqa_f1 is missing in 7 of 7 languages \(en, es, de"):
        task_result(scores, XTREME, "mlqa")


def test_what_else_is_scored_does_not_count() -> None:
    scores = complete(XTREME, POINTS)
    others = [
        Score("run", "xnli", "ko", "test", "accuracy", 99.0, 10),  # KorNLI's language
        Score("run", "udpos", "en", "test", "token_accuracy", 99.0, 10),
        Score("run", "mnli", "en", "test", "accuracy", 99.0, 10),
    ]
    assert result_of([*scores, *others], XTREME) == result_of(scores, XTREME)
    # XTREME-R needs more languages of the same tasks, and other tasks.
    missing = result_of(scores, XTREME_R).missing
    assert "panx: span_f1 is missing in 8 of 48 languages (qu, pl, uk, az, lt, pa, gu, ro)" in missing
    assert "lareqa: not scored" in missing
    assert len(missing) == 7  # xcopa, udpos, panx, xquad, tatoeba, mewslix, lareqa


def test_xtreme_r_has_an_average_over_its_ten() -> None:
    points = {task: 5.0 * (i + 1) for i, task in enumerate(XTREME_R.tasks)}
    result = result_of(complete(XTREME_R, points), XTREME_R)
    assert result.average == pytest.approx(27.5)  # (5 + 10 + ... + 50) / 10
    assert set(result.groups) == {"classification", "tagging", "qa", "retrieval"}


def test_two_values_of_one_language_are_an_error() -> None:
    scores = [*complete(XTREME, POINTS), Score("other", "xnli", "sw", "test", "accuracy", 3.0, 10)]
    with pytest.raises(InputError, match="xnli/sw: two values of accuracy"):
        task_result(scores, XTREME, "xnli")
    with pytest.raises(InputError, match="XTREME has no task 'xcopa'"):
        task_result(scores, XTREME, "xcopa")


def test_words_stand_for_tasks() -> None:
    known = {"xnli", "pawsx", "xquad", "tatoeba", "bucc2018", "xcopa"}
    assert spelled_out("xtreme", known, retrieval=False) == "pawsx,xnli,xquad"
    assert spelled_out("xtreme", known, retrieval=True) == "bucc2018,tatoeba"
    assert spelled_out(" xquad , xtreme ,xtreme_r,foo", known) == "xquad,pawsx,xnli,bucc2018,tatoeba,xcopa,foo"
    assert spelled_out("xnli,xnli", known) == "xnli,xnli"  # for pick to complain


def test_families_leave_english_out() -> None:
    cells = [("xnli", "en"), ("xnli", "de"), ("xnli", "fr"), ("panx", "de"), ("mlqa", "de-en")]
    assert grouped(cells, "family") == {
        "IE:Germanic": [("xnli", "de"), ("panx", "de")],
        "IE:Romance": [("xnli", "fr")],
    }
    values = {("xnli", "de"): 60.0, ("xnli", "nl"): 80.0, ("panx", "de"): 40.0}
    # xnli (60 + 80) / 2 = 70, panx 40: 55. The plain mean of the cells would be 60.
    assert mean_of_cells(values, list(values)) == 55


def test_figures_need_every_metric() -> None:
    scores = [
        Score("run", "xquad", code, "test", metric, value, 10)
        for code, metric, value in (("en", "f1", 80.0), ("en", "exact_match", 60.0), ("de", "f1", 70.0))
    ]
    assert figures(scores, "xquad") == {"en": 70}


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_average_is_the_mean_of_means(data: st.DataObject) -> None:
    """Against a direct transcription of the official loops."""
    scores = [replace(one, value=data.draw(st.floats(0, 100))) for one in complete(XTREME, POINTS)[::9]]
    by_cell = {(one.task, one.metric, one.language): one.value for one in scores}
    every = [replace(one, value=by_cell.get((one.task, one.metric, one.language), 50.0))
             for one in complete(XTREME, POINTS)]  # fmt: skip
    values = {(one.task, one.metric, one.language): one.value for one in every}
    total = 0.0
    for task, languages in XTREME.languages.items():
        averages = [sum(values[task, metric, code] for code in languages) / len(languages)
                    for metric in METRICS_OF[task]]  # fmt: skip
        total += sum(averages) / len(averages)
    average = result_of(every, XTREME).average
    assert average == pytest.approx(total / 9, abs=1e-9)


def test_known_languages_have_a_family_and_a_script() -> None:
    codes = {code for one in BENCHMARKS.values() for each in one.languages.values() for code in each}
    assert not codes - set(LANGUAGES)


def test_a_mean_of_what_is_there_when_no_task_is_missing_as_a_whole() -> None:
    scores = complete(XTREME, POINTS)
    assert result_of(scores, XTREME).partial is None  # then there is the real one
    assert result_of(scores, XTREME).cells == (162, 162)
    less = [score for score in scores if score.task != "bucc2018" or score.language == "zh"]
    result = result_of(less, XTREME)
    assert result.average is None
    assert result.partial == pytest.approx(50.0, abs=1e-12)  # 10, 20, ... 90: no task's mean has changed
    assert result.cells == (159, 162)
    assert result_of([score for score in less if score.task != "bucc2018"], XTREME).partial is None
