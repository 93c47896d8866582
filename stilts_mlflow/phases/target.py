"""Phase 3: fine-tune an encoder with a new head on a target task's English training set.

python -m entry_points.target --model runs:/<intermediate run>/checkpoint --task xnli --n_trials 10
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.phases.config import TargetConfig
from stilts_mlflow.phases.encoder import Encoder, find_encoder
from stilts_mlflow.phases.resolve import Training, resolve
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task


def target(config: TargetConfig) -> str:
    """Train for `config.task`; returns the run id. Tasks that train on the same data share one run and head."""
    tracking.connect(config.experiment)
    row = TASKS[config.task]
    task = TASKS[row.trains_on]
    source = source_of(config)
    inputs = inputs_of([(task, "train", "en"), (TASKS[row.selects_on], "dev", "en")], source)
    encoder = find_encoder(config.model, config)
    training = resolve(config, [task], encoder)
    options = key_config(config, **training.shown(), task=task.name, selects_on=row.selects_on)
    key = tracking.RunKey("target", options, encoder.parents, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        meta = {
            "phase": "target",
            "task": config.task,
            "tasks": [task.name],
            "selects_on": row.selects_on,
            "parents": encoder.parents,
            "run_id": run.id,
            "builtin": encoder.is_builtin,
            "config": asdict(config),
        }
        if config.n_trials:
            search_and_fit(config.n_trials, run, encoder, row, source, training, folder, meta)
        else:
            fit_once(run, encoder, row, source, training, folder, meta)
        run.log_folder(folder / "checkpoint", "checkpoint")

    searched = f", best of {config.n_trials} trials" if config.n_trials else ""
    return reuse_or_work(
        key,
        work,
        name=config.task,
        description=f"Phase 3: {encoder.uri} fine-tuned on English {task.title or task.name} for {config.task} "
        f"({config.data} data, seed {config.seed}{searched}); selected on English dev.",
        config=asdict(config) | training.shown(),
        inputs=inputs,
        tags={
            "tasks": config.task,
            "selection": "english",
            "model": encoder.uri,
            "parent.model": encoder.identity,
            **encoder_lineage(encoder),
        },
    )


def encoder_lineage(encoder: Encoder) -> dict[str, str]:
    """Intermediate tasks behind the encoder, from its own run, so that runs can be grouped by them."""
    if not encoder.uri.startswith("runs:/"):
        return {"intermediate": "none"}
    tags = tracking.run_tags(encoder.identity)
    return {"intermediate": tags.get("tasks", "none") if tags.get("phase") == "intermediate" else "none"}


def training_row(row: Task) -> Task:
    """The training task, selecting on what the target selects on (xnli trains on mnli and selects on xnli dev)."""
    from dataclasses import replace

    return replace(TASKS[row.trains_on], selects_on=row.selects_on)


def fit_once(
    run: tracking.Run,
    encoder: Encoder,
    row: Task,
    source: DataSource,
    training: Training,
    folder: Path,
    meta: dict[str, Any],
) -> None:
    """One training with the resolved values."""
    from stilts_mlflow.phases.fit import fit

    fit(
        encoder.place,
        [training_row(row)],
        source,
        training,
        folder / "state",
        folder / "checkpoint",
        meta,
        metrics=run.log,
    )


def search_and_fit(
    n_trials: int,
    run: tracking.Run,
    encoder: Encoder,
    row: Task,
    source: DataSource,
    training: Training,
    folder: Path,
    meta: dict[str, Any],
) -> None:
    """A nested run a trial; the best trial's checkpoint becomes the run's."""
    from stilts_mlflow.hpo import search
    from stilts_mlflow.phases.recipes import search_space
    from stilts_mlflow.phases.trial import Trials

    trials = Trials(run, encoder, training_row(row), source, training, folder, meta)
    space = search_space(training.recipe, row.type, training.lora_rank > 0)
    best = search(trials.run_one, space, n_trials, folder / "trials.journal", row.name, training.seed)
    trials.keep(best)
