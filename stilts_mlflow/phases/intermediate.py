"""Phase 2: fine-tune an encoder on English intermediate tasks.

python -m entry_points.intermediate --tasks mnli
"""

from dataclasses import asdict, replace
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.encoder import find_encoder
from stilts_mlflow.phases.resolve import resolve
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.tasks.tables import TASKS, intermediate_names
from stilts_mlflow.tasks.task import pick


def intermediate(config: IntermediateConfig) -> str:
    """Train on the mixture `config.tasks`; returns the run id. The artifact `checkpoint` is the result."""
    tracking.connect(config.experiment)
    tasks = pick(TASKS, intermediate_names(config.tasks))
    source = source_of(config)
    splits = [(task, "train", "en") for task in tasks]
    splits += [(TASKS[task.selects_on], "dev", "en") for task in tasks]
    inputs = inputs_of(splits, source)
    encoder = find_encoder(config.model, config)
    training = resolve(config, tasks, encoder, "intermediate")
    names = ",".join(task.name for task in tasks)
    options = key_config(config, **training.shown(), tasks=names)
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

    return reuse_or_work(
        key,
        work,
        name=names,
        description=f"Phase 2: {encoder.uri} fine-tuned on the English intermediate task(s) {names} "
        f"({config.data} data, seed {config.seed}); selected on English dev.",
        config=asdict(replace(config, tasks=names)) | training.shown(),
        inputs=inputs,
        tags={"tasks": names, "selection": "english", "model": encoder.uri, "parent.model": encoder.identity},
    )
