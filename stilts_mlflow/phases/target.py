"""Phase 3: fine-tune an encoder with a new head on a target task's English training set.

python -m entry_points.target --model runs:/<intermediate run>/checkpoint --task xnli --n_trials 10
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.encoder import Encoder, find_encoder
from stilts_mlflow.phases.resolve import Training, overrides, resolve
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task


def target(config: TargetConfig) -> str:
    """Train for `config.task`; returns the run id. Tasks that train on the same data share one run and head."""
    tracking.connect(config.experiment)
    run_id = train_target(config)
    owner = tracking.run_tags(run_id).get("tasks", config.task)
    if owner != config.task:
        print(f"target {config.task}: shared with {owner}; evaluate it with tasks={config.task}")
    return run_id


def train_target(config: TargetConfig) -> str:
    """The same in a store that is connected."""
    row = TASKS[config.task]
    task = training_row(row)
    source = source_of(config)
    inputs = inputs_of([(task, "train", "en"), (TASKS[row.selects_on], "dev", "en")], source)
    start = start_of(config, row)
    training = resolve(config, [task], start.encoder)
    options = key_config(config, **training.shown(), task=task.name, selects_on=row.selects_on)
    key = tracking.RunKey("target", options, start.parents, data_key(inputs), tracking.code_version())
    told = asdict(replace(config, search_storage=tracking.shown(config.search_storage or "") or None))

    def work(run: tracking.Run, folder: Path) -> str | None:
        meta: dict[str, Any] = {
            "phase": "target",
            "task": config.task,
            "tasks": [task.name],
            "selects_on": row.selects_on,
        }
        meta |= {"parents": start.parents, "run_id": run.id, "builtin": start.encoder.is_builtin, "config": told}
        job = Job(run, key, start, task, source, training, folder, meta)
        if config.searches:
            from stilts_mlflow.phases.search import search_and_fit

            return search_and_fit(config, job)
        job.fit()
        run.log_folder(folder / "checkpoint", "checkpoint")
        return None

    return reuse_or_work(
        key,
        work,
        name=config.task,
        description=describe(config, task, start),
        config=told | training.shown(),
        inputs=inputs,
        tags={"tasks": config.task, "recipe": training.recipe, "overrides": overrides(config)} | lineage(start),
        shared=config.searches,
    )


@dataclass(frozen=True)
class Start:
    """What a target training goes on from: the checkpoint at `place`, which is the encoder or, for a task with a
    `first`, the finished target run of that one; `head_of` names the head that comes along then."""

    encoder: Encoder
    place: Path | str
    parents: Mapping[str, str]
    head_of: str = ""
    first: str = ""


def start_of(config: TargetConfig, row: Task) -> Start:
    """Find the encoder; where another target comes first, make its run (or find it finished), with the same options."""
    encoder = find_encoder(config.model, config)
    if not row.first:
        return Start(encoder, encoder.place, encoder.parents)
    first = TASKS[row.first]
    if first.type != row.type:
        raise InputError(f"{row.name}: {first.name} comes first and is {first.type}; expected {row.type}, as here")
    with tracking.given_run_aside():
        run_id = train_target(replace(config, task=first.name, model=encoder.uri))
    place = tracking.resolve_model(f"runs:/{run_id}/checkpoint")
    return Start(encoder, place, encoder.parents | {"first": run_id}, first.trains_on, first.name)


def describe(config: TargetConfig, task: Task, start: Start) -> str:
    """What the run is, in words."""
    limits = [f"{config.n_trials} trials"] if config.n_trials else []
    limits += [f"{config.search_minutes:g} minutes"] if config.search_minutes else []
    searched = f", best of a search of {' or '.join(limits)}" if limits else ""
    after = f", after {start.first} and with its head (run {start.parents['first']})" if start.first else ""
    return (
        f"Phase 3: {start.encoder.uri} fine-tuned on English {task.title} for {config.task}{after} "
        f"({config.data} data, seed {config.seed}{searched}); selected on English dev."
    )


def lineage(start: Start) -> dict[str, str]:
    """Tags that say what the run goes back to: the encoder, the intermediate tasks behind it, the target before."""
    encoder = start.encoder
    tags = {"selection": "english", "model": encoder.uri, "parent.model": encoder.identity}
    if start.first:
        tags |= {"first": start.first, "parent.first": start.parents["first"]}
    return tags | encoder_lineage(encoder)


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
    key: tracking.RunKey
    start: Start
    task: Task
    source: DataSource
    training: Training
    folder: Path
    meta: Mapping[str, Any]

    def fit(self, watch: Callable[[float, float], None] = lambda share, value: None) -> float:
        """One training with the resolved values; its best English dev mean."""
        from stilts_mlflow import memory
        from stilts_mlflow.phases.fit import fit

        done = fit(
            self.start.place,
            [self.task],
            self.source,
            self.training,
            self.folder / "state",
            self.folder / "checkpoint",
            self.meta,
            metrics=self.run.log,
            watch=watch,
            head_of=self.start.head_of,
        )
        self.run.set_tags({"peak_memory_of": memory.kind()})
        return done.best
