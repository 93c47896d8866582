"""Classification of a sentence pair: mean-pooled encoder, one hidden layer, one score a label."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from stilts_mlflow.task_types.task_type import (
    IGNORE,
    Batch,
    Collation,
    Features,
    Head,
    Limits,
    Loss,
    Outputs,
    Prediction,
    TaskType,
    encode,
    pad,
    pooled_mean,
)
from stilts_mlflow.tasks.examples import Example, PairExample


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """One input a pair; label = index in `labels`."""
    pairs = [example for example in examples if isinstance(example, PairExample)]
    second = [pair.text_b for pair in pairs] if any(pair.text_b for pair in pairs) else None
    rows = encode(tokenizer, [pair.text_a for pair in pairs], second, limits)
    index = {label: i for i, label in enumerate(labels)}
    for row, pair in zip(rows, pairs, strict=True):
        row["label"] = IGNORE if pair.label is None else index.get(pair.label, IGNORE)
    return rows


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`labels`: one a pair."""
    return pad(features, collation) | {"labels": torch.tensor([feature["label"] for feature in features])}


class ClassificationHead(Head):
    """Mean pooling works for every encoder family; T5's has no sentence token."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width, labels)

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: pairs x labels."""
        vector = self.dropout(pooled_mean(hidden, batch["attention_mask"]))
        return {"logits": self.out(self.dropout(torch.tanh(self.dense(vector))))}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Cross-entropy over the labelled rows."""
    total = functional.cross_entropy(outputs["logits"].float(), batch["labels"], ignore_index=IGNORE, reduction="sum")
    return Loss(total, (batch["labels"] != IGNORE).sum())


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Most probable label, with the probabilities of all."""
    predictions = []
    for best, probabilities in most_probable(outputs):
        details = {label: round(p, 6) for label, p in zip(labels, probabilities, strict=True)}
        predictions.append(Prediction(labels[best], probabilities[best], details))
    return predictions


def most_probable(outputs: Sequence[dict[str, Any]]) -> list[tuple[int, list[float]]]:
    """Index of the largest of the softmaxed `logits`, and all of them: one row an output, all computed at once."""
    if not outputs:
        return []
    probabilities = torch.softmax(torch.stack([output["logits"] for output in outputs]).double(), -1)
    return list(zip(probabilities.argmax(-1).tolist(), probabilities.tolist(), strict=True))


def collect_labels(examples: Sequence[Example]) -> tuple[str, ...]:
    """Labels that occur, sorted."""
    return tuple(sorted({e.label for e in examples if isinstance(e, PairExample) and e.label is not None}))


CLASSIFICATION = TaskType(
    name="classification",
    featurize=featurize,
    collate=collate,
    make_head=ClassificationHead,
    loss=loss,
    decode=decode,
    reference=lambda example: example.label,
    collect_labels=collect_labels,
)
