"""The heavy half of `evaluate`: load once, score task after task, keep what is done when interrupted."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow import checkpoint, tracking
from stilts_mlflow.chance import chance
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.evaluation import Part, evaluate_task
from stilts_mlflow.optimization import make_accelerator
from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.scores import Score
from stilts_mlflow.tasks.examples import ChoiceExample, QuestionExample
from stilts_mlflow.tasks.tables import TASKS

CHANCE = "chance.json"

log = logging.getLogger(__name__)

SAMPLE = 20


def score_tasks(
    place: Path,
    meta: Mapping[str, Any],
    wanted: Mapping[str, Sequence[str]],
    split: str,
    source: DataSource,
    batch_size: int,
    run: tracking.Run,
    folder: Path,
) -> list[Score]:
    """Scores of every task and language; predictions go to `predictions/<task>.parquet`."""
    loaded = checkpoint.load(place)
    loaded.model.to(make_accelerator("auto", several_heads=False).device)
    scores, samples, guesses = [], [], []
    for name, languages in wanted.items():
        if not languages:
            continue
        task = TASKS[name]
        limits = limits_of(meta, task.trains_on, task.type, loaded.model.longest)
        begun = time.perf_counter()
        parts = evaluate_task(loaded.model, loaded.tokenizer, task, languages, split, source, limits, batch_size)
        examples = sum(len(part.examples) for part in parts)
        run.log({f"speed/{name}/examples_per_second": examples / (time.perf_counter() - begun)})
        scores += [score for part in parts for score in part.scores(run.id)]
        guesses += [row for part in parts for row in chance_rows(part)]
        samples += write_predictions(parts, folder / "predictions" / f"{name}.parquet")
        run.log_file(folder / "predictions" / f"{name}.parquet", "predictions")
    run.log_table(samples, "samples.json")
    run.log_text(json.dumps(guesses), CHANCE)
    return scores


def chance_rows(part: Part) -> list[dict[str, Any]]:
    """What guessing would give: one row a metric."""
    contexts = [example.context for example in part.examples if isinstance(example, QuestionExample)]
    choices = [len(example.choices) for example in part.examples if isinstance(example, ChoiceExample)]
    return [
        {
            "task": part.task.name,
            "language": part.language,
            "metric": metric,
            "value": chance(
                metric, part.references(), language=part.language, contexts=contexts, choices=max(choices, default=0)
            ),
        }
        for metric in part.task.metrics
    ]


def write_predictions(parts: Sequence[Part], path: Path) -> list[dict[str, Any]]:
    """One row an example into a Parquet file; returns the first rows of each language with their texts."""
    import pandas

    rows = [row for part in parts for row in part.rows()]
    path.parent.mkdir(parents=True, exist_ok=True)
    pandas.DataFrame(rows).to_parquet(path, index=False)
    samples = []
    for part in parts:
        for example, row in list(zip(part.examples, part.rows(), strict=True))[:SAMPLE]:
            fields = {name: getattr(example, name) for name in type(example).__dataclass_fields__}
            text = {key: value for key, value in fields.items() if key not in ("id", "label", "tags", "answers")}
            samples.append({**row, "input": json.dumps(text, ensure_ascii=False)})
    return samples
