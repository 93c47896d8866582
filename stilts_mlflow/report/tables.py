"""Tables: conditions side by side, per target and language, with the difference to no intermediate training.

    for table in (overview(comparison), *metric_tables(comparison, comparison.targets())):
        print(table.title, table.lines())

English comes first, then the codes in alphabetical order. A cell that nobody scored is None, and averages are over
the languages that every condition has, so that a missing language cannot pass for a gain.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.metrics import METRICS
from stilts_mlflow.report.comparison import Comparison, left_out, shared_languages, title_of
from stilts_mlflow.scores import PIVOT, Score, in_order, mean_over_languages, transfer_gap, zero_shot_mean

Chance = Mapping[tuple[str, str, str], float]
"""Chance level (points) of (task, metric, language); see `stilts_mlflow.chance`."""
Average = Callable[[list[Score], str, str], float]
Kind = Literal["value", "difference", "chance"]
Trend = Literal["better", "worse", ""]
MISSING = "\u2013"
MINUS = "\u2212"


@dataclass(frozen=True)
class Column:
    """Head of a column of numbers."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Row:
    """One cell a column; None where there is no figure."""

    label: str
    cells: tuple[float | None, ...]
    is_average: bool = False
    is_lower_better: bool = False

    def trend(self, cell: float | None, kind: Kind) -> Trend:
        """What a difference says; empty for other columns, and where one decimal shows no difference."""
        if kind != "difference" or cell is None or round(cell, 1) == 0:
            return ""
        return "worse" if (cell < 0) != self.is_lower_better else "better"


@dataclass(frozen=True)
class Table:
    """`head` stands above the labels of the rows; `note` says what the averages leave out, `remarks` anything else."""

    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[list[str]]:
        """The rows as text: label, then one string a column."""
        return [
            [row.label, *(shown(cell, column.kind) for cell, column in zip(row.cells, self.columns, strict=True))]
            for row in self.rows
        ]


def shown(value: float | None, kind: Kind) -> str:
    """A number as tables and figures print it: one decimal, differences with their sign."""
    if value is None:
        return MISSING
    value = round(value, 1) + 0.0  # no negative zero
    return (f"{value:+.1f}" if kind == "difference" and value else f"{value:.1f}").replace("-", MINUS)


@dataclass(frozen=True)
class Grid:
    """The columns of a comparison: values, differences to the baseline, and chance where it is known."""

    comparison: Comparison
    has_chance: bool = False
    is_lower_better: bool = False

    def columns(self) -> tuple[Column, ...]:
        """Heads of the columns."""
        values = [Column(condition.name, "value") for condition in self.comparison.conditions]
        base = self.comparison.baseline
        differences = [Column(f"{c.name} {MINUS} {base}", "difference") for c in self.comparison.others()]
        return (*values, *differences, *([Column("chance", "chance")] if self.has_chance else []))

    def row(
        self,
        label: str,
        values: Mapping[str, float | None],
        level: float | None = None,
        is_average: bool = False,
        is_gap: bool = False,
    ) -> Row:
        """Cells of `values` (points by condition), their differences, and the chance level."""
        base = values.get(self.comparison.baseline)
        cells = [values.get(condition.name) for condition in self.comparison.conditions]
        for condition in self.comparison.others():
            value = values.get(condition.name)
            cells.append(None if value is None or base is None else value - base)
        is_lower_better = self.is_lower_better != is_gap  # a small gap is good; of perplexities, a large one
        return Row(label, (*cells, *([level] if self.has_chance else [])), is_average, is_lower_better)


