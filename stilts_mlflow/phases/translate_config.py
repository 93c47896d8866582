"""What the entry point `translate` can be told; apart from `config.py` to keep both short."""

from collections.abc import Iterator
from dataclasses import dataclass

from stilts_mlflow.phases.checks import (
    at_least,
    folder_problems,
    task_problems,
    translatable_problems,
    translate_problems,
)
from stilts_mlflow.phases.options import DataOptions, Precision


@dataclass(frozen=True, kw_only=True)
class TranslateConfig(DataOptions):
    """Make machine-translated training sets of intermediate tasks."""

    model: str | None = None
    """Translation model from English (Marian, NLLB or M2M-100): Hub id or folder."""
    tasks: str = "mnli"
    """Comma list of tasks whose English training sets are translated."""
    languages: str = "de"
    """Comma list of language codes, or all."""
    batch_size: int = 16
    """Sentences per call of the model."""
    beams: int = 4
    """Width of the beam search; 1 = greedy."""
    max_length: int = 256
    """Longest piece in sub-words; longer sentences are parted."""
    precision: Precision = "auto"
    """auto: bf16 on a GPU that has it, else fp32."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size, beams=self.beams)
        yield from at_least(16, max_length=self.max_length)
        yield from task_problems(self.tasks, trainable=True)
        yield from translatable_problems(self.tasks)
        yield from translate_problems(self.languages, None)
        yield from folder_problems(self.model)
        if self.model is None:
            yield "model is not set: give the folder or Hub id of a translation model"
