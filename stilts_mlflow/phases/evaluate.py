"""Zero-shot evaluation: one checkpoint, its tasks, every language.

python -m entry_points.evaluate --model runs:/<target run>/checkpoint --languages all
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.checkpoint_meta import read_meta
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.encoder import identity
from stilts_mlflow.phases.evaluate_config import ALL, EvaluateConfig
from stilts_mlflow.phases.words import scored
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.scores import Score, transfer_gap, zero_shot_mean
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick


def evaluate(config: EvaluateConfig) -> str:
    """Score `config.model`; returns the run id. Scores are metrics and a table, predictions an artifact."""
    tracking.connect(config.experiment)
    uri = str(config.model)
    place = tracking.resolve_model(uri)
    meta = read_meta(place)
    source = source_of(config)
    wanted = wanted_of(config, meta, source)
    if not any(wanted.values()):
        raise InputError(f"languages={config.languages!r}: none of {', '.join(wanted)} has data in them")
    inputs = inputs_of([(TASKS[name], config.split, code) for name, codes in wanted.items() for code in codes], source)
    model_id = identity(uri, Path(place))
    names = ",".join(name for name, codes in wanted.items() if codes)
    options = key_config(config, tasks=names, languages=wanted, batch_size=None)
    key = tracking.RunKey("evaluate", options, {"model": model_id}, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        from stilts_mlflow.phases.scoring import Scoring, score_tasks

        scoring = Scoring(meta, model_id, config.split, source, run, folder)
        scores = score_tasks(Path(place), wanted, config.batch_size, scoring)
        run.log_scores(scores)
        run.log(averages(scores))

    return reuse_or_work(
        key,
        work,
        name=names,
        description=f"Zero-shot evaluation of {uri} on {names} ({config.split}, {config.data} data) in "
        f"{sum(map(len, wanted.values()))} task-language pairs.",
        config=asdict(config) | {"tasks": names},
        inputs=inputs,
        tags={"tasks": names, "selection": "english", "model": uri, "parent.model": model_id},
    )


def wanted_of(config: EvaluateConfig, meta: Mapping[str, Any], source: DataSource) -> dict[str, tuple[str, ...]]:
    """Languages to score, by task. What a word (all, xtreme) brings in is left out where it has no data or no head."""
    given = [name.strip() for name in (config.tasks or "").split(",")]
    if not config.tasks:
        tasks = own_tasks(meta, config.split)
    elif config.tasks.strip() == ALL:
        tasks = fitting_tasks(meta, config.split)
    else:
        tasks = pick(TASKS, spelled_out(config.tasks, TASKS, retrieval=False))
        tasks = [task for task in tasks if task.name in given or task.trains_on in meta["heads"]]
    # The target that a checkpoint was trained for is meant by itself, other tasks of its heads are not.
    own = meta.get("task") if not config.tasks and [task.name for task in tasks] == [meta.get("task")] else None
    if not tasks:
        raise InputError(f"tasks={config.tasks!r}: none of them uses a head of this checkpoint ({heads_of(meta)})")
    if own and (others := [task.name for task in fitting_tasks(meta, config.split) if task.name != own]):
        print(f"scoring {own}; the head serves these too (tasks=...): {', '.join(others)}")
    found = scored(tasks, {*given, own or ""}, config.split, source, config.languages)
    return {task.name: codes for task, codes in found}


def heads_of(meta: Mapping[str, Any]) -> str:
    """Names of the heads of a checkpoint."""
    return ", ".join(meta["heads"]) or "none"


def own_tasks(meta: Mapping[str, Any], split: str) -> list[Task]:
    """The target that a checkpoint was trained for, else every task that uses one of its heads and has `split`."""
    own = meta.get("task")
    return [TASKS[own]] if own and split in TASKS[own].files else fitting_tasks(meta, split)


def fitting_tasks(meta: Mapping[str, Any], split: str) -> list[Task]:
    """Every task with `split` that uses a head of the checkpoint: what the word `all` stands for."""
    fitting = [task for task in TASKS.values() if task.trains_on in meta["heads"] and split in task.files]
    found = [task for task in fitting if task.type not in ("masked_lm", "sentence_retrieval")]
    if not found:
        raise InputError(f"no task with a {split} split uses the heads of this checkpoint ({heads_of(meta)})")
    return found


def averages(scores: Sequence[Score]) -> dict[str, float]:
    """Per task and metric: mean over all languages, over all but English, and the transfer gap."""
    found: dict[str, float] = {}
    for task, metric in dict.fromkeys((score.task, score.metric) for score in scores):
        mine = [score for score in scores if (score.task, score.metric) == (task, metric)]
        found[f"average/{task}/{metric}"] = sum(score.value for score in mine) / len(mine)
        languages = {score.language for score in mine}
        if len(languages) > 1:
            found[f"zero_shot_mean/{task}/{metric}"] = zero_shot_mean(mine, task, metric)
        if len(languages) > 1 and "en" in languages:
            found[f"transfer_gap/{task}/{metric}"] = transfer_gap(mine, task, metric)
    return found
