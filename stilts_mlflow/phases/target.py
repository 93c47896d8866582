"""Phase 3: fine-tune an encoder with a new head on a target task's English training set.

python -m entry_points.target --model runs:/<intermediate run>/checkpoint --task xnli --n_trials 10
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.phases.encoder import Encoder, find_encoder
from stilts_mlflow.phases.resolve import Training, overrides, resolve
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task


def target(config: TargetConfig) -> str:
    """Train for `config.task`; returns the run id. Tasks that train on the same data share one run and head."""
    tracking.connect(config.experiment)
    row = TASKS[config.task]
    task = training_row(row)
    source = source_of(config)
    inputs = inputs_of([(task, "train", "en"), (TASKS[row.selects_on], "dev", "en")], source)
    encoder = find_encoder(config.model, config)
    training = resolve(config, [task], encoder)
    options = key_config(config, **training.shown(), task=task.name, selects_on=row.selects_on)
    key = tracking.RunKey("target", options, encoder.parents, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        meta: dict[str, Any] = {
            "phase": "target",
            "task": config.task,
            "tasks": [task.name],
            "selects_on": row.selects_on,
        }
        meta |= {"parents": encoder.parents, "run_id": run.id, "builtin": encoder.is_builtin, "config": asdict(config)}
        job = Job(run, encoder, task, source, training, folder, meta)
        if config.n_trials:
            search_and_fit(config.n_trials, job)
        else:
            job.fit()
        run.log_folder(folder / "checkpoint", "checkpoint")

    tags = {"tasks": config.task, "selection": "english", "model": encoder.uri, "parent.model": encoder.identity}
    tags |= {"recipe": training.recipe, "overrides": overrides(config)}
    return reuse_or_work(
        key,
        work,
        name=config.task,
        description=describe(config, task, encoder),
        config=asdict(config) | training.shown(),
        inputs=inputs,
        tags=tags | encoder_lineage(encoder),
    )


def describe(config: TargetConfig, task: Task, encoder: Encoder) -> str:
    """What the run is, in words."""
    searched = f", best of {config.n_trials} trials" if config.n_trials else ""
    return (
        f"Phase 3: {encoder.uri} fine-tuned on English {task.title} for {config.task} ({config.data} data, "
        f"seed {config.seed}{searched}); selected on English dev."
    )


def encoder_lineage(encoder: Encoder) -> dict[str, str]:
    """Intermediate tasks behind the encoder, from its own run, so that runs can be grouped by them."""
    if not encoder.uri.startswith("runs:/"):
        return {"intermediate": "none"}
    tags = tracking.run_tags(encoder.identity)
    return {"intermediate": tags.get("tasks", "none") if tags.get("phase") == "intermediate" else "none"}


def training_row(row: Task) -> Task:
    """The training task, selecting on what the target selects on (xnli trains on mnli and selects on xnli dev)."""
    return replace(TASKS[row.trains_on], selects_on=row.selects_on)


@dataclass(frozen=True)
class Job:
    """Everything that one target training needs; the trials of a search share it."""

    run: tracking.Run
    encoder: Encoder
    task: Task
    source: DataSource
    training: Training
    folder: Path
    meta: Mapping[str, Any]

    def fit(self, watch: Callable[[int, float], None] = lambda step, value: None) -> float:
        """One training with the resolved values; its best English dev mean."""
        from stilts_mlflow.phases.fit import fit

        state, output = self.folder / "state", self.folder / "checkpoint"
        place, tasks = self.encoder.place, [self.task]
        done = fit(
            place, tasks, self.source, self.training, state, output, self.meta, metrics=self.run.log, watch=watch
        )
        return done.best


def search_and_fit(n_trials: int, job: Job) -> None:
    """A nested run a trial; the best trial's checkpoint becomes the run's."""
    from stilts_mlflow.hpo import search
    from stilts_mlflow.phases.recipes import search_space
    from stilts_mlflow.phases.trial import Trials

    trials = Trials(job)
    space = search_space(job.training.recipe, job.task, job.training.lora_rank > 0)
    journal = job.folder / "trials.journal"
    trials.keep(search(trials.run_one, space, n_trials, journal, job.task.name, job.training.seed))
