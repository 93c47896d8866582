"""What a task type is: a frozen dataclass of functions, each file of this folder complete in itself.

examples -> featurize -> Features -> collate -> Batch -> head -> outputs -> loss
                                                                outputs -> decode -> Predictions
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stilts_mlflow.tasks.examples import Example

IGNORE = -100
"""Label of positions that carry none (PyTorch's ignore index)."""

Features = dict[str, Any]
"""One model input. Always: `input_ids` (list of ids, or of lists where an input has several sequences),
`example` (index of its Example) and `length` (longest sequence in sub-words); the rest is the type's own."""

Batch = dict[str, Tensor]
"""Padded tensors: `input_ids`, `attention_mask` (both sequences x length), maybe `token_type_ids`, and labels."""

Outputs = dict[str, Tensor]
"""What a head gives, first dimension = features of the batch."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one Example. `value` compares with `reference(example)`; `details` go to the table."""

    value: Any
    confidence: float
    details: dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """Lengths in sub-words."""

    max_length: int
    doc_stride: int = 128


@dataclass(frozen=True)
class Loss:
    """Summed loss and the number of terms in the sum, so that any split into micro-batches gives one mean."""

    total: Tensor
    count: Tensor


@dataclass(frozen=True)
class Collation:
    """What collating needs from the tokenizer, and the random numbers for masking."""

    pad_id: int
    mask_id: int | None
    special_ids: frozenset[int]
    vocabulary: int
    generator: torch.Generator | None = None


class Head(nn.Module):
    """A task's output layers: `forward(hidden, batch, embeddings) -> Outputs`.

    `hidden`: sequences x length x width, the encoder's last layer; `embeddings`: vocabulary x width.
    """

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """Outputs of the head; every type overrides it."""
        raise TypeError(f"{type(self).__name__} has no forward")

    def follow(self, config: Any) -> None:
        """Take over what the encoder's configuration decides; nothing for most heads."""


@dataclass(frozen=True)
class TaskType:
    """A family of tasks as functions; `task_types/types.py` is the table of them."""

    name: str
    featurize: Callable[[Sequence[Example], Sequence[str], Any, Limits], list[Features]]
    """(examples, labels, tokenizer, limits): an unlabelled or unseen label becomes IGNORE."""
    collate: Callable[[Sequence[Features], Collation], Batch]
    make_head: Callable[[int, int, float], Head]
    """(width, number of labels, dropout); masked LM: the size of the vocabulary for that of the labels."""
    loss: Callable[[Outputs, Batch], Loss]
    decode: Callable[[Sequence[Example], Sequence[Features], Sequence[dict[str, Any]], Sequence[str]], list[Prediction]]
    """(examples, features, one outputs row a feature, labels): one Prediction an Example, in order."""
    reference: Callable[[Any], Any]
    """The gold value of an Example in the form that the metrics take; None = unlabelled."""
    collect_labels: Callable[[Sequence[Example]], tuple[str, ...]]
    """Label set of training data, for tasks whose row declares none."""
    version: int = 1
    """Raised whenever `featurize` gives other features than before: kept ones are told apart by it."""


def pad(features: Sequence[Features], collation: Collation, key: str = "input_ids") -> Batch:
    """Sequences of `features[key]` padded on the right to their own longest."""
    rows = [sequence for feature in features for sequence in _sequences(feature[key])]
    batch = {"input_ids": pad_rows(rows, collation.pad_id)}
    batch["attention_mask"] = pad_rows([[1] * len(row) for row in rows], 0)
    if "token_type_ids" in features[0]:
        types = [sequence for feature in features for sequence in _sequences(feature["token_type_ids"])]
        batch["token_type_ids"] = pad_rows(types, 0)
    return batch


def pad_rows(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Matrix of `rows`, short ones filled up with `value`."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=torch.long)


def pooled_mean(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean over real tokens, specials included: sequences x width."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)


def encode(tokenizer: Any, first: Sequence[str], second: Sequence[str] | None, limits: Limits) -> list[Features]:
    """Batch-encode texts or pairs, longest side truncated first; one Features an input."""
    # An empty list would make the fast tokenizers fail far from here.
    if not first:
        return []
    encoded = tokenizer(list(first), list(second) if second else None, truncation=True, max_length=limits.max_length)
    keys = [key for key in ("input_ids", "token_type_ids") if key in encoded]
    rows: list[Features] = [{key: encoded[key][i] for key in keys} for i in range(len(first))]
    for index, row in enumerate(rows):
        row.update(example=index, length=len(row["input_ids"]))
    return rows


def no_labels(examples: Sequence[Example]) -> tuple[str, ...]:
    """Label set of types that have none."""
    return ()


def _sequences(value: Any) -> Sequence[Sequence[int]]:
    return value if value and isinstance(value[0], list) else [value]
