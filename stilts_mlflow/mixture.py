"""Mixture: tasks with sampling rates; batches come from one task at a time. One task is the mixture of one.

The stream is a function of (data, rates, seed) alone: the same on every process and after a resume.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.feature_cache import cached_features
from stilts_mlflow.sampling import normalised, temperature_shares
from stilts_mlflow.task_types.tagging import warn_of_unseen
from stilts_mlflow.task_types.task_type import Features, Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation.sources import train_languages, training_examples

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class TaskData:
    """Training features of a task and what its English dev evaluation needs.

    `groups`: (size, share) of consecutive parts of `train` that are drawn by share instead of once a pass: the
    languages of masked text. `loss_weight`: factor of the task's gradients.
    """

    task: Task
    labels: tuple[str, ...]
    train: Sequence[Features]
    batch_size: int
    dev_task: Task
    dev: Sequence[Example] = ()
    dev_features: Sequence[Features] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    groups: tuple[tuple[int, float], ...] = ()
    loss_weight: float = 1.0

    @property
    def mean_batch(self) -> float:
        """Examples per batch over a whole pass."""
        return len(self.train) / self.steps_per_epoch

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
    language_temperature: float | None = None,
) -> TaskData:
    """Training data in the task's training languages, and its English dev set (first `dev_examples`; 0 = all).

    Masked text with a `language_temperature` T draws its languages by size^(1/T) (Conneau and Lample 2019).
    """
    kind = TASK_TYPES[task.type]
    parts = [training_examples(task, language, source) for language in train_languages(task, source)]
    train = [example for part in parts for example in part]
    groups: tuple[tuple[int, float], ...] = ()
    if task.type == "masked_lm" and language_temperature is not None:
        sizes = [len(part) for part in parts]
        groups = tuple(zip(sizes, temperature_shares(sizes, language_temperature), strict=True))
    labels = task.labels or kind.collect_labels(train)
    dev = load_examples(dev_task, "dev", "en", source) if _selects(task) else []
    dev = dev[: dev_examples or None]
    return TaskData(
        task=task,
        labels=labels,
        train=cached_features(kind, train, labels, tokenizer, limits, f"{task.name}/train"),
        batch_size=batch_size,
        dev_task=dev_task,
        dev=dev,
        dev_features=cached_features(kind, dev, labels, tokenizer, limits, f"{dev_task.name}/dev"),
        facts={"train": len(train), "dev": len(dev)}
        | ({"unseen_dev_tags": warn_of_unseen(dev, labels)} if task.type == "tagging" else {}),
        groups=groups,
    )


def _selects(task: Task) -> bool:
    """Masked text and translation pairs are trained on but never select a checkpoint."""
    return task.type not in ("masked_lm", "sentence_retrieval")


class Mixture:
    """Tasks and `intended`, the share of each in the examples; None = proportional to the sizes."""

    def __init__(self, tasks: Sequence[TaskData], seed: int, rates: Sequence[float] | None = None) -> None:
        if not tasks:
            raise ValueError("a mixture needs at least one task")
        sizes = [float(len(data.train)) for data in tasks]
        rates = sizes if rates is None else list(rates)
        if len(rates) != len(tasks) or min(*rates, *sizes) <= 0:
            raise ValueError(f"rates {rates} for {len(tasks)} tasks: expected one number above 0 each")
        self.tasks = list(tasks)
        self.seed = seed
        self.intended = normalised(rates)
        # The last batch of a pass may be smaller than the others.
        self.rates = normalised([rate / data.mean_batch for rate, data in zip(self.intended, tasks, strict=True)])
        self._lengths = [np.array([int(feature["length"]) for feature in data.train]) for data in tasks]

    def batches(self, steps: int, start: int = 0) -> Iterator[tuple[TaskData, list[Features]]]:
        """Batches `start` .. `steps` - 1 of the stream; those before `start` are not made."""
        schedule = self.schedule(steps)
        streams = [self._stream(number, skip) for number, skip in enumerate(self._counts(islice(schedule, start)))]
        for number in schedule:
            data = self.tasks[number]
            yield data, [data.train[i] for i in next(streams[number])]

    def schedule(self, steps: int) -> Iterator[int]:
        """Which task each batch is from: always the one furthest behind its rate, so shares are exact at any length."""
        taken = np.zeros(len(self.rates))
        rates = np.array(self.rates)
        for step in range(steps):
            number = int((rates * (step + 1) - taken).argmax())
            taken[number] += 1
            yield number

    def shares(self, steps: int) -> dict[str, float]:
        """Share of each task in the examples of the first `steps` batches, counted."""
        examples = [
            self._examples(number, batches) for number, batches in enumerate(self._counts(self.schedule(steps)))
        ]
        return dict(zip((data.task.name for data in self.tasks), normalised(examples), strict=True))

    def _counts(self, schedule: Iterable[int]) -> list[int]:
        return list(map(int, np.bincount(np.fromiter(schedule, dtype=int), minlength=len(self.tasks))))

    def _examples(self, number: int, batches: int) -> int:
        """Examples in the first `batches` batches of a task."""
        passes, rest = divmod(batches, self.tasks[number].steps_per_epoch)
        begun = self._epoch(number, passes)[:rest] if rest else []
        return passes * len(self.tasks[number].train) + sum(map(len, begun))

    def _stream(self, number: int, skip: int) -> Iterator[list[int]]:
        epoch, skip = divmod(skip, self.tasks[number].steps_per_epoch)
        while True:
            yield from self._epoch(number, epoch)[skip:]
            epoch, skip = epoch + 1, 0

    def _epoch(self, number: int, epoch: int) -> list[list[int]]:
        data, rng = self.tasks[number], np.random.default_rng((self.seed, number, epoch))
        order = rng.permutation(drawn(data.groups, rng) if data.groups else len(data.train))
        return bucketed(order, self._lengths[number], data.batch_size, rng)


def drawn(groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> Indices:
    """As many indices as the groups (size, share) have together, each by its share: some come twice, some never."""
    sizes = [size for size, _ in groups]
    parts, first = [], 0
    for size, count in zip(sizes, apportioned(sum(sizes), [share for _, share in groups]), strict=True):
        passes, rest = divmod(count, size)
        parts += [np.tile(np.arange(size), passes) + first, rng.permutation(size)[:rest] + first]
        first += size
    return np.concatenate(parts)


def apportioned(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `total`, as close to the shares as can be (largest remainders)."""
    exact = np.array(shares) * total
    counts = np.floor(exact).astype(int)
    for number in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[number] += 1
    return list(map(int, counts))


def bucketed(
    order: Indices, lengths: Indices, batch_size: int, rng: np.random.Generator, pool: int = 50
) -> list[list[int]]:
    """`order` in batches of similar length: sort pools of `pool` batches, shuffle the batches."""
    batches = []
    for first in range(0, len(order), pool * batch_size):
        part = order[first : first + pool * batch_size]
        part = part[np.argsort(lengths[part], kind="stable")].tolist()
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
