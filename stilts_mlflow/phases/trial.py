"""Trials of a target search: each a nested run, judged on English dev."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.hpo import Best, Report, Values
from stilts_mlflow.phases.encoder import Encoder
from stilts_mlflow.phases.fit import fit
from stilts_mlflow.phases.resolve import Training
from stilts_mlflow.tasks.task import Task


@dataclass(frozen=True)
class Trials:
    """Everything that the trials of one search share."""

    run: tracking.Run
    encoder: Encoder
    task: Task
    source: DataSource
    training: Training
    folder: Path
    meta: Mapping[str, Any]

    def run_one(self, number: int, values: Values, report: Report) -> float:
        """Train with `values`; English dev mean of the best step. A pruned trial ends its run with the tag `pruned`."""
        training = with_values(self.training, values)
        key = tracking.RunKey("trial", {**values, "number": number}, {"search": self.run.id}, "", "")
        pruned: optuna.TrialPruned | None = None
        with tracking.phase_run(
            key,
            name=f"trial-{number}",
            description=f"Trial {number} of the search in run {self.run.id}.",
            config={**values, "output_dir": str(self.folder)},
            nested=True,
        ) as run:
            here = self.folder / f"trial-{number}"
            shutil.rmtree(here, ignore_errors=True)  # a trial that was cut off starts again
            meta = {**self.meta, "trial": number, "values": values}
            try:
                progress = fit(
                    self.encoder.place,
                    [self.task],
                    self.source,
                    training,
                    here / "state",
                    here / "checkpoint",
                    meta,
                    metrics=run.log,
                    watch=report,
                )
            except optuna.TrialPruned as reason:
                pruned = reason
                run.set_tags({"stilts.trial": "pruned", "stilts.reason": str(reason)})
            else:
                run.set_tags({"stilts.trial": "complete"})
            shutil.rmtree(here / "state", ignore_errors=True)
        if pruned is not None:
            raise pruned
        self.run.log({"trials/dev_mean": progress.best}, number)
        return progress.best

    def keep(self, best: Best) -> None:
        """The best trial's checkpoint becomes the run's; its values go to the run's tags and metrics."""
        shutil.rmtree(self.folder / "checkpoint", ignore_errors=True)
        shutil.move(self.folder / f"trial-{best.number}" / "checkpoint", self.folder / "checkpoint")
        self.run.log({"best/dev_mean": best.value, "best/trial": float(best.number)})
        self.run.log({f"trials/{state}": float(count) for state, count in best.counts.items() if count})
        self.run.set_tags({f"best.{name}": str(value) for name, value in best.values.items()})


def with_values(training: Training, values: Values) -> Training:
    """The training with a trial's values."""
    changes: dict[str, Any] = dict(values)
    if "batch_size" in changes:
        changes["batch_sizes"] = (int(changes.pop("batch_size")),)
    if "epochs" in changes:
        changes["epochs"] = (float(changes["epochs"]),)
    return replace(training, **changes)
