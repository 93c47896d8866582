"""What `target` can be told."""

from collections.abc import Iterator
from dataclasses import dataclass

from stilts_mlflow.phases.checks import at_least, task_problems
from stilts_mlflow.phases.options import TrainOptions


@dataclass(frozen=True, kw_only=True)
class TargetConfig(TrainOptions):
    """Phase 3: fine-tune that encoder with a new head on a target task's English training set."""

    task: str = "xnli"
    """Target task."""
    n_trials: int = 0
    """Optuna trials over the hyper-parameters, judged on English dev; 0 = no search."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, n_trials=self.n_trials)
        yield from task_problems(self.task, trainable=True)
