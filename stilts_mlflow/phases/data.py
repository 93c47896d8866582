"""Data without a training: what there is, whether it is sound, and a copy for machines without network.

    python -m entry_points.data --action list
    python -m entry_points.data --action check --data hub --tasks xnli --languages en,sw
    python -m entry_points.data --action export --data hub --tasks xnli --output_dir <folder>

A run is never reused: what is there now is the question.
"""

from dataclasses import asdict
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.data.export import export
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.data_config import DataConfig
from stilts_mlflow.phases.data_needs import Need, all_needs, described, has_data
from stilts_mlflow.phases.work import Input, data_key, inputs_of, key_config, source_of
from stilts_mlflow.tasks.tables import TASKS


def data(config: DataConfig) -> str:
    """Do `config.action`; returns the run id. InputError when any split has a problem, after all were tried."""
    tracking.connect(config.experiment)
    key = tracking.RunKey("data", key_config(config), {}, "", tracking.code_version())
    with tracking.phase_run(
        key,
        name=f"{config.action} {config.tasks}",
        description=f"Data: {config.action} {config.tasks} ({config.data} data, languages {config.languages}).",
        config=asdict(config),
        tags={"tasks": config.tasks, "action": config.action},
        nested=True,
    ) as run:
        if config.action == "list":
            show(config, run)
        else:
            examine(config, run)
    return run.id


def show(config: DataConfig, run: tracking.Run) -> None:
    """Print the tasks and where each would come from; the artifact data.txt holds the same."""
    lines = [line for task in config.named() for line in described(task, source_of(config))]
    print("\n".join(lines))
    run.log_text("\n".join(lines) + "\n", "data.txt")


def examine(config: DataConfig, run: tracking.Run) -> None:
    """Load (and export) every split, print a line each, and log inputs and the table data.json."""
    source = source_of(config)
    tasks = [task for task in config.named() if config.tasks.strip() != "all" or has_data(task, source)]
    wanted = all_needs(tasks, config.split, config.languages, source)
    if not wanted:
        raise InputError(f"no data of tasks={config.tasks!r} in languages={config.languages!r} (data={config.data})")
    inputs: list[Input] = []
    problems: list[str] = []
    for need in wanted:
        try:
            inputs.append(load(need, config))
        except InputError as error:
            problems.append(str(error))
            print(f"problem: {error}")
    for item in inputs:
        run.log_input(f"{item.task}.{item.language}", item.fingerprint, item.rows, item.split, item.source)
    run.log_table([asdict(item) | {"source": place(item)} for item in inputs], "data.json")
    run.log({"splits": float(len(wanted)), "examples": float(sum(i.rows for i in inputs)), "problems": len(problems)})
    run.set_tags({"stilts.data": data_key(inputs)})
    print(f"{len(wanted)} splits, {sum(i.rows for i in inputs):,} examples, {len(problems)} problems")
    if problems:
        raise InputError(f"{len(problems)} of {len(wanted)} splits have problems: {'; '.join(problems)}")


def load(need: Need, config: DataConfig) -> Input:
    """Load a split, export it if so asked, and print its line."""
    name, split, language = need
    (item,) = inputs_of([(TASKS[name], split, language)], source_of(config))
    line = f"{name}/{language}/{split}: {item.rows:,} examples, {item.fingerprint[:12]}, {place(item)}"
    if config.action == "export":
        line += f" -> {export(TASKS[name], split, language, source_of(config), Path(config.output_dir))}"
    print(line, flush=True)
    return item


def place(item: Input) -> str:
    """Where a split came from, in a line: files, or repository, configuration, split and commit."""
    if "path" not in item.source:
        return item.source["uri"]
    words = [item.source.get(name, "") for name in ("path", "config_name", "split", "revision")]
    return " ".join(word for word in words if word)
