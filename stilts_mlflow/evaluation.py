"""Evaluation: model x task x language -> predictions -> Scores.

All languages of a task are bucketed by length together, so that one model load and one pass serve them all.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.feature_cache import cached_features
from stilts_mlflow.metrics import METRICS, compute
from stilts_mlflow.mixture import Mixture
from stilts_mlflow.model import Model, collation
from stilts_mlflow.scores import Score
from stilts_mlflow.task_types.question_answering import tuned_threshold, with_no_answers
from stilts_mlflow.task_types.task_type import Batch, Features, Limits, Prediction
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
        """One row an example for the predictions table: strings and numbers only."""
        head = {"task": self.task.name, "language": self.language, "split": self.split}
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


def flat(value: Any) -> str:
    """A value as one string of the predictions table (JSON unless it is a string already)."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def evaluate_task(
    model: Model,
    tokenizer: Any,
    task: Task,
    languages: Sequence[str],
    split: str,
    source: DataSource,
    limits: Limits,
    batch_size: int = 64,
) -> list[Part]:
    """Predictions for every language of `languages`, from the head that the task trains on."""
    if task.trains_on not in model.heads:
        heads = ", ".join(model.heads) or "none"
        raise InputError(
            f"{task.name}: the checkpoint has no head {task.trains_on!r}; its heads: {heads}; run target first"
        )
    kind = TASK_TYPES[task.type]
    labels = model.labels[task.trains_on]
    by_language = {language: load_examples(task, split, language, source) for language in languages}
    together = [example for examples in by_language.values() for example in examples]
    features = cached_features(kind, together, labels, tokenizer, limits, f"{task.name}/{split}")
    predictions = predict(model, task.trains_on, together, features, tokenizer, batch_size, title=task.name)
    parts, first = [], 0
    for language, examples in by_language.items():
        parts.append(Part(task, language, split, examples, predictions[first : first + len(examples)]))
        first += len(examples)
    return parts


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


def predict(
    model: Model,
    name: str,
    examples: Sequence[Example],
    features: Sequence[Features],
    tokenizer: Any,
    batch_size: int,
    *,
    title: str | None = None,
    autocast: Callable[[], Any] | None = None,
) -> list[Prediction]:
    """One Prediction an Example, in order, from the head `name`; "" for no answer where the head has a threshold."""
    kind = TASK_TYPES[model.types[name]]
    device = next(model.parameters()).device
    collate = collation(tokenizer, 0)
    outputs: list[dict[str, Any]] = [{} for _ in features]
    was_training = model.training
    model.eval()

    def run(indices: Sequence[int]) -> None:
        batch = to_device(kind.collate([features[i] for i in indices], collate), device)
        with torch.inference_mode(), autocast() if autocast else torch.autocast(device.type, enabled=False):
            given = {key: value.float().cpu() for key, value in model(name, batch).items()}
        for row, i in enumerate(indices):
            outputs[i] = {key: value[row] for key, value in given.items()}

    in_batches(run, [int(feature["length"]) for feature in features], batch_size, title)
    model.train(was_training)
    predictions = kind.decode(examples, features, outputs, model.labels[name])
    return with_no_answers(predictions, model.thresholds[name]) if name in model.thresholds else predictions


def in_batches(
    run: Callable[[Sequence[int]], None], lengths: Sequence[int], batch_size: int, title: str | None
) -> None:
    """Call `run` on indices of similar length, longest first; halve the batch when the device is out of memory."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    done = 0
    with tqdm(total=len(order), desc=title, unit="ex", disable=None if title else True, leave=False) as bar:
        while done < len(order):
            indices = order[done : done + batch_size]
            try:
                run(indices)
            except torch.OutOfMemoryError:
                if batch_size == 1:
                    raise
                batch_size = max(1, batch_size // 2)
                log.warning("out of memory at length %d: batch halved to %d", lengths[indices[0]], batch_size)
                torch.cuda.empty_cache()
                continue
            done += len(indices)
            bar.update(len(indices))


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on `device`."""
    return {key: value.to(device, non_blocking=True) for key, value in batch.items()}
