"""What `target` can be told."""

from collections.abc import Iterator
from dataclasses import dataclass

from stilts_mlflow.phases.checks import task_problems
from stilts_mlflow.phases.options import TrainOptions
from stilts_mlflow.phases.search_options import SearchOptions


@dataclass(frozen=True, kw_only=True)
class TargetConfig(SearchOptions, TrainOptions):
    """Phase 3: fine-tune that encoder with a new head on a target task's English training set."""

    task: str = "xnli"
    """Target task."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from self.search_problems(self.searchable(), self.lora_rank > 0)
        yield from task_problems(self.task, trainable=True)
