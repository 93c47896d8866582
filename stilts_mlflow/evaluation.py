"""Evaluation: model x task x language -> predictions -> Scores.

All languages of a task are bucketed by length together, so that one model load and one pass serve them all.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stilts_mlflow.batching import BatchSize, Stopwatch
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.feature_cache import cached_features
from stilts_mlflow.inference import Pass, predict
from stilts_mlflow.metrics import METRICS, compute
from stilts_mlflow.mixture import Mixture
from stilts_mlflow.model import Model
from stilts_mlflow.predictions import Kept, flat
from stilts_mlflow.scores import Score
from stilts_mlflow.signals import stop_signals
from stilts_mlflow.task_types.question_answering import tuned_threshold, with_no_answers
from stilts_mlflow.task_types.task_type import Limits, Prediction
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.task import Task

log = logging.getLogger(__name__)

THRESHOLD = "no_answer_threshold"


@dataclass(frozen=True)
class Part:
    """One language of a task with what the model said."""

    task: Task
    language: str
    split: str
    examples: Sequence[Example]
    predictions: Sequence[Prediction]

    def references(self) -> list[Any]:
        """Gold values, one an example."""
        return [TASK_TYPES[self.task.type].reference(example) for example in self.examples]

    def metrics(self) -> dict[str, float]:
        """Every metric of the task, in points."""
        try:
            values = [prediction.value for prediction in self.predictions]
            return compute(self.task.metrics, values, self.references(), self.language)
        except (InputError, ValueError) as error:
            raise InputError(f"{self.task.name}/{self.language}/{self.split}: {error}") from error

    def scores(self, run_id: str) -> list[Score]:
        """Scores of this part."""
        count = len(self.examples)
        return [
            Score(run_id, self.task.name, self.language, self.split, metric, value, count)
            for metric, value in self.metrics().items()
        ]

    def rows(self) -> list[dict[str, Any]]:
        """One row an example for the predictions table (`predictions.COLUMNS`): strings and numbers only."""
        task = self.task
        head = {"task": task.name, "type": task.type, "language": self.language, "split": self.split}
        return [
            {
                **head,
                "id": e.id,
                "prediction": flat(p.value),
                "reference": flat(r),
                "confidence": round(p.confidence, 6),
            }
            | {"details": flat(p.details)}
            for e, p, r in zip(self.examples, self.predictions, self.references(), strict=True)
        ]


def evaluate_task(
    model: Model,
    tokenizer: Any,
    task: Task,
    languages: Sequence[str],
    split: str,
    source: DataSource,
    limits: Limits,
    batch_size: int | BatchSize = 64,
    *,
    kept: Path | None = None,
    watch: Stopwatch | None = None,
) -> list[Part]:
    """Predictions for every language of `languages`, from the head that the task trains on.

    `kept`: folder in which predictions wait when the process is stopped; those that are there are not made again
    (the caller names it by everything that decides them). Raises Preempted after SIGTERM or SIGINT, with what is done
    on disk; InputError for a missing head, bad data, and outputs that are no numbers.
    """
    if task.trains_on not in model.heads:
        heads = ", ".join(model.heads) or "none"
        raise InputError(
            f"{task.name}: the checkpoint has no head {task.trains_on!r}; its heads: {heads}; run target first"
        )
    by_language = {language: load_examples(task, split, language, source) for language in languages}
    together = [example for examples in by_language.values() for example in examples]
    codes = [language for language, examples in by_language.items() for _ in examples]
    kind, labels = TASK_TYPES[task.type], model.labels[task.trains_on]
    features = cached_features(kind, together, labels, tokenizer, limits, f"{task.name}/{split}")
    size = batch_size if isinstance(batch_size, BatchSize) else BatchSize(batch_size, 0)
    one = Pass(model, task.trains_on, together, features, tokenizer, size, task.name, codes)
    one.watch = watch or one.watch
    predictions = completed(one, Kept(kept) if kept is not None else None)
    parts, first = [], 0
    for language, examples in by_language.items():
        parts.append(Part(task, language, split, examples, predictions[first : first + len(examples)]))
        first += len(examples)
    return parts


def completed(one: Pass, kept: Kept | None) -> list[Prediction]:
    """All predictions of a pass, in order: those that were kept, and the rest from the model, kept as they come."""
    total = len(one.examples)
    found = kept.load(total) if kept is not None else {}
    if found:
        log.warning("%s: %d of %d examples were scored before, the others follow", one.title, len(found), total)
    one.model.eval()
    with stop_signals() as stop:
        one.is_stopped = lambda: bool(stop.name)
        for some in one.predictions([number for number in range(total) if number not in found]):
            if kept is not None:
                kept.add(some)
            found |= some
        if stop.name:
            raise Preempted(
                f"{stop.name} at example {len(found)} of {total} of {one.title}; the same command goes on from there"
            )
    return [found[number] for number in range(total)]


def evaluate_dev(
    model: Model, tokenizer: Any, mixture: Mixture, batch_size: int, autocast: Callable[[], Any] | None = None
) -> dict[str, float]:
    """`dev/<task>/<metric>` in points, and `dev/mean`: the plain mean of the tasks' major metrics.

    Where questions may lack an answer, the threshold of none is tuned on these predictions before they are scored, and
    comes as `dev/<task>/no_answer_threshold`: its F1 is the `best_f1` of SQuAD v2.0's script, optimistic by that.
    """
    results: dict[str, float] = {}
    majors: list[float] = []
    for data in mixture.tasks:
        if not data.dev:
            continue
        predictions = predict(
            model, data.task.trains_on, data.dev, data.dev_features, tokenizer, batch_size, autocast=autocast
        )
        if data.task.may_lack_answer:
            threshold = tuned_threshold(data.dev, predictions)
            results[f"dev/{data.task.name}/{THRESHOLD}"] = threshold
            predictions = with_no_answers(predictions, threshold)
        references = [TASK_TYPES[data.task.type].reference(example) for example in data.dev]
        values = compute(data.dev_task.metrics, [p.value for p in predictions], references, "en")
        results |= {f"dev/{data.task.name}/{metric}": value for metric, value in values.items()}
        major = data.dev_task.metrics[0]
        majors.append(values[major] if METRICS[major].higher_is_better else -values[major])
    return results | ({"dev/mean": sum(majors) / len(majors)} if majors else {})
