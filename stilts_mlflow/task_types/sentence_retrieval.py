"""Sentence retrieval: no head. Trained by translation ranking, scored by `retrieval.py`.

Loss: each sentence has to find its translation among those of the batch, in both directions, with an
additive margin (Yang et al. 2019; LaBSE, Feng et al. 2022, section 3).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from stilts_mlflow.task_types.task_type import (
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
    pooled_mean,
)
from stilts_mlflow.tasks.examples import BitextExample, Example

MARGIN = 0.2
SCALE = 20.0


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """`input_ids`: [source, target] of each complete pair; distractors are left out."""
    pairs = [(i, e) for i, e in enumerate(examples) if isinstance(e, BitextExample) and e.source and e.target]
    sources = encode(tokenizer, [e.source or "" for _, e in pairs], None, limits)
    targets = encode(tokenizer, [e.target or "" for _, e in pairs], None, limits)
    rows = []
    for (number, _), source, target in zip(pairs, sources, targets, strict=True):
        row: Features = {key: [source[key], target[key]] for key in source if key not in ("example", "length")}
        row.update(example=number, length=max(source["length"], target["length"]))
        rows.append(row)
    return rows


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """Sequences 2i and 2i + 1 are translations of each other."""
    return pad(features, collation)


class SentenceHead(Head):
    """No parameters: the normalised mean of the encoder's last layer."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`vectors`: pairs x 2 x width, unit length."""
        vectors = functional.normalize(pooled_mean(hidden, batch["attention_mask"]), dim=-1)
        return {"vectors": vectors.view(-1, 2, vectors.shape[-1])}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Translation ranking in both directions, mean of the two, summed over pairs."""
    vectors = outputs["vectors"].float()
    similarity = vectors[:, 0] @ vectors[:, 1].T
    gold = torch.arange(len(vectors), device=vectors.device)
    scores = SCALE * (similarity - MARGIN * torch.eye(len(vectors), device=vectors.device))
    both = [functional.cross_entropy(matrix, gold, reduction="sum") for matrix in (scores, scores.T)]
    return Loss((both[0] + both[1]) / 2, torch.tensor(len(vectors), device=vectors.device))


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Retrieval compares whole pools: see `retrieval.py`."""
    raise TypeError("sentence_retrieval is scored by retrieval.py, over whole pools")


SENTENCE_RETRIEVAL = TaskType(
    name="sentence_retrieval",
    featurize=featurize,
    collate=collate,
    make_head=SentenceHead,
    loss=loss,
    decode=decode,
    reference=lambda example: None,
    collect_labels=no_labels,
)
