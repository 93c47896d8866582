"""Phase 2: fine-tune an encoder on English intermediate tasks.

python -m entry_points.intermediate --tasks mnli
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import parse_languages
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.encoder import find_encoder
from stilts_mlflow.phases.resolve import overrides, resolve
from stilts_mlflow.phases.translated import resolved, tags_of, training_source
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work
from stilts_mlflow.tasks.intermediate import PAPER_TASKS
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick


def intermediate(config: IntermediateConfig) -> str:
    """Train on the mixture `config.tasks`; returns the run id. The artifact `checkpoint` is the result."""
    tracking.connect(config.experiment)
    source = training_source(config)
    tasks = [in_languages(task, config.mlm_languages, source) for task in pick(TASKS, config.tasks, PAPER_TASKS)]
    translated = resolved(tasks, source)
    inputs = inputs_of(splits(tasks, translated), source)
    encoder = find_encoder(config.model, config)
    training = resolve(config, tasks, encoder, "intermediate")
    names = ",".join(task.name for task in tasks)
    options = key_config(config, **training.shown(), tasks=names, translate=translated)
    key = tracking.RunKey("intermediate", options, encoder.parents, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        from stilts_mlflow.phases.fit import fit

        meta = {
            "phase": "intermediate",
            "tasks": [task.name for task in tasks],
            "parents": encoder.parents,
            "run_id": run.id,
            "builtin": encoder.is_builtin,
            "config": asdict(config),
        }
        fit(encoder.place, tasks, source, training, folder / "state", folder / "checkpoint", meta, metrics=run.log)
        run.log_folder(folder / "checkpoint", "checkpoint")

    tags = {"tasks": names, "selection": "english", "model": encoder.uri, "parent.model": encoder.identity}
    return reuse_or_work(
        key,
        work,
        name=names,
        description=f"Phase 2: {encoder.uri} fine-tuned on the intermediate task(s) {names} "
        f"in {config.translate or 'English'} ({config.data} data, seed {config.seed}); selected on English dev.",
        config=asdict(replace(config, tasks=names)) | training.shown(),
        inputs=inputs,
        tags=tags | {"recipe": training.recipe, "overrides": overrides(config)} | tags_of(config, tasks, source),
    )


def in_languages(task: Task, languages: str, source: DataSource) -> Task:
    """Masked text in the languages that were asked for (all: those that have text); other tasks as they are."""
    if task.type != "masked_lm":
        return task
    if languages != "all":
        return replace(task, train_languages=parse_languages(languages, task.languages))
    found = available_languages(task, "train", source)
    if not found:
        raise InputError(f"{task.name}/train: no text in any language ({source.backend}, {source.data_dir})")
    return replace(task, train_languages=found)


def splits(tasks: Sequence[Task], translated: Mapping[str, Sequence[str]]) -> list[tuple[Task, str, str]]:
    """What a training reads: each task's training languages, and the English dev set that it selects on."""
    train = [(task, "train", code) for task in tasks for code in translated.get(task.name, task.train_languages)]
    return train + [(TASKS[task.selects_on], "dev", "en") for task in tasks if task.type != "masked_lm"]
