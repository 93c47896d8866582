"""Mixture: tasks with sampling rates; batches come from one task at a time. One task is the mixture of one.

The stream is a function of (data, rates, seed) alone: the same on every process and after a resume.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.task_types.task_type import Features, Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation.sources import train_languages, training_examples


@dataclass(frozen=True)
class TaskData:
    """Training features of a task and what its English dev evaluation needs."""

    task: Task
    labels: tuple[str, ...]
    train: Sequence[Features]
    batch_size: int
    dev_task: Task
    dev: Sequence[Example] = ()
    dev_features: Sequence[Features] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one pass."""
        return -(-len(self.train) // self.batch_size)


def load_task_data(
    task: Task,
    dev_task: Task,
    source: DataSource,
    tokenizer: Any,
    limits: Limits,
    batch_size: int,
    dev_examples: int = 0,
) -> TaskData:
    """Training data in the task's training languages, and its English dev set (first `dev_examples`; 0 = all)."""
    kind = TASK_TYPES[task.type]
    languages = train_languages(task, source)
    train = [e for language in languages for e in training_examples(task, language, source)]
    labels = task.labels or kind.collect_labels(train)
    dev = load_examples(dev_task, "dev", "en", source) if _selects(task) else []
    dev = dev[: dev_examples or None]
    return TaskData(
        task=task,
        labels=labels,
        train=kind.featurize(train, labels, tokenizer, limits),
        batch_size=batch_size,
        dev_task=dev_task,
        dev=dev,
        dev_features=kind.featurize(dev, labels, tokenizer, limits),
        facts={"train": len(train), "dev": len(dev)},
    )


def _selects(task: Task) -> bool:
    """Masked text and translation pairs are trained on but never select a checkpoint."""
    return task.type not in ("masked_lm", "sentence_retrieval")


class Mixture:
    """Rates are relative; None = proportional to the number of batches."""

    def __init__(self, tasks: Sequence[TaskData], seed: int, rates: Sequence[float] | None = None) -> None:
        if not tasks:
            raise ValueError("a mixture needs at least one task")
        sizes = [float(data.steps_per_epoch) for data in tasks] if rates is None else list(rates)
        if len(sizes) != len(tasks) or min(sizes) <= 0:
            raise ValueError(f"rates {sizes} for {len(tasks)} tasks: expected one number above 0 each")
        self.tasks = list(tasks)
        self.rates = [size / sum(sizes) for size in sizes]
        self.seed = seed

    def batches(self, steps: int, start: int = 0) -> Iterator[tuple[TaskData, list[Features]]]:
        """Batches `start` .. `steps` - 1 of the stream."""
        streams = [self._stream(number) for number in range(len(self.tasks))]
        for step, number in enumerate(self.schedule(steps)):
            chosen = next(streams[number])
            if step >= start:
                data = self.tasks[number]
                yield data, [data.train[i] for i in chosen]

    def schedule(self, steps: int) -> Iterator[int]:
        """Which task each batch is from: always the one furthest behind its rate, so shares are exact at any length."""
        taken = np.zeros(len(self.rates))
        rates = np.array(self.rates)
        for step in range(steps):
            number = int((rates * (step + 1) - taken).argmax())
            taken[number] += 1
            yield number

    def shares(self, steps: int) -> dict[str, float]:
        """Share of the batches of each task over `steps`."""
        counts = np.bincount(list(self.schedule(steps)), minlength=len(self.tasks))
        return {data.task.name: float(count) / steps for data, count in zip(self.tasks, counts, strict=True)}

    def _stream(self, number: int) -> Iterator[list[int]]:
        data = self.tasks[number]
        lengths = [int(feature["length"]) for feature in data.train]
        epoch = 0
        while True:
            yield from bucketed(lengths, data.batch_size, np.random.default_rng((self.seed, number, epoch)))
            epoch += 1


def bucketed(lengths: Sequence[int], batch_size: int, rng: np.random.Generator, pool: int = 50) -> list[list[int]]:
    """Every index once, in batches of similar length: shuffle, sort pools of `pool` batches, shuffle the batches."""
    order = rng.permutation(len(lengths))
    batches = []
    for first in range(0, len(order), pool * batch_size):
        part = sorted(order[first : first + pool * batch_size].tolist(), key=lambda i: lengths[i])
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
