"""Sentence vectors: all layers, or the ones asked for, from one forward pass.

Cost: layers x sentences x width x 4 bytes. 400,000 sentences of a BUCC side are 1.6 GB a layer at width 1024, 41 GB for
the 25 layers of XLM-R Large: above `IN_MEMORY` they lie in a file of `folder` from which one layer at a time is read.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stilts_mlflow.batching import in_batches, to_device
from stilts_mlflow.model import Model, collation
from stilts_mlflow.task_types.task_type import Limits, encode, pad

IN_MEMORY = 2 << 30
"""Bytes of vectors that are held in memory."""

Vectors = NDArray[np.float32]


class LayerVectors:
    """Vectors of the texts by place in `layers`: `[i]` is texts x width. Equal texts share a stored row."""

    def __init__(self, distinct: Vectors, rows: Sequence[int]) -> None:
        self.distinct = distinct
        self.rows = None if list(rows) == list(range(distinct.shape[1])) else np.array(rows)

    def __len__(self) -> int:
        return len(self.distinct)

    def __getitem__(self, layer: int) -> Vectors:
        return np.asarray(self.distinct[layer] if self.rows is None else self.distinct[layer][self.rows])


@contextmanager
def sentence_vectors(
    model: Model,
    tokenizer: Any,
    texts: Sequence[str],
    limits: Limits,
    batch_size: int,
    pooling: str,
    *,
    layers: Sequence[int],
    folder: Path,
    title: str | None = None,
) -> Iterator[LayerVectors]:
    """Unit vectors: layers x texts x width (float32), gone after the `with`.

    Texts lose outer spaces; equal ones are encoded once and have the same vector to the last bit.
    """
    places: dict[str, int] = {}
    rows = [places.setdefault(text.strip(), len(places)) for text in texts]
    features = encode(tokenizer, list(places), None, limits)
    with _storage((len(layers), len(places), model.width), folder) as found:
        _fill(found, model, tokenizer, features, batch_size, pooling, layers, title)
        yield LayerVectors(found, rows)


def _fill(
    found: Vectors,
    model: Model,
    tokenizer: Any,
    features: Sequence[dict[str, Any]],
    batch_size: int,
    pooling: str,
    layers: Sequence[int],
    title: str | None,
) -> None:
    """Encode in batches of similar length."""
    collate, device = collation(tokenizer, 0), next(model.parameters()).device
    wanted = torch.tensor(list(layers), device=device)
    model.eval()

    def run(indices: Sequence[int]) -> None:
        batch = to_device(pad([features[i] for i in indices], collate), device)
        with torch.inference_mode():
            found[:, list(indices)] = model.sentence_vectors(batch, pooling)[wanted].cpu().numpy()

    in_batches(run, [int(feature["length"]) for feature in features], batch_size, title)


@contextmanager
def _storage(shape: tuple[int, ...], folder: Path) -> Iterator[Vectors]:
    """An array in memory, or in a file when it is large."""
    if 4 * int(np.prod(shape)) <= IN_MEMORY:
        yield np.empty(shape, dtype=np.float32)
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix="vectors-") as file:
        yield np.memmap(file.name, dtype=np.float32, mode="w+", shape=shape)
