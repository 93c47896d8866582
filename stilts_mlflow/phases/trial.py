"""Trials of a target search: each a nested run, judged on English dev."""

import shutil
from dataclasses import dataclass, replace
from typing import Any

import optuna

from stilts_mlflow import tracking
from stilts_mlflow.hpo import Best, Report, Values
from stilts_mlflow.phases.resolve import Training
from stilts_mlflow.phases.target import Job


@dataclass(frozen=True)
class Trials:
    """The trials of one search."""

    job: Job

    def run_one(self, number: int, values: Values, report: Report) -> float:
        """Train with `values`; English dev mean of the best step. A pruned trial ends its run with the tag `pruned`."""
        training = with_values(self.job.training, values)
        key = tracking.RunKey("trial", {**values, "number": number}, {"search": self.job.run.id}, "", "")
        pruned: optuna.TrialPruned | None = None
        with tracking.phase_run(
            key,
            name=f"trial-{number}",
            description=f"Trial {number} of the search in run {self.job.run.id}.",
            config={**values, "output_dir": str(self.job.folder)},
            nested=True,
        ) as run:
            here = self.job.folder / f"trial-{number}"
            shutil.rmtree(here, ignore_errors=True)  # a trial that was cut off starts again
            meta = {**self.job.meta, "trial": number, "values": values}
            trial = replace(self.job, run=run, training=training, folder=here, meta=meta)
            try:
                value = trial.fit(report)
            except optuna.TrialPruned as reason:
                pruned = reason
                run.set_tags({"stilts.trial": "pruned", "stilts.reason": str(reason)})
            else:
                run.set_tags({"stilts.trial": "complete"})
            shutil.rmtree(here / "state", ignore_errors=True)
        if pruned is not None:
            raise pruned
        self.job.run.log({"trials/dev_mean": value}, number)
        return value

    def keep(self, best: Best) -> None:
        """The best trial's checkpoint becomes the run's; its values go to the run's tags and metrics."""
        shutil.rmtree(self.job.folder / "checkpoint", ignore_errors=True)
        shutil.move(self.job.folder / f"trial-{best.number}" / "checkpoint", self.job.folder / "checkpoint")
        self.job.run.log({"best/dev_mean": best.value, "best/trial": float(best.number)})
        self.job.run.log({f"trials/{state}": float(count) for state, count in best.counts.items() if count})
        self.job.run.set_tags({f"best.{name}": str(value) for name, value in best.values.items()})


def with_values(training: Training, values: Values) -> Training:
    """The training with a trial's values."""
    changes: dict[str, Any] = dict(values)
    if "batch_size" in changes:
        changes["batch_sizes"] = (int(changes.pop("batch_size")),)
    if "epochs" in changes:
        changes["epochs"] = (float(changes["epochs"]),)
    if "warmup" in changes:
        changes["warmup_steps"] = 0  # a share of the steps takes the place of a number of them
    return replace(training, **changes)
