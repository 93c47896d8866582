"""Features -> predictions: longest first, in batches that fit, decoded as soon as an example is complete."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from stilts_mlflow.batching import BatchSize, Stopwatch, bar_of, cost_of, each_batch, to_device
from stilts_mlflow.errors import InputError
from stilts_mlflow.model import Model, collation
from stilts_mlflow.task_types.question_answering import with_no_answers
from stilts_mlflow.task_types.task_type import Features, Prediction
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example

AT_ONCE = 4096
"""Examples whose outputs are held before they are decoded (and kept on disk, where they are)."""
SECONDS = 60.0
"""The same in time, for slow machines."""


@dataclass
class Pass:
    """One pass of the head `name` over `examples`.

    `features` of an example are decoded together, once all of them went through the model. `codes` (the language of
    each example) and `title` are for the bar and for errors; `watch` adds up the time inside the model; `is_stopped`
    ends the pass after the batch under way.
    """

    model: Model
    name: str
    examples: Sequence[Example]
    features: Sequence[Features]
    tokenizer: Any
    size: BatchSize
    title: str | None = None
    codes: Sequence[str] = ()
    autocast: Callable[[], Any] | None = None
    watch: Stopwatch = field(default_factory=Stopwatch.start)
    is_stopped: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self._outputs: dict[int, dict[str, Any]] = {}
        self._features_of: list[list[int]] = [[] for _ in self.examples]
        for i, feature in enumerate(self.features):
            self._features_of[feature["example"]].append(i)
        self._collation = collation(self.tokenizer, 0)
        self._device = next(self.model.parameters()).device

    def predictions(self, wanted: Sequence[int] | None = None) -> Iterator[dict[int, Prediction]]:
        """Predictions of the examples with the places `wanted` (None: all), some thousand at a time, each once.

        Raises InputError for outputs that are no numbers. Ends early when `is_stopped`.
        """
        costs = [cost_of(feature) for feature in self.features]
        asked = range(len(self.examples)) if wanted is None else wanted
        # The windows of a context stay together, so that at most one example is incomplete after a batch.
        longest = {n: max((costs[i] for i in self._features_of[n]), default=0) for n in asked}
        places = sorted(asked, key=lambda n: (-longest[n], n))
        order = [i for n in places for i in self._features_of[n]]
        left = Counter({n: len(self._features_of[n]) for n in asked})
        ready, since = [n for n in places if not left[n]], time.monotonic()
        open_codes = Counter(self.codes[n] for n in places if left[n]) if self.codes else Counter()
        with bar_of(self.title, len(places)) as bar:
            for indices in each_batch(self._run, costs, order, self.size):
                for i in indices:
                    left[self.features[i]["example"]] -= 1
                complete = [n for n in dict.fromkeys(self.features[i]["example"] for i in indices) if not left[n]]
                ready += complete
                bar.update(len(complete))
                if self.codes:
                    open_codes.subtract(self.codes[n] for n in complete)
                    languages = f"{sum(not count for count in open_codes.values())}/{len(open_codes)} languages"
                    bar.set_postfix_str(languages, refresh=False)
                stopped = self.is_stopped()
                if stopped or len(ready) >= AT_ONCE or time.monotonic() > since + SECONDS:
                    yield self._decoded(ready)
                    ready, since = [], time.monotonic()
                if stopped:
                    return
        if ready:
            yield self._decoded(ready)

    def _run(self, indices: Sequence[int]) -> None:
        kind = TASK_TYPES[self.model.types[self.name]]
        batch = kind.collate([self.features[i] for i in indices], self._collation)
        cast = self.autocast() if self.autocast else torch.autocast(self._device.type, enabled=False)
        with self.watch.model(self._device), torch.inference_mode(), cast:
            outputs = self.model(self.name, to_device(batch, self._device))
            given = {key: value.float().cpu() for key, value in outputs.items()}
        self._check(given, indices)
        for row, i in enumerate(indices):
            self._outputs[i] = {key: value[row] for key, value in given.items()}

    def _check(self, given: dict[str, torch.Tensor], indices: Sequence[int]) -> None:
        """Raise InputError for what is no number: its label would be as good as any."""
        for value in given.values():
            if not bool(torch.isfinite(value).all()):
                row = int((~torch.isfinite(value)).flatten(1).any(1).nonzero()[0])
                number = self.features[indices[row]]["example"]
                named = f"{self.title}/{self.codes[number]}" if self.codes else f"head {self.name}"
                raise InputError(
                    f"{named}, example {self.examples[number].id!r}: the model's output is not a number (nan or "
                    "infinite); the weights are damaged, or the training diverged: train again with a lower rate"
                )

    def _decoded(self, numbers: Sequence[int]) -> dict[int, Prediction]:
        mine = [(place, i) for place, number in enumerate(numbers) for i in self._features_of[number]]
        found = TASK_TYPES[self.model.types[self.name]].decode(
            [self.examples[number] for number in numbers],
            [{**self.features[i], "example": place} for place, i in mine],
            [self._outputs.pop(i) for _, i in mine],
            self.model.labels[self.name],
        )
        if self.name in self.model.thresholds:
            found = with_no_answers(found, self.model.thresholds[self.name])
        return dict(zip(numbers, found, strict=True))


def predict(
    model: Model,
    name: str,
    examples: Sequence[Example],
    features: Sequence[Features],
    tokenizer: Any,
    batch_size: int | BatchSize,
    *,
    title: str | None = None,
    autocast: Callable[[], Any] | None = None,
) -> list[Prediction]:
    """One Prediction an Example, in order, from the head `name`; "" for no answer where the head has a threshold."""
    size = batch_size if isinstance(batch_size, BatchSize) else BatchSize(batch_size, 0)
    was_training = model.training
    model.eval()
    found: dict[int, Prediction] = {}
    for some in Pass(model, name, examples, features, tokenizer, size, title, autocast=autocast).predictions():
        found |= some
    model.train(was_training)
    return [found[number] for number in range(len(examples))]