def overview(comparison: Comparison) -> Table:
    """XTREME's task score of every target and retrieval task, and its mean over the tasks that every condition has."""
    grid, tasks, notes = Grid(comparison), list(comparison.metrics()), []
    scores: dict[str, dict[str, float]] = {condition.name: {} for condition in comparison.conditions}
    for task in tasks:
        cells = {condition.name: comparison.headline(condition, task) for condition in comparison.conditions}
        languages, note = shared_languages(cells), left_out(cells)
        notes += [f"{task}: {note}"] if note else []
        for name, values in cells.items():
            if values and languages:
                scores[name][task] = mean(values[language] for language in languages)
    oracle = {task for task, metrics in comparison.metrics().items() if is_oracle(metrics)}
    labels = {task: f"{task} (oracle)" if task in oracle else task for task in tasks}
    rows = [grid.row(labels[task], {name: found.get(task) for name, found in scores.items()}) for task in tasks]
    shared = [task for task in tasks if task not in oracle and all(task in found for found in scores.values())]
    notes += [f"{task} is tuned on the test set itself and not in the mean" for task in sorted(oracle)]
    if len(shared) > 1:
        means = {name: mean(found[task] for task in shared) for name, found in scores.items()}
        rows.append(grid.row(f"mean of {len(shared)} tasks", means, is_average=True))
    return Table("Overview", "task", grid.columns(), tuple(rows), "; ".join(notes))


def is_oracle(metrics: Iterable[str]) -> bool:
    """Whether all that is known of a task was tuned on the data that it scores."""
    return all(metric.startswith("oracle_") for metric in metrics)


def metric_tables(comparison: Comparison, tasks: Iterable[str], chance: Chance | None = None) -> list[Table]:
    """One table a task and metric."""
    metrics = comparison.metrics()
    return [metric_table(comparison, task, metric, chance or {}) for task in tasks for metric in metrics[task]]


def metric_table(comparison: Comparison, task: str, metric: str, chance: Chance) -> Table:
    """Every language, the mean, the mean without English, and the transfer gap (XTREME: English minus the others)."""
    cells = {condition.name: comparison.values(condition, task, metric) for condition in comparison.conditions}
    languages = in_order({language for values in cells.values() for language in values})
    levels = {language: chance[key] for language in languages if (key := (task, metric, language)) in chance}
    grid = Grid(comparison, bool(levels), metric in METRICS and not METRICS[metric].higher_is_better)
    rows = [
        grid.row(code, {name: values.get(code) for name, values in cells.items()}, levels.get(code))
        for code in languages
    ]
    rows += _averages(grid, task, metric, shared_languages(cells), levels)
    return Table(f"{title_of(task)} ({metric})", "language", grid.columns(), tuple(rows), left_out(cells))


def _averages(grid: Grid, task: str, metric: str, languages: list[str], levels: Mapping[str, float]) -> list[Row]:
    """Rows over `languages`; the gap has no chance level."""
    if not languages:
        return []
    others = [language for language in languages if language != PIVOT]
    plural = "languages" if len(languages) > 1 else "language"
    kept: dict[str, list[Score]] = {}
    for condition in grid.comparison.conditions:
        mine = [s for s in grid.comparison.scores(condition) if (s.task, s.metric) == (task, metric)]
        kept |= {condition.name: [s for s in mine if s.language in languages]} if mine else {}

    def row(label: str, average: Average, level: float | None, is_gap: bool = False) -> Row:
        return grid.row(label, {n: average(s, task, metric) for n, s in kept.items()}, level, True, is_gap)

    rows = [row(f"mean of {len(languages)} {plural}", mean_over_languages, _level(levels, languages))]
    if others and PIVOT in languages:
        rows.append(row("zero-shot mean", zero_shot_mean, _level(levels, others)))
        rows.append(row("transfer gap", transfer_gap, None, is_gap=True))
    return rows


def _level(levels: Mapping[str, float], languages: list[str]) -> float | None:
    """Mean chance level where it is known for all of them."""
    return mean(levels[code] for code in languages) if all(code in levels for code in languages) else None


def mean(values: Iterable[float]) -> float:
    """Plain mean of at least one value."""
    values = list(values)
    return math.fsum(values) / len(values)
