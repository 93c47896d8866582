"""Sentence retrieval with an encoder as it is: no head, no training.

python -m entry_points.retrieve --model runs:/<intermediate run>/checkpoint --tasks tatoeba,bucc2018 --protocol paper
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.encoder import find_encoder
from stilts_mlflow.phases.evaluate import averages
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.words import tasks_of
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.retrieval.protocols import Setting, setting
from stilts_mlflow.tasks.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What of a task is scored: languages of the queries, those whose candidates are in the pool, and the setting.

    `tuned`: the threshold of pairs comes from a development set of the language pair.
    """

    task: Task
    languages: tuple[str, ...]
    pool: tuple[str, ...]
    setting: Setting
    tuned: bool = False

    def needs(self, split: str) -> list[tuple[Task, str, str]]:
        """Task, split and language of all data that are read."""
        own = [(self.task, split, code) for code in self.pool]
        return own + [(self.task, "dev", code) for code in self.languages if self.tuned]


def retrieve(config: RetrieveConfig) -> str:
    """Score retrieval in every language; returns the run id. Every layer is logged with the layer as step."""
    tracking.connect(config.experiment)
    source = source_of(config)
    plans = [plan for plan in plans_of(config, source) if plan.languages]
    if not plans:
        raise InputError(f"languages={config.languages!r}: none of {config.tasks} has data in them")
    inputs = inputs_of([need for plan in plans for need in plan.needs(config.split)], source)
    encoder = find_encoder(config.model, config)
    names = ",".join(plan.task.name for plan in plans)
    key = tracking.RunKey("retrieve", key_of(config, plans), encoder.parents, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        from stilts_mlflow.phases.retrieve_scoring import score_plans

        scores = score_plans(plans, config, encoder.place, run, folder)
        run.log_scores(scores)
        run.log(averages(scores))

    settings = {plan.task.name: plan.setting.text for plan in plans}
    described = "; ".join(f"{name}: {text}" for name, text in settings.items())
    return reuse_or_work(
        key,
        work,
        name=names,
        description=f"Sentence retrieval with {encoder.uri} as it is ({config.split}, {config.data} data), protocol "
        f"{config.protocol}. {described}.",
        config=asdict(config) | {"tasks": names, "settings": described},
        inputs=inputs,
        tags=tags_of(plans, config) | {"tasks": names, "model": encoder.uri, "parent.model": encoder.identity},
    )


def plans_of(config: RetrieveConfig, source: DataSource) -> list[Plan]:
    """A plan a task; raises as `plan_of` does, without a model."""
    tasks = tasks_of(config.tasks, config.split, source, config.languages, retrieval=True)
    return [plan_of(task, languages, config, source) for task, languages in tasks]


def plan_of(task: Task, languages: tuple[str, ...], config: RetrieveConfig, source: DataSource) -> Plan:
    """Pool and setting of a task; InputError when a part of the pool or of the tuning data is missing."""
    metric = task.metrics[0]
    options = {"layer": config.layer, "pooling": config.pooling, "margin": config.margin, "k": config.k}
    chosen = setting(task.name, metric, config.protocol, options | {"centre": config.center == "on" or None})
    if not languages:  # the languages asked for are those of other tasks
        return Plan(task, (), (), chosen)
    pool = whole_pool(task, config.split, source) if metric == "map_at_20" else languages
    tuned = metric == "mining_f1" and config.split == "test" and has_dev(task, languages, source)
    return Plan(task, languages, pool, chosen, tuned)


def whole_pool(task: Task, split: str, source: DataSource) -> tuple[str, ...]:
    """Languages whose candidates are searched, whatever the languages of the queries: all of the task.

    InputError when files of one are missing: with fewer candidates every score is higher. (The demo world has fewer.)
    """
    found = available_languages(task, split, source)
    missing = [code for code in task.languages if code not in found]
    if missing and source.backend != "demo":
        raise InputError(
            f"{task.name}/{split}: the pool is that of all languages; no data in {', '.join(missing)}; add their files"
        )
    return found


def has_dev(task: Task, languages: Iterable[str], source: DataSource) -> bool:
    """Whether there are development sets to tune thresholds on: for all of the languages, or (False) for none."""
    there = available_languages(task, "dev", source)
    missing = [code for code in languages if code not in there]
    if not missing:
        return True
    if any(code in there for code in languages):
        raise InputError(
            f"{task.name}: no dev set in {', '.join(missing)}, to tune the threshold on; add it, or score the "
            f"languages that have one (languages={','.join(code for code in languages if code in there)})"
        )
    log.warning(
        "%s: no dev set to tune the threshold on (%s): only oracle_mining_f1, tuned on the test set, is scored",
        task.name,
        ", ".join(missing),
    )
    return False


def key_of(config: RetrieveConfig, plans: Iterable[Plan]) -> dict[str, object]:
    """What can change a result; protocol and options stand in it as the settings they give."""
    given = dict.fromkeys(("protocol", "layer", "pooling", "margin", "k", "center", "batch_size"))
    settings = {plan.task.name: asdict(plan.setting) for plan in plans}
    languages = {plan.task.name: plan.languages for plan in plans}
    return key_config(config, **given, settings=settings, languages=languages, tasks=",".join(settings))


def tags_of(plans: Iterable[Plan], config: RetrieveConfig) -> dict[str, str]:
    """What was tuned on what, by task; `selection` is the one that saw most."""
    seen: dict[str, str] = {}
    for plan in plans:
        mines = plan.task.metrics[0] == "mining_f1"
        seen[plan.task.name] = ("target-dev" if plan.tuned else "oracle") if mines else "none"
    worst = next(kind for kind in ("oracle", "target-dev", "none") if kind in seen.values())
    own: Mapping[str, str] = {f"selection.{name}": kind for name, kind in seen.items()}
    return {**own, "selection": worst, "protocol": config.protocol}
