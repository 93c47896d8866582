"""Multiple choice: every choice is read with its context, one score each, softmax over the choices."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stilts_mlflow.errors import InputError
from stilts_mlflow.task_types.classification import loss, most_probable
from stilts_mlflow.task_types.task_type import (
    IGNORE,
    Batch,
    Collation,
    Features,
    Head,
    Limits,
    Outputs,
    Prediction,
    TaskType,
    encode,
    no_labels,
    pad,
    pooled_mean,
)
from stilts_mlflow.tasks.examples import ChoiceExample, Example


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """`input_ids`: choices x length. First text: context; second: question and choice."""
    asked = [example for example in examples if isinstance(example, ChoiceExample)]
    counts = {len(example.choices) for example in asked}
    if len(counts) > 1:
        raise InputError(f"multiple choice: examples with {sorted(counts)} choices in one task; expected one number")
    first = [example.context for example in asked for _ in example.choices]
    second = [f"{example.question} {choice}".strip() for example in asked for choice in example.choices]
    rows = encode(tokenizer, first, second, limits)
    width = max(counts, default=1)
    grouped = []
    for index, example in enumerate(asked):
        group = rows[index * width : (index + 1) * width]
        row: Features = {key: [one[key] for one in group] for key in group[0] if key not in ("example", "length")}
        row.update(example=index, length=max(one["length"] for one in group))
        row["label"] = IGNORE if example.label is None else example.label
        grouped.append(row)
    return grouped


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`input_ids`: (examples * choices) x length; `labels`: one an example."""
    return pad(features, collation) | {"labels": torch.tensor([feature["label"] for feature in features])}


class ChoiceHead(Head):
    """One score a sequence; choices of an example lie next to each other."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: examples x choices."""
        vector = self.dropout(pooled_mean(hidden, batch["attention_mask"]))
        scores = self.out(self.dropout(torch.tanh(self.dense(vector))))
        return {"logits": scores.view(batch["labels"].shape[0], -1)}


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Index of the most probable choice."""
    return [
        Prediction(best, probabilities[best], {str(i): round(p, 6) for i, p in enumerate(probabilities)})
        for best, probabilities in most_probable(outputs)
    ]


MULTIPLE_CHOICE = TaskType(
    name="multiple_choice",
    featurize=featurize,
    collate=collate,
    make_head=ChoiceHead,
    loss=loss,
    decode=decode,
    reference=lambda example: example.label,
    collect_labels=no_labels,
)
