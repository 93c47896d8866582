"""The whole chain: encoder -> [plain | intermediate] -> targets -> zero-shot evaluation -> retrieval -> report.

    mlflow run . --env-manager local

Every phase is a run of its own, nested in this one; finished ones with the same key are reused.
"""

import json
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.config import IntermediateConfig, MainConfig, PromoteConfig
from stilts_mlflow.phases.encoder import find_encoder
from stilts_mlflow.phases.evaluate import evaluate
from stilts_mlflow.phases.evaluate_config import EvaluateConfig
from stilts_mlflow.phases.intermediate import intermediate
from stilts_mlflow.phases.options import RunOptions
from stilts_mlflow.phases.report import CHAIN, selection_of, write_reports
from stilts_mlflow.phases.retrieve import plans_of, retrieve
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.target import target
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.phases.words import tasks_of
from stilts_mlflow.phases.work import key_config, source_of

Options = TypeVar("Options", bound=RunOptions)


def main(config: MainConfig) -> str:
    """Run the chain; returns the parent run's id. Its artifact `report` compares the conditions."""
    tracking.connect(config.experiment)
    key = tracking.RunKey("main", key_config(config), {}, "", tracking.code_version())
    with tracking.phase_run(
        key,
        name=f"{config.intermediate or 'no intermediate'} -> {config.targets}",
        description=f"Zero-shot cross-lingual transfer without and with intermediate training on "
        f"{config.intermediate or 'nothing'}: targets {config.targets} ({config.data} data, seed {config.seed}).",
        config=shown(config),
        tags={"tasks": config.targets, "intermediate": config.intermediate or "none", "selection": "english"},
    ) as run:
        chain = run_chain(config)
        run.log_text(json.dumps(chain, indent=1), CHAIN)
        run.set_tags({"selection": selection_of(chain)})
        write_reports(run, chain, config.output_dir)
    return run.id


def run_chain(config: MainConfig) -> dict[str, Any]:
    """Every phase of every condition; the run ids, by condition."""
    # What is missing is told before anything is trained.
    source = source_of(config)
    targets = tasks_of(config.targets, config.split, source, config.languages, retrieval=False)
    retrieval = retrieve_options(config, source)
    encoder = find_encoder(config.model, config)
    starts = {"none": encoder.uri}
    if config.intermediate is not None:
        options = pass_on(config, IntermediateConfig, model=encoder.uri, tasks=config.intermediate)
        named = f"{config.intermediate} in {config.translate}" if config.translate else config.intermediate
        starts[named] = f"runs:/{intermediate(options)}/checkpoint"
    conditions = []
    for name, uri in starts.items():
        runs = {"encoder": uri}
        for task, languages in targets:
            # Tasks that train on the same data share a run; the second one finds it finished.
            runs[f"target/{task.name}"] = target(pass_on(config, TargetConfig, model=uri, task=task.name))
            checkpoint = f"runs:/{runs[f'target/{task.name}']}/checkpoint"
            wanted = config.languages if config.languages == "all" else ",".join(languages)
            options_of_task = {"tasks": task.name, "languages": wanted}
            runs[f"evaluate/{task.name}"] = evaluate(
                pass_on(config, EvaluateConfig, model=checkpoint, batch_size=None, **options_of_task)
            )
        if retrieval:
            runs["retrieve"] = retrieve(replace(retrieval, model=uri))
        conditions.append({"name": name, "runs": runs})
    promoted = promote_all(config, conditions, [task.name for task, _ in targets]) if config.name is not None else {}
    return {"config": shown(config), "encoder": encoder.identity, "conditions": conditions, "promoted": promoted}


def retrieve_options(config: MainConfig, source: DataSource) -> RetrieveConfig | None:
    """Options of the retrieval step but for its model; None where there is nothing to retrieve."""
    if config.retrieval is None:
        return None
    options = pass_on(config, RetrieveConfig, tasks=config.retrieval, batch_size=None)
    return options if any(plan.languages for plan in plans_of(options, source)) else None


def shown(config: MainConfig) -> dict[str, Any]:
    """The options as they may be recorded: no password of a storage."""
    return asdict(replace(config, search_storage=tracking.shown(config.search_storage or "") or None))


def best_condition(conditions: list[dict[str, Any]], task: str) -> dict[str, Any]:
    """The condition whose target run is best on English dev; the last one (with intermediate training) of a tie.

    Test figures must not choose: the promoted model would be reported on what selected it.
    """
    values = [tracking.run_metrics(one["runs"][f"target/{task}"]).get("best/dev_mean", 0.0) for one in conditions]
    return conditions[max(range(len(values)), key=lambda i: (values[i], i))]


def promote_all(config: MainConfig, conditions: list[dict[str, Any]], targets: list[str]) -> dict[str, str]:
    """Register, for each target, the checkpoint of the condition that is best on English dev.

    A refusal is told and does not end the chain: the report is still to come.
    """
    from stilts_mlflow.phases.promote import promote

    promoted = {}
    for task in targets:
        best = best_condition(conditions, task)
        print(f"promote {task}: {best['name']} is best on English dev")
        options = PromoteConfig(
            run=best["runs"][f"evaluate/{task}"],
            name=f"{config.name}-{task}",
            experiment=config.experiment,
            output_dir=config.output_dir,
            seed=config.seed,
        )
        try:
            promoted[task] = promote(options)
        except InputError as refusal:
            print(f"promote {task}: {refusal}")
    return promoted


def pass_on(config: MainConfig, kind: type[Options], **changes: Any) -> Options:
    """Options of a phase: those that it shares with `main`, then `changes`."""
    shared = {f.name for f in fields(kind)} & {f.name for f in fields(MainConfig)} - set(changes)
    return replace(kind(**{name: getattr(config, name) for name in shared}), **changes)
