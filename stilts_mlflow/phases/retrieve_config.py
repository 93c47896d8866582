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
    layer: int | None = None
    """Hidden state that gives the headline (0 = embeddings); none = the last. Every layer is logged."""
    pooling: Literal["mean", "cls"] = "mean"
    """Sentence vector: mean over the tokens, or the first token."""
    batch_size: int | None = None
    """Sentences per forward pass; none = 64."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size)
        yield from at_least(0, layer=self.layer)
        yield from folder_problems(self.model)
        yield from task_problems(self.tasks, retrieval=True, benchmarks=True)
        yield from language_problems(self.languages, self.tasks)
