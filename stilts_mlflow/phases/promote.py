"""Promotion: a target run that has been evaluated goes through the gate and into the model registry.

    python -m entry_points.promote --run <target run> --name stilts --min_average 60

A refusal registers nothing; its run is marked as failed, with the reason.
"""

from dataclasses import asdict

from stilts_mlflow import tracking
from stilts_mlflow.phases.config import PromoteConfig
from stilts_mlflow.phases.work import key_config
from stilts_mlflow.promotion import Evaluation, Gate, Promotion, collect, promote_model
from stilts_mlflow.promotion_registry import store_address


def promote(config: PromoteConfig) -> str:
    """Register the checkpoint of `config.run` and set the aliases; returns the id of the promote run.

    The run is never reused: what it does depends on the registry, and a version that is there already costs nothing.
    """
    tracking.connect(config.experiment)
    evaluation = collect(str(config.run))
    parents = {"target": evaluation.target_run, "evaluate": evaluation.evaluate_run}
    options = key_config(config, registered=config.name)
    key = tracking.RunKey("promote", options, parents, evaluation.data, tracking.code_version())
    with tracking.phase_run(
        key,
        name=config.name,
        description=f"Target run {evaluation.target_run} ({', '.join(evaluation.tasks)}) promoted to {config.name}.",
        config=asdict(config),
        tags=tags_of(evaluation),
        nested=True,
    ) as run:
        run.log({"gate/average": evaluation.average, "gate/worst": evaluation.worst[1]})
        gate = Gate(config.min_average, config.min_worst, config.min_gain)
        promotion = promote_model(run, evaluation, config.name, gate)
        run.set_tags({"version": str(promotion.version.number), "alias": promotion.alias})
    print("\n".join(told(promotion, evaluation)))
    return run.id


def tags_of(evaluation: Evaluation) -> dict[str, str]:
    """Lineage of a promote run."""
    return {
        "tasks": ",".join(evaluation.tasks),
        "stilts.data": evaluation.data,
        "parent.model": evaluation.target_run,
        "parent.evaluate": evaluation.evaluate_run,
    }


def told(promotion: Promotion, evaluation: Evaluation) -> list[str]:
    """What a user needs to know: figures, address, why it is not the champion, how to load and serve."""
    language, worst = evaluation.worst
    state = "is version" if promotion.is_reused else "registered as version"
    figures = f"average {evaluation.average:.2f}, worst language {language} {worst:.2f}"
    lines = [f"promote {promotion.name}: {state} {promotion.version.number} ({figures})"]
    if reason := promotion.why_not_champion:
        lines.append(f"  only challenger: {reason}")
    return [
        *lines,
        f"  model: {promotion.uri}",
        f'  load:  mlflow.pyfunc.load_model("{promotion.uri}").predict(frame)',
        f"  serve: mlflow models serve -m {promotion.uri} --env-manager local --port 5001",
        f"  both with MLFLOW_TRACKING_URI={store_address()}",
    ]
