"""The model card: what a registered model is, what it can do in which language, and what it must not be used for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.scores import PIVOT, Score, in_order, transfer_gap
from stilts_mlflow.tasks.served import SAMPLES
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md.j2"


@dataclass(frozen=True)
class Lineage:
    """The encoder in the beginning and the phases since, as (phase, tasks)."""

    encoder: str
    steps: tuple[tuple[str, str], ...]

    @property
    def intermediate(self) -> tuple[str, ...]:
        """Intermediate tasks, in the order in which they were trained."""
        return tuple(name for phase, tasks in self.steps if phase == "intermediate" for name in tasks.split(","))

    @property
    def first(self) -> tuple[str, ...]:
        """Tasks whose target training came before the last one's and left it their head."""
        return tuple(TASKS[tasks].trains_on for phase, tasks in self.steps if phase == "target" and tasks in TASKS)[:-1]


def model_card(
    name: str,
    meta: Mapping[str, Any],
    scores: Sequence[Score],
    lineage: Lineage,
    *,
    average: float,
    worst: str,
    runs: Mapping[str, str],
) -> str:
    """Markdown for one version; `meta` is that of its checkpoint, `runs` are ids by phase."""
    import jinja2

    engine = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    evaluated = [TASKS[task] for task in dict.fromkeys(score.task for score in scores)]
    config = meta.get("config", {})
    return engine.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        name=name,
        target=evaluated[0],  # a run may serve several tasks that train on the same data
        lineage=lineage,
        trained=[TASKS[task] for task in dict.fromkeys((*lineage.intermediate, *lineage.first, *meta["tasks"]))],
        selects_on=meta.get("selects_on", meta["task"]),
        tables=[table_of(task, scores) for task in evaluated],
        data=sources(lineage, meta, evaluated),
        backend=config.get("data", "unknown"),
        seed=config.get("seed", "unknown"),
        training=meta.get("training", {}),
        sample=SAMPLES[evaluated[0].type],
        versions=meta.get("versions", {}),
        average=average,
        worst=worst,
        runs=runs,
    )


def table_of(task: Task, scores: Sequence[Score]) -> dict[str, Any]:
    """Languages by metrics for one task, with the transfer gap of the major metric."""
    mine = [score for score in scores if score.task == task.name]
    values = {(score.language, score.metric): score.value for score in mine}
    sizes = {score.language: score.n for score in mine}
    metrics = list(dict.fromkeys(score.metric for score in mine))
    rows = [
        {
            "code": code,
            "name": LANGUAGES[code].name if code in LANGUAGES else code,
            "n": sizes[code],
            "values": [f"{values[code, m]:.1f}" if (code, m) in values else "-" for m in metrics],
        }
        for code in in_order(sizes)
    ]
    has_gap = PIVOT in sizes and len(sizes) > 1
    gap = transfer_gap(scores, task.name, task.metrics[0]) if has_gap else None
    return {"task": task, "split": mine[0].split, "metrics": metrics, "rows": rows, "gap": gap}


def sources(lineage: Lineage, meta: Mapping[str, Any], evaluated: Sequence[Task]) -> list[Task]:
    """Every data set behind the model and its figures, each once."""
    names = [
        *lineage.intermediate,
        *lineage.first,
        *meta["tasks"],
        meta.get("selects_on", meta["task"]),
        *(t.name for t in evaluated),
    ]
    return [TASKS[name] for name in dict.fromkeys(names)]
