"""Comparison and tables: cells, differences, averages, and what is missing."""

import io

import pytest
from rich.console import Console

from stilts_mlflow.errors import InputError
from stilts_mlflow.report.comparison import Comparison, Condition
from stilts_mlflow.report.heatmap import panels
from stilts_mlflow.report.tables import Row, Table, metric_tables, overview, shown
from stilts_mlflow.report.terminal import print_comparison
from stilts_mlflow.scores import Score


def condition(name: str, cells: dict[tuple[str, str], dict[str, float]], split: str = "test") -> Condition:
    """Condition with `{(task, metric): {language: points}}`."""
    return Condition(
        name,
        [
            Score(f"run-{name}", task, language, split, metric, value, 10)
            for (task, metric), values in cells.items()
            for language, value in values.items()
        ],
        {f"target/{name}": f"run-{name}"},
    )


NONE = condition(
    "none",
    {
        ("xnli", "accuracy"): {"zh": 60.0, "en": 80.0, "de": 70.0},
        ("xquad", "f1"): {"en": 60.0},
        ("xquad", "exact_match"): {"en": 40.0},
        ("tatoeba", "accuracy"): {"de": 30.0},
    },
)
MNLI = condition(
    "mnli",
    {
        ("xnli", "accuracy"): {"en": 84.0, "de": 73.0},  # no zh
        ("xquad", "f1"): {"en": 61.0},
        ("xquad", "exact_match"): {"en": 43.0},
        ("tatoeba", "accuracy"): {"de": 70.0},
    },
)


def rows(table: Table) -> dict[str, tuple[float | None, ...]]:
    """Cells by label."""
    return {row.label: row.cells for row in table.rows}


def test_metric_table() -> None:
    comparison = Comparison((NONE, MNLI))
    assert comparison.targets() == ["xnli", "xquad"]
    assert comparison.retrievals() == ["tatoeba"]
    (table,) = metric_tables(comparison, ["xnli"])
    assert [column.name for column in table.columns] == ["none", "mnli", "mnli \u2212 none"]
    assert [row.label for row in table.rows[:3]] == ["en", "de", "zh"]
    assert rows(table) == {
        "en": (80, 84, 4),
        "de": (70, 73, 3),
        "zh": (60, None, None),
        # Over English and German, which both have: zh would pass for a gain of the one that lacks it.
        "mean of 2 languages": (75, 78.5, 3.5),
        "zero-shot mean": (70, 73, 3),
        "transfer gap": (10, 11, 1),
    }
    assert table.note == "mnli has no zh"


def test_overview() -> None:
    table = overview(Comparison((NONE, MNLI)))
    assert rows(table) == {
        "xnli": (75, 78.5, 3.5),
        "xquad": (50, 52, 2),  # mean of F1 and exact match
        "tatoeba": (30, 70, 40),
        "mean of 3 tasks": (pytest.approx(155 / 3), pytest.approx(200.5 / 3), pytest.approx(45.5 / 3)),
    }
    assert table.note == "xnli: mnli has no zh"


def test_a_task_that_a_condition_lacks() -> None:
    lacks = condition("qqp", {("xnli", "accuracy"): {"en": 81.0, "de": 71.0, "zh": 61.0}})
    table = overview(Comparison((NONE, lacks)))
    assert rows(table)["xnli"] == (70, 71, 1)
    assert rows(table)["xquad"] == (50, None, None)
    assert not any(row.is_average for row in table.rows)  # one shared task has no mean of its own
    assert "xquad: qqp has no score" in table.note


def test_chance_column() -> None:
    levels = {("xnli", "accuracy", "en"): 33.3, ("xnli", "accuracy", "de"): 35.3}
    (table,) = metric_tables(Comparison((NONE, MNLI)), ["xnli"], levels)
    assert table.columns[-1].kind == "chance"
    found = {label: cells[-1] for label, cells in rows(table).items()}
    assert found["en"] == 33.3
    assert found["zh"] is None
    assert found["mean of 2 languages"] == pytest.approx(34.3)
    assert found["zero-shot mean"] == 35.3
    assert found["transfer gap"] is None


def test_one_condition_and_no_baseline() -> None:
    for conditions in ((NONE,), (MNLI,), (MNLI, condition("qqp", {("xnli", "accuracy"): {"en": 1.0}}))):
        comparison = Comparison(conditions)
        kinds = {column.kind for column in overview(comparison).columns}
        assert kinds == {"value"}
        assert {panel.kind for panel in panels(comparison)} == {"value"}


def test_only_one_split_counts() -> None:
    both = Condition("none", [*NONE.scores, *condition("none", {("xnli", "accuracy"): {"en": 1.0}}, "dev").scores])
    (table,) = metric_tables(Comparison((both,)), ["xnli"])
    assert rows(table)["en"] == (80,)
    (table,) = metric_tables(Comparison((both,), split="dev"), ["xnli"])
    assert rows(table) == {"en": (1,), "mean of 1 language": (1,)}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ((), "no scores of split 'test' in 0 conditions"),
        ((Condition("none", []),), "no scores"),
        ((NONE, NONE), "two conditions are called none"),
        ((Condition("a", [*NONE.scores, *condition("b", {("xnli", "accuracy"): {"en": 1.0}}).scores]),), "two values"),
    ],
)
def test_comparison_refuses(conditions: tuple[Condition, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Comparison(conditions)


def test_numbers() -> None:
    assert shown(None, "value") == "\u2013"
    assert shown(-0.04, "difference") == "0.0"
    assert shown(0.06, "difference") == "+0.1"
    assert shown(-12.34, "difference") == "\u221212.3"
    assert shown(100.0, "value") == "100.0"


def test_trend() -> None:
    row = Row("en", ())
    assert [row.trend(cell, "difference") for cell in (1.0, -1.0, 0.01, None)] == ["better", "worse", "", ""]
    assert row.trend(1.0, "value") == ""
    (table,) = metric_tables(Comparison((NONE, MNLI)), ["xnli"])
    assert table.rows[-1].trend(1.0, "difference") == "worse"  # a transfer gap that grows


def test_heat_map_agrees_with_the_overview() -> None:
    comparison = Comparison((NONE, MNLI))
    (panel,) = panels(comparison)
    assert panel.languages == ("en", "de", "zh", "mean")
    assert panel.tasks == ("xnli", "xquad", "tatoeba")
    assert str(panel.values[0].tolist()) == "[4.0, 3.0, nan, 3.5]"
    assert panel.values[:, -1].tolist() == [cells[-1] for cells in list(rows(overview(comparison)).values())[:3]]


def test_terminal_prints_names_as_they_are() -> None:
    stream = io.StringIO()
    odd = condition("[red]qqp", {("xnli", "accuracy"): {"en": 90.0}})
    print_comparison(Comparison((NONE, odd)), Console(file=stream, width=120))
    assert "[red]qqp" in stream.getvalue()
    assert "+10.0" in stream.getvalue()


def test_what_was_tuned_on_the_test_set_is_named_and_stays_out_of_the_mean() -> None:
    cells = {
        ("bucc2018", "oracle_mining_f1"): {"ru": 70.0},
        ("tatoeba", "accuracy"): {"de": 80.0},
        ("xnli", "accuracy"): {"en": 60.0},
    }
    table = overview(Comparison((condition("none", cells),)))
    assert rows(table) == {
        "bucc2018 (oracle)": (70.0,),
        "tatoeba": (80.0,),
        "xnli": (60.0,),
        "mean of 2 tasks": (70.0,),
    }
    assert table.note == "bucc2018 is tuned on the test set itself and not in the mean"
