"""What `evaluate` can be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.phases.checks import at_least, language_problems, required_model, task_problems
from stilts_mlflow.phases.options import DataOptions

ALL = "all"
"""Of tasks: every one with the split that uses a head of the checkpoint."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(DataOptions):
    """Score a fine-tuned checkpoint zero-shot in every language of its tasks."""

    model: str | None = None
    """runs:/<id>/checkpoint of a target run, models:/<name>@<alias>, or a checkpoint folder."""
    tasks: str | None = None
    """Comma list of tasks, xtreme, xtreme_r, or all that use a head of the checkpoint; none = its own target."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    batch_size: int | None = None
    """Examples per forward pass; none = by sub-words, as many as fit. Halved when memory runs out."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size)
        yield from required_model(self.model)
        tasks = None if self.tasks is None or self.tasks.strip() == ALL else self.tasks
        if tasks is not None:
            yield from task_problems(tasks, benchmarks=True)
        yield from language_problems(self.languages, tasks)
