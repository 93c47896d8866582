"""The heavy half of `evaluate`: load once, score task after task, keep what is done when interrupted."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stilts_mlflow import checkpoint, tracking
from stilts_mlflow.batching import BatchSize, Stopwatch
from stilts_mlflow.chance import chance
from stilts_mlflow.data.load import DataSource, fingerprint, load_examples
from stilts_mlflow.evaluation import Part, evaluate_task
from stilts_mlflow.optimization import make_accelerator
from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.predictions import Facts, Kept, write_table
from stilts_mlflow.scores import Score, in_order, language_scores
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.tasks.examples import ChoiceExample, QuestionExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

CHANCE = "chance.json"

log = logging.getLogger(__name__)

SAMPLE = 20


@dataclass(frozen=True)
class Scoring:
    """What is scored and where it goes: `model_id` names the weights, `folder` is the run's own on this machine."""

    meta: Mapping[str, Any]
    model_id: str
    split: str
    source: DataSource
    run: tracking.Run
    folder: Path


def score_tasks(
    place: Path, wanted: Mapping[str, Sequence[str]], batch_size: int | None, scoring: Scoring
) -> list[Score]:
    """Scores of every task and language; predictions go to `predictions/<task>.parquet`."""
    loaded = checkpoint.load(place)
    device = make_accelerator("auto", several_heads=False).device
    loaded.model.to(device)
    size = BatchSize.of(batch_size, device)
    scores, samples, guesses = [], [], []
    for name, languages in wanted.items():
        if not languages:
            continue
        parts, found = score_task(loaded, TASKS[name], languages, size, scoring)
        scores += found
        samples += [row for part in parts for row in sample_rows(part)]
        guesses += [row for part in parts for row in chance_rows(part)]
    scoring.run.log_table(samples, "samples.json")
    scoring.run.log_text(json.dumps(guesses), CHANCE)
    return scores


def score_task(
    loaded: checkpoint.Loaded, task: Task, languages: Sequence[str], size: BatchSize, scoring: Scoring
) -> tuple[list[Part], list[Score]]:
    """Predictions and scores of one task in all its languages; what was slow is logged as `speed/<task>/...`."""
    watch, run, split = Stopwatch.start(), scoring.run, scoring.split
    limits = limits_of(scoring.meta, task.trains_on, task.type, loaded.model.longest)
    data = {code: fingerprint(load_examples(task, split, code, scoring.source)) for code in languages}
    facts = Facts(task.name, split, scoring.model_id, data, limits.max_length, scoring.source.max_examples)
    kept = scoring.folder / "kept" / kept_key(facts, limits)
    before = len(Kept(kept).load(1 << 62))
    parts = evaluate_task(
        loaded.model, loaded.tokenizer, task, languages, split, scoring.source, limits, size, kept=kept, watch=watch
    )
    scores = [score for part in parts for score in part.scores(run.id)]
    path = scoring.folder / "predictions" / f"{task.name}.parquet"
    write_table([row for part in parts for row in part.rows()], path, facts)
    count = sum(len(part.examples) for part in parts)
    speed = speeds(task.name, count - before, watch)
    run.log(speed)
    print("\n".join(told(task, scores, count, before, watch)), flush=True)
    run.log_file(path, "predictions")
    return parts, scores


def kept_key(facts: Facts, limits: Limits) -> str:
    """Name of the folder in which predictions wait: by model, task, split, data and lengths."""
    text = json.dumps([vars(facts), limits.doc_stride], sort_keys=True)
    return f"{facts.task}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def speeds(task: str, count: int, watch: Stopwatch) -> dict[str, float]:
    """Examples a second and the share (0-1) of the time outside the model; nothing when nothing was scored now."""
    if count <= 0:
        return {}
    return {
        f"speed/{task}/examples_per_second": count / watch.elapsed(),
        f"speed/{task}/seconds": watch.elapsed(),
        f"speed/{task}/outside_model": watch.outside(),
    }


def told(task: Task, scores: Sequence[Score], count: int, before: int, watch: Stopwatch) -> list[str]:
    """What the screen says of a finished task: its speed, then one figure a language."""
    values = language_scores(scores, task.name)
    kept = f", {before} of them before the interruption" if before else ""
    rate = (count - before) / watch.elapsed()
    head = (
        f"{task.name}: {len(values)} languages, {count} examples{kept}; {watch.elapsed():.1f} s, "
        f"{rate:.1f} examples/s, {100 * watch.outside():.0f} % of the time outside the model"
    )
    return [head, "  " + "  ".join(f"{code} {values[code]:.1f}" for code in in_order(values))]


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
        # By the letter, a context has thousands of spans: seconds a language, for a secondary metric.
        for metric in part.task.metrics
        if not metric.startswith("aware_")
    ]


def sample_rows(part: Part) -> list[dict[str, Any]]:
    """The first rows of a language with their texts, for a look in the UI."""
    first = Part(part.task, part.language, part.split, part.examples[:SAMPLE], part.predictions[:SAMPLE])
    samples = []
    for example, row in zip(first.examples, first.rows(), strict=True):
        fields = {name: getattr(example, name) for name in type(example).__dataclass_fields__}
        text = {key: value for key, value in fields.items() if key not in ("id", "label", "tags", "answers")}
        samples.append({**row, "input": json.dumps(text, ensure_ascii=False)})
    return samples
