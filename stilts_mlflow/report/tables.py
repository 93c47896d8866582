"""Tables: conditions side by side, per target and language, with the difference to no intermediate training.

    comparison = Comparison((Condition("none", scores, runs), Condition("mnli", others, other_runs)))
    for table in (overview(comparison), *metric_tables(comparison, comparison.targets())): ...

English comes first, then the codes in alphabetical order. A cell that nobody scored is None, and averages are over
the languages that every condition has, so that a missing language cannot pass for a gain.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stilts_mlflow.errors import InputError
from stilts_mlflow.scores import (
    PIVOT,
    Score,
    by_language,
    in_order,
    language_scores,
    mean_over_languages,
    transfer_gap,
    zero_shot_mean,
)
from stilts_mlflow.tasks.tables import TASKS

Chance = Mapping[tuple[str, str, str], float]
"""Chance level (points) of (task, metric, language)."""
MISSING = "\u2013"
MINUS = "\u2212"


@dataclass(frozen=True)
class Condition:
    """One way to get from the pretrained encoder to the targets.

    `scores`: of all targets and languages, one run a target and split. `runs`: what -> MLflow run id.
    """

    name: str
    scores: Sequence[Score]
    runs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Conditions in the order of the columns; differences are to the condition `baseline`, where there is one.

    Raises InputError without conditions or scores of `split`, and when a name comes twice.
    """

    conditions: Sequence[Condition]
    baseline: str = "none"
    split: str = "test"

    def __post_init__(self) -> None:
        names = [condition.name for condition in self.conditions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"report: two conditions are called {', '.join(twice)}")
        if not any(self.scores(condition) for condition in self.conditions):
            raise InputError(f"report: none of {len(names)} conditions has a score of split {self.split!r}")

    def scores(self, condition: Condition) -> list[Score]:
        """Scores of the split that is compared."""
        return [score for score in condition.scores if score.split == self.split]

    def with_intermediate(self) -> list[Condition]:
        """Conditions that are compared with the baseline; none when the baseline is not there."""
        others = [condition for condition in self.conditions if condition.name != self.baseline]
        return others if len(others) < len(self.conditions) else []

    def metrics(self) -> dict[str, list[str]]:
        """Task -> its metrics, both in the order in which they came."""
        found: dict[str, list[str]] = {}
        for score in (score for condition in self.conditions for score in self.scores(condition)):
            metrics = found.setdefault(score.task, [])
            if score.metric not in metrics:
                metrics.append(score.metric)
        return found

    def targets(self) -> list[str]:
        """Tasks that were fine-tuned on."""
        return [task for task in self.metrics() if not is_retrieval(task)]

    def retrievals(self) -> list[str]:
        """Tasks that use the encoder without training."""
        return [task for task in self.metrics() if is_retrieval(task)]


@dataclass(frozen=True)
class Column:
    """Head of a column of numbers."""

    name: str
    kind: Literal["value", "difference", "chance"]


@dataclass(frozen=True)
class Row:
    """One cell a column; None where there is no figure."""

    label: str
    cells: tuple[float | None, ...]
    is_average: bool = False


@dataclass(frozen=True)
class Table:
    """`head` stands above the labels of the rows; `note` says what the averages leave out."""

    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""

    def lines(self) -> list[list[str]]:
        """The rows as text: label, then the cells with one decimal, differences with their sign."""
        return [
            [row.label, *(shown(cell, column.kind) for cell, column in zip(row.cells, self.columns, strict=True))]
            for row in self.rows
        ]


def shown(value: float | None, kind: str) -> str:
    """A number as tables and figures print it."""
    if value is None:
        return MISSING
    text = f"{value:+.1f}" if kind == "difference" else f"{value:.1f}"
    return text.replace("+0.0", "0.0").replace("-0.0", "0.0").replace("-", MINUS)


def is_retrieval(task: str) -> bool:
    """Is it sentence retrieval, without a target run?"""
    return task in TASKS and TASKS[task].type == "sentence_retrieval"


def title_of(task: str) -> str:
    """Name with the title of its row, for headings."""
    return f"{task}: {TASKS[task].title}" if task in TASKS and TASKS[task].title else task


def overview(comparison: Comparison) -> Table:
    """XTREME's task score per target and retrieval task, and its mean over those that every condition has."""
    values = {c.name: {} for c in comparison.conditions}  # type: dict[str, dict[str, float]]
    notes = []
    for task in comparison.metrics():
        cells = {c.name: headline(comparison, c, task) for c in comparison.conditions}
        shared, note = _shared(cells)
        notes += [f"{task}: {note}"] if note else []
        for name, by_code in cells.items():
            kept = [by_code[language] for language in shared if language in by_code]
            if kept:
                values[name][task] = sum(kept) / len(kept)
    tasks, without = _shared(values, sort=False)
    rows = [_row(comparison, task, {name: value.get(task) for name, value in values.items()}) for task in comparison.metrics()]
    if tasks:
        means = {name: sum(value[task] for task in tasks) / len(tasks) for name, value in values.items()}
        rows.append(_row(comparison, f"mean of {len(tasks)} tasks", dict(means), is_average=True))
    return Table("Overview", "task", columns(comparison), tuple(rows), "; ".join([*notes, *([without] if without else [])]))
