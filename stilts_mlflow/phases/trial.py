"""Trials of a target search: each a nested run, judged on English dev."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
import torch

from stilts_mlflow import tracking
from stilts_mlflow.hpo import Draw, Values
from stilts_mlflow.phases.resolve import Training
from stilts_mlflow.phases.target import Job


@dataclass
class Trials:
    """The trials that this process runs; of their checkpoints only the best is kept."""

    job: Job
    kept: tuple[float, Path] | None = field(default=None)

    def run_one(self, draw: Draw) -> float:
        """Train with the drawn values; English dev mean of the best step.

        A trial that lags behind, diverges or does not fit into the memory ends its run with the tag `pruned`.
        """
        here, pruned = self.folder(draw), None
        key = tracking.RunKey("trial", {**draw.values, "number": draw.number}, {"search": self.job.run.id}, "", "")
        with tracking.phase_run(
            key,
            name=f"trial-{draw.number}",
            description=describe(draw, self.job),
            config={**draw.values, "output_dir": str(self.job.folder)},
            tags={} if draw.origin == draw.number else {"stilts.trial.repeats": str(draw.origin)},
            nested=True,
        ) as run:
            draw.note("run", run.id)
            meta = {**self.job.meta, "trial": draw.number, "values": draw.values}
            training = with_values(self.job.training, draw.values)
            try:
                value = replace(self.job, run=run, training=training, folder=here, meta=meta).fit(draw.report)
            except (optuna.TrialPruned, FloatingPointError, torch.OutOfMemoryError) as reason:
                pruned = " ".join(str(reason).split())[:300]
            run.set_tags({"stilts.trial": "pruned" if pruned else "complete", "stilts.reason": pruned or "trained"})
            shutil.rmtree(here / "state", ignore_errors=True)
        if pruned is not None:
            shutil.rmtree(here, ignore_errors=True)
            draw.note("reason", pruned)
            raise optuna.TrialPruned(pruned)
        self.job.run.log({"trials/dev_mean": value}, draw.number)
        draw.note("checkpoint", str((here / "checkpoint").absolute()))
        self.keep_the_best(value, here)
        return value

    def folder(self, draw: Draw) -> Path:
        """Where a trial trains: one that repeats another finds the state of that one and goes on from there."""
        values = tracking.RunKey("trial", draw.values, {}, "", "").fingerprint[:8]
        return self.job.folder / f"trial-{draw.origin}-{values}"

    def keep_the_best(self, value: float, folder: Path) -> None:
        """Checkpoints are large: that of a trial which is not the best goes."""
        if self.kept is not None and self.kept[0] >= value:
            shutil.rmtree(folder, ignore_errors=True)
            return
        if self.kept is not None:
            shutil.rmtree(self.kept[1], ignore_errors=True)
        self.kept = value, folder


def describe(draw: Draw, job: Job) -> str:
    """What a trial is, in words."""
    repeats = "" if draw.origin == draw.number else f", which repeats trial {draw.origin}"
    return f"Trial {draw.number}{repeats} of the search in run {job.run.id}."


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
