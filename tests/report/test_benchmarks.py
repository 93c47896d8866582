"""XTREME in the report: scores of complete tasks, the average or what it lacks, families and gaps, in every form."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from stilts_mlflow.benchmark import METRICS_OF, XTREME
from stilts_mlflow.report.benchmarks import benchmark_metrics, benchmark_tables
from stilts_mlflow.report.comparison import Comparison, Condition
from stilts_mlflow.report.terminal import print_comparison
from tests.report.test_document import write
from tests.report.test_tables import MNLI, NONE, condition, rows


def whole(name: str, points: float, without: tuple[str, str] = ("", "")) -> Condition:
    """Everything that XTREME asks for has these points; English has ten more."""
    cells: dict[tuple[str, str], dict[str, float]] = {
        (task, metric): {
            code: points + 10 * (code == "en") for code in XTREME.languages[task] if (task, code) != without
        }
        for task in XTREME.tasks
        for metric in METRICS_OF[task]
    }
    return condition(name, cells)


def test_average_and_groups() -> None:
    tables = benchmark_tables(Comparison((whole("none", 40), whole("mnli", 50))))
    assert [table.title for table in tables] == [
        "XTREME: the benchmark's task and group scores", "By language family", "By script", "Transfer gaps"
    ]  # fmt: skip
    found = rows(tables[0])
    # Retrieval has no English; xnli has one of 15 languages ten points up.
    assert found["tatoeba"] == found["retrieval"] == (40, 50, 10)
    assert found["xnli"] == pytest.approx((40 + 10 / 15, 50 + 10 / 15, 10))
    # pawsx and mlqa 1/7, xnli 1/15, udpos 1/33, panx 1/40, xquad 1/11, tydiqa 1/9 of ten points, over nine tasks.
    more = 10 * (2 / 7 + 1 / 15 + 1 / 33 + 1 / 40 + 1 / 11 + 1 / 9) / 9
    assert found["average of 9"] == pytest.approx((40 + more, 50 + more, 10))
    assert tables[0].remarks == ()
    assert rows(tables[1])["IE:Germanic (af de nl)"] == pytest.approx((40, 50, 10))  # without English
    assert rows(tables[3])["xnli (14 languages)"] == pytest.approx((10, 10, 0))
    assert not any(row.is_lower_better for table in tables[:3] for row in table.rows)
    assert all(row.is_lower_better for row in tables[3].rows)


def test_metrics_are_the_complete_ones() -> None:
    comparison = Comparison((whole("none", 40), whole("mnli", 50, without=("xnli", "sw"))))
    metrics = benchmark_metrics(comparison)
    assert metrics["benchmark/xtreme/tatoeba/none"] == pytest.approx(40)
    assert "benchmark/xtreme/average/none" in metrics
    assert "benchmark/xtreme/average/mnli" not in metrics
    assert "benchmark/xtreme/classification/mnli" not in metrics
    assert metrics["benchmark/xtreme/qa/mnli"] > 50
    assert not [name for name in metrics if name.startswith("benchmark/xtreme_r/average")]


def test_what_is_missing_stands_where_the_average_would() -> None:
    conditions = (whole("none", 40), whole("mnli", 50, without=("xnli", "sw")))
    table = benchmark_tables(Comparison(conditions))[0]
    assert rows(table)["average of 9"][1] is None
    sentence = "No average for mnli: xnli: accuracy is missing in 1 of 15 languages (sw)."
    beside = (
        "The mean of what is there is over all 9 tasks, but over 161 of the 162 pairs of task and language: not "
        "comparable with XTREME's figures."
    )
    assert table.remarks == (sentence, beside)
    assert rows(table)["mean of what is there"][1] == pytest.approx(50, abs=1)


def test_every_form_of_the_report_has_the_benchmarks(tmp_path: Path) -> None:
    markdown, html = write(tmp_path, NONE, MNLI)
    screen = io.StringIO()
    print_comparison(Comparison((NONE, MNLI)), Console(file=screen, width=500))
    for text in (markdown, html, screen.getvalue()):
        assert "No average for none: pawsx: not scored" in text
        assert "By language family" in text


def test_a_few_tasks_have_no_average() -> None:
    tables = benchmark_tables(Comparison((NONE, MNLI)))
    assert set(rows(tables[0])["average of 9"]) == {None}
    assert len(tables[0].remarks) == 2  # the conditions lack different things
    assert "panx: not scored" in tables[0].remarks[0]
    # Families only over what both conditions have: xnli/de and tatoeba/de.
    assert list(rows(tables[1])) == ["IE:Germanic (de)"]
    assert rows(tables[1])["IE:Germanic (de)"] == (50, 71.5, 21.5)


def test_xtreme_r_comes_with_a_task_of_its_own() -> None:
    r = condition("none", {("xcopa", "accuracy"): {"sw": 60.0}})
    titles = [table.title for table in benchmark_tables(Comparison((r,)))]
    assert titles[0].startswith("XTREME-R")


def test_tasks_of_no_benchmark_have_no_tables() -> None:
    assert benchmark_tables(Comparison((condition("none", {("mnli", "accuracy"): {"en": 60.0}}),))) == []
