"""Sentence retrieval with an encoder as it is: Tatoeba (BUCC2018, LAReQA and Mewsli-X join here).

Protocol, Tatoeba: `third_party/utils_retrieve.py` and `evaluate.py` of XTREME: the index is built on the
foreign side and queried with English; accuracy of the nearest neighbour by cosine. Which layer is best
is disputed between implementations, so every layer is scored from one forward pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stilts_mlflow.errors import InputError
from stilts_mlflow.evaluation import in_batches, to_device
from stilts_mlflow.model import Model, collation
from stilts_mlflow.task_types.task_type import Limits, encode, pad
from stilts_mlflow.tasks.examples import BitextExample, Example

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Pools:
    """Foreign and English sentences in the order of their files; `gold[i]`: foreign index of English i, -1 = none."""

    foreign: tuple[str, ...]
    english: tuple[str, ...]
    gold: NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Nearest neighbours of one layer: foreign index of each English sentence, and English of each foreign one."""

    layer: int
    to_foreign: NDArray[np.int64]
    to_english: NDArray[np.int64]
    similarity: NDArray[np.float32]


def pools(examples: Sequence[Example]) -> Pools:
    """Pools of BitextExamples; sentences without a partner are distractors."""
    rows = [example for example in examples if isinstance(example, BitextExample)]
    sources = sorted((row for row in rows if row.source is not None), key=lambda row: row.source_order)
    place = {id(row): index for index, row in enumerate(sources)}
    targets = [row for row in rows if row.target is not None]
    gold = np.array([place.get(id(row), -1) for row in targets], dtype=np.int64)
    if not (gold >= 0).any():
        raise InputError("sentence retrieval: no complete pair among the examples")
    return Pools(tuple(r.source or "" for r in sources), tuple(r.target or "" for r in targets), gold)


def sentence_vectors(
    model: Model,
    tokenizer: Any,
    texts: Sequence[str],
    limits: Limits,
    batch_size: int,
    pooling: str,
    title: str | None = None,
) -> Vectors:
    """Unit vectors of every layer: layers + 1 x texts x width."""
    features = encode(tokenizer, texts, None, limits)
    collate = collation(tokenizer, 0)
    device = next(model.parameters()).device
    model.eval()
    found: list[Any] = [None] * len(texts)

    def run(indices: Sequence[int]) -> None:
        batch = to_device(pad([features[i] for i in indices], collate), device)
        with torch.inference_mode():
            vectors = model.sentence_vectors(batch, pooling).cpu().numpy()
        for row, i in enumerate(indices):
            found[i] = vectors[:, row]

    in_batches(run, [int(feature["length"]) for feature in features], batch_size, title)
    return np.stack(found, axis=1)


def search(foreign: Vectors, english: Vectors) -> list[Found]:
    """Nearest neighbours by cosine in both directions, layer by layer (vectors: layers x sentences x width)."""
    found = []
    for layer, (ours, theirs) in enumerate(zip(foreign, english, strict=True)):
        to_foreign, similarity = nearest(theirs, ours)
        to_english, _ = nearest(ours, theirs)
        found.append(Found(layer, to_foreign, to_english, similarity))
    return found


def nearest(queries: Vectors, index: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each query the position and cosine of its nearest index vector (unit vectors, exact search)."""
    import faiss

    flat = faiss.IndexFlatIP(index.shape[1])
    flat.add(np.ascontiguousarray(index))
    similarity, positions = flat.search(np.ascontiguousarray(queries), 1)
    return positions[:, 0], similarity[:, 0]


def accuracies(found: Found, gold: NDArray[np.int64]) -> dict[str, float]:
    """Points. `accuracy`: English finds foreign (the official direction); `accuracy_to_english`: the other one."""
    known = gold >= 0
    forward = found.to_foreign[known] == gold[known]
    backward = found.to_english[gold[known]] == np.flatnonzero(known)
    return {"accuracy": 100 * float(forward.mean()), "accuracy_to_english": 100 * float(backward.mean())}
