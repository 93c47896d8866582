"""What `retrieve` can be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.phases.checks import at_least, folder_problems, language_problems, task_problems
from stilts_mlflow.phases.options import DataOptions


@dataclass(frozen=True, kw_only=True)
class RetrieveConfig(DataOptions):
    """Score sentence retrieval with an encoder as it is: no head, no training."""

    model: str | None = None
    """Hub id, folder, runs:/<id>/checkpoint or models:/<name>@<alias>; none = built-in (demo) or XLM-R Large."""
    tasks: str = "tatoeba"
    """Comma list of retrieval tasks; xtreme and xtreme_r stand for those of the benchmark."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    protocol: Literal["none", "paper", "xtreme"] = "none"
    """Preset of what is left at none below: paper (14/24 of the depth), xtreme (its scripts), none (the last layer)."""
    layer: int | None = None
    """Hidden state that gives the headline (0 = embeddings); none = the protocol's."""
    pooling: Literal["mean", "cls"] | None = None
    """Sentence vector: mean over the tokens, or the first token (cls); none = the protocol's."""
    margin: Literal["cosine", "ratio", "distance"] | None = None
    """cosine, or it against that of the k nearest: ratio, distance; none = the protocol's (bucc2018: ratio)."""
    k: int | None = None
    """Neighbours of a margin; none = 4."""
    center: Literal["on", "off"] = "off"
    """on: subtract from every language's sentence vectors their mean."""
    layers: Literal["all", "headline"] = "all"
    """Which layers to score and log, from one forward pass; headline alone needs the memory and time of one."""
    batch_size: int | None = None
    """Sentences per forward pass; none = 64."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size, k=self.k)
        yield from at_least(0, layer=self.layer)
        yield from folder_problems(self.model)
        yield from task_problems(self.tasks, retrieval=True, benchmarks=True)
        yield from language_problems(self.languages, self.tasks)
