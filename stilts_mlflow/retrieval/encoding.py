"""An encoder with a setting: texts become vectors of the layers that are scored."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stilts_mlflow.model import Model
from stilts_mlflow.retrieval.neighbours import Vectors, centred
from stilts_mlflow.retrieval.protocols import Setting
from stilts_mlflow.retrieval.vectors import LayerVectors, sentence_vectors
from stilts_mlflow.task_types.task_type import Limits


@dataclass(frozen=True)
class Encoding:
    """`layers`: hidden states to score; `headline`: the one that gives the score; `lengths`: query, candidate."""

    model: Model
    tokenizer: Any
    setting: Setting
    batch_size: int
    folder: Path
    layers: tuple[int, ...]
    headline: int

    @classmethod
    def of(cls, model: Model, tokenizer: Any, setting: Setting, batch_size: int, folder: Path) -> "Encoding":
        """All layers; InputError when the setting names one that the encoder does not have."""
        depth = layers_of(model)
        return cls(model, tokenizer, setting, batch_size, folder, tuple(range(depth + 1)), setting.layer_of(depth))

    def alone(self) -> "Encoding":
        """The headline layer only."""
        return replace(self, layers=(self.headline,))

    @property
    def hash(self) -> str:
        """Of the protocol, with the layer that it comes to here."""
        return self.setting.hash(layers_of(self.model))

    @property
    def lengths(self) -> tuple[int, int]:
        """Most sub-words of a query (or of any sentence) and of a candidate, as far as the encoder goes."""
        return min(self.setting.lengths[0], self.model.longest), min(self.setting.lengths[1], self.model.longest)

    def encoded(
        self, texts: Sequence[str], title: str, length: int | None = None
    ) -> AbstractContextManager[LayerVectors]:
        """Vectors of the texts: `layers` x texts x width, of `length` sub-words at most (None: that of a query)."""
        return sentence_vectors(
            self.model,
            self.tokenizer,
            texts,
            Limits(length or self.lengths[0]),
            self.batch_size,
            self.setting.pooling,
            layers=self.layers,
            folder=self.folder,
            title=title,
        )

    def centred(self, vectors: Vectors, languages: Sequence[str] | None = None) -> Vectors:
        """The vectors of one layer, minus the mean of their language where the setting says so (None: of one)."""
        if not self.setting.centre:
            return vectors
        if languages is None:
            return centred(vectors)
        moved, spoken = np.empty_like(vectors), np.array(languages)
        for language in dict.fromkeys(languages):
            moved[spoken == language] = centred(vectors[spoken == language])
        return moved


def layers_of(model: Model) -> int:
    """Depth of the encoder: its hidden states but for the embeddings."""
    config: Any = model.encoder.config
    return int(config.num_hidden_layers)
