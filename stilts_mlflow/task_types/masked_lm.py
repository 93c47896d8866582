"""Masked language modelling (Devlin et al. 2019): 15 % of the sub-words; of these 80 % masked, 10 % random."""

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
    no_labels,
    pad,
)
from stilts_mlflow.tasks.examples import Example, TextExample

RATE = 0.15


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """One input a line of text, cut at the longest length."""
    return encode(tokenizer, [example.text for example in examples if isinstance(example, TextExample)], None, limits)


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`labels`: the original ids at chosen positions, IGNORE elsewhere; masks come from `collation.generator`."""
    if collation.mask_id is None:
        raise ValueError("masked_lm: the tokenizer has no mask token")
    batch = pad(features, collation)
    ids = batch["input_ids"]
    open_places = (
        torch.isin(ids, torch.tensor(sorted(collation.special_ids))).logical_not() & batch["attention_mask"].bool()
    )
    draw = torch.rand(ids.shape, generator=collation.generator)
    chosen = (draw < RATE) & open_places
    if not bool(chosen.any()):  # a batch of very short lines would have no loss at all
        chosen = open_places & (draw == draw.masked_fill(~open_places, 2).min())
    batch["labels"] = ids.masked_fill(~chosen, IGNORE)
    how = torch.rand(ids.shape, generator=collation.generator)
    noise = torch.randint(collation.vocabulary, ids.shape, generator=collation.generator)
    ids = torch.where(chosen & (how < 0.8), torch.tensor(collation.mask_id), ids)
    batch["input_ids"] = torch.where(chosen & (how >= 0.9), noise, ids)
    return batch


class MaskedHead(Head):
    """Transform, then the encoder's own embeddings as output layer (tied), at the chosen positions only."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: chosen positions x vocabulary."""
        chosen = hidden[batch["labels"] != IGNORE]
        return {"logits": self.norm(functional.gelu(self.dense(chosen))) @ embeddings.T}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Cross-entropy over the chosen positions."""
    gold = batch["labels"][batch["labels"] != IGNORE]
    total = functional.cross_entropy(outputs["logits"].float(), gold, reduction="sum")
    return Loss(total, torch.tensor(gold.shape[0], device=gold.device))


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Masked text is trained on, not predicted."""
    raise TypeError("masked_lm has no predictions; it is trained on in a mixture")


MASKED_LM = TaskType(
    name="masked_lm",
    featurize=featurize,
    collate=collate,
    make_head=MaskedHead,
    loss=loss,
    decode=decode,
    reference=lambda example: None,
    collect_labels=no_labels,
)
