"""Comparison: the scores of several conditions, one of them without intermediate training.

Comparison((Condition("none", scores, runs), Condition("mnli", other_scores, other_runs)))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stilts_mlflow.errors import InputError
from stilts_mlflow.scores import Score, by_language, in_order, language_scores
from stilts_mlflow.tasks.tables import TASKS


@dataclass(frozen=True)
class Condition:
    """One way to get from the pretrained encoder to the targets.

    `scores`: of all targets and languages, one value a cell. `runs`: what was done -> MLflow run id.
    """

    name: str
    scores: Sequence[Score]
    runs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Conditions in the order of the columns; differences are to the condition `baseline`, where there is one.

    Only scores of `split` count. Raises InputError when there are none, when a name comes twice, or a cell does.
    """

    conditions: Sequence[Condition]
    baseline: str = "none"
    split: str = "test"

    def __post_init__(self) -> None:
        names = [condition.name for condition in self.conditions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"report: two conditions are called {', '.join(twice)}")
        metrics = self.metrics()
        if not metrics:
            raise InputError(f"report: no scores of split {self.split!r} in {len(names)} conditions")
        for task, name in ((task, name) for task, found in metrics.items() for name in found):
            self._check_cells(task, name)

    def _check_cells(self, task: str, metric: str) -> None:
        for condition in self.conditions:
            try:
                self.values(condition, task, metric)
            except ValueError as error:
                raise InputError(f"report: condition {condition.name!r}: {error}") from error

    def scores(self, condition: Condition) -> list[Score]:
        """Scores of the split that is compared."""
        return [score for score in condition.scores if score.split == self.split]

    def values(self, condition: Condition, task: str, metric: str) -> dict[str, float]:
        """Points by language; empty when the condition has none."""
        return by_language(self.scores(condition), task, metric)

    def headline(self, condition: Condition, task: str) -> dict[str, float]:
        """The one figure a language that XTREME's task score averages; empty when the condition has none."""
        scores = [score for score in self.scores(condition) if score.task == task]
        return language_scores(scores, task) if scores else {}

    def others(self) -> list[Condition]:
        """Conditions to compare with the baseline; none when the baseline is not there."""
        found = [condition for condition in self.conditions if condition.name != self.baseline]
        return found if len(found) < len(self.conditions) else []

    def metrics(self) -> dict[str, list[str]]:
        """Task -> its metrics, both in the order in which they come."""
        found: dict[str, list[str]] = {}
        for score in (score for condition in self.conditions for score in self.scores(condition)):
            metrics = found.setdefault(score.task, [])
            if score.metric not in metrics:
                metrics.append(score.metric)
        return found

    def targets(self) -> list[str]:
        """Tasks with a target run."""
        return [task for task in self.metrics() if not is_retrieval(task)]

    def retrievals(self) -> list[str]:
        """Tasks that use the encoder as it is."""
        return [task for task in self.metrics() if is_retrieval(task)]


def is_retrieval(task: str) -> bool:
    """Is it sentence retrieval, which trains nothing?"""
    return task in TASKS and TASKS[task].type == "sentence_retrieval"


def title_of(task: str) -> str:
    """Name, and the title of its row where there is one."""
    return f"{task}: {TASKS[task].title}" if task in TASKS and TASKS[task].title else task


def shared_languages(cells: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Languages that every condition has which has any, in order: averages over these can be compared."""
    scored = [set(values) for values in cells.values() if values]
    return in_order(set.intersection(*scored)) if scored else []


def left_out(cells: Mapping[str, Mapping[str, float]]) -> str:
    """What averages over `shared_languages` leave out, in words; empty when nothing."""
    wanted = in_order({language for values in cells.values() for language in values})
    lacks = {name: [code for code in wanted if code not in values] for name, values in cells.items()}
    sentences = [f"{name} has no {', '.join(codes)}" for name, codes in lacks.items() if codes and cells[name]]
    sentences += [f"{name} has no score" for name, values in cells.items() if not values]
    return "; ".join(sentences)
