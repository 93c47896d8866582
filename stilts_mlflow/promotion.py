"""Promotion: gate -> registered version -> aliases `challenger` and `champion`.

    evaluation = collect(target_run_id)
    promotion = promote_model(run, evaluation, "stilts", Gate(min_average=60.0))
    promotion.uri  # models:/stilts@champion

A version carries its figures as tags, so that the next one is compared with it, on the same evaluation data
only. To take a version out of the running, set its tag `gate` to another word than `passed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow

from stilts_mlflow import tracking
from stilts_mlflow.checkpoint_meta import read_meta
from stilts_mlflow.errors import InputError
from stilts_mlflow.promotion_model import log_checkpoint
from stilts_mlflow.promotion_registry import (
    CHALLENGER,
    CHAMPION,
    PASSED,
    Version,
    find_champion,
    is_kept,
    passed_versions,
    read_version,
    settle,
)
from stilts_mlflow.report.model_card import Lineage, model_card
from stilts_mlflow.scores import Score, mean_over_languages, worst_language
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tracking_store import client

DESCRIPTION_LIMIT = 5000  # characters, the registry's column


@dataclass(frozen=True)
class Gate:
    """Least figures in points; `min_gain` is over the champion on the same data."""

    min_average: float = 0.0
    min_worst: float = 0.0
    min_gain: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """A target run with the scores of one evaluate run; `data` is the fingerprint of what was scored."""

    target_run: str
    evaluate_run: str
    scores: tuple[Score, ...]
    data: str

    @property
    def tasks(self) -> tuple[str, ...]:
        """Scored tasks, each once."""
        return tuple(dict.fromkeys(score.task for score in self.scores))

    @property
    def average(self) -> float:
        """Major metric, mean over the languages; over several tasks the mean of their means."""
        means = [mean_over_languages(self.scores, task, TASKS[task].metrics[0]) for task in self.tasks]
        return sum(means) / len(means)

    @property
    def worst(self) -> tuple[str, float]:
        """Language with the lowest major metric, and the value."""
        lowest = {task: worst_language(self.scores, task, TASKS[task].metrics[0]) for task in self.tasks}
        task = min(lowest, key=lambda name: lowest[name][1])
        language, value = lowest[task]
        return (language if len(lowest) == 1 else f"{task}/{language}"), value


@dataclass(frozen=True)
class Promotion:
    """What came of it: the version of this model, and who is champion now."""

    name: str
    version: Version
    champion: Version
    is_reused: bool

    @property
    def alias(self) -> str:
        """The better of the two aliases that the version has."""
        return CHAMPION if self.version.number == self.champion.number else CHALLENGER

    @property
    def uri(self) -> str:
        """Address of the model."""
        return f"models:/{self.name}@{self.alias}"

    @property
    def why_not_champion(self) -> str:
        """Why another version is the champion, and what to do; empty when this one is."""
        champion, version = self.champion, self.version
        if self.alias == CHAMPION:
            return ""
        if not is_kept(champion, version):
            return f"champion v{champion.number} is better on the same data (average {champion.average or 0:.2f})"
        origin = f"its target run {champion.target_run}" if champion.target_run else "it"
        return (
            f"champion v{champion.number} was scored on other data; evaluate {origin} on the data of this one and "
            f"promote it again, or move the alias {CHAMPION} by hand"
        )


def collect(run_id: str) -> Evaluation:
    """The newest finished evaluation of a target run; the id of one of its evaluate runs chooses that one."""
    tags = tracking.run_tags(run_id)
    chosen = ""
    if tags.get("phase") == "evaluate":
        check_done(run_id, tags)
        chosen, run_id, tags = run_id, *scored_run(run_id, tags)
    if tags.get("phase") != "target":
        phase = tags.get("phase", "unknown")
        raise InputError(f"run {run_id} is of phase {phase}; promote takes a target run that has been evaluated")
    check_done(run_id, tags)
    evaluate_run = chosen or newest_evaluation(run_id)
    scores = tuple(tracking.read_scores(evaluate_run))
    if not scores:
        raise InputError(f"evaluate run {evaluate_run} has no scores; evaluate again")
    return Evaluation(run_id, evaluate_run, scores, tracking.run_tags(evaluate_run).get("stilts.data", ""))


def scored_run(evaluate_run: str, tags: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Id and tags of the run whose checkpoint an evaluate run has scored."""
    found = tags.get("parent.model", "")
    try:
        return found, tracking.run_tags(found)
    except InputError:
        raise InputError(
            f"evaluate run {evaluate_run} scored {found!r}, not a checkpoint of a run; evaluate a target run"
        ) from None


def check_done(run_id: str, tags: Mapping[str, str]) -> None:
    """Raise InputError unless the run has ended well."""
    state = tags.get("stilts.state", "unknown")
    if state != "done":
        reason = f" ({tags['stilts.reason']})" if "stilts.reason" in tags else ""
        raise InputError(f"run {run_id} is not finished: its state is {state}{reason}; run it to its end first")


def newest_evaluation(target_run: str) -> str:
    """Id of the newest finished evaluate run of a target run."""
    wanted = {"phase": "evaluate", "parent.model": target_run, "stilts.state": "done"}
    found = tracking.search(None, wanted, limit=1)
    if not found:
        command = f"python -m entry_points.evaluate --model runs:/{target_run}/checkpoint --languages all"
        raise InputError(f"target run {target_run} has no finished evaluation in this experiment; first run: {command}")
    return found[0][0]


def check_gate(evaluation: Evaluation, gate: Gate, rival: Version | None = None) -> list[str]:
    """What speaks against promotion, a sentence each; `rival`: the champion, where it was scored on the same data."""
    language, worst = evaluation.worst
    found = below("average", evaluation.average, gate.min_average)
    found += below(f"worst language {language}", worst, gate.min_worst)
    if rival is not None and rival.average is not None:
        gain = evaluation.average - rival.average
        found += below(f"gain over champion v{rival.number} (same data)", gain, gate.min_gain)
    return found


def below(what: str, value: float, least: float) -> list[str]:
    """A sentence when `value` misses `least`."""
    if value >= least:  # written so that NaN fails
        return []
    return [f"{what} {value:.2f} < {least:.2f} (short by {least - value:.2f})"]


def promote_model(run: tracking.Run, evaluation: Evaluation, name: str, gate: Gate) -> Promotion:
    """Register the checkpoint of the target run and set the aliases; InputError when the gate refuses it.

    `run` is the active run: it gets the model and the card.
    """
    if failures := check_gate(evaluation, gate, rival_of(evaluation, find_champion(name))):
        raise InputError(f"promotion refused: {'; '.join(failures)}")
    version = find_version(name, evaluation)
    is_reused = version is not None
    version = version or register(run, evaluation, name)
    return Promotion(name, version, settle(name, version), is_reused)


def rival_of(evaluation: Evaluation, champion: Version | None) -> Version | None:
    """The champion, if it was scored on the same data and is another model."""
    if champion is None or champion.data != evaluation.data or champion.target_run == evaluation.target_run:
        return None
    return champion


def register(run: tracking.Run, evaluation: Evaluation, name: str) -> Version:
    """Log the model, write its card, and make a version with both."""
    folder = Path(tracking.resolve_model(f"runs:/{evaluation.target_run}/checkpoint"))
    meta = read_meta(folder)
    language, worst = evaluation.worst
    card = model_card(
        name,
        meta,
        evaluation.scores,
        trace(evaluation.target_run),
        average=evaluation.average,
        worst=f"{language} {worst:.1f}",
        runs={"target": evaluation.target_run, "evaluate": evaluation.evaluate_run},
    )
    run.log_text(card, "model_card.md")
    made = mlflow.register_model(log_checkpoint(folder, meta), name, tags=version_tags(evaluation))
    client().update_model_version(name, str(made.version), brief(card))
    return read_version(client().get_model_version(name, str(made.version)))


def trace(target_run: str) -> Lineage:
    """Phases behind a target run, the first one first, and the encoder that they began with."""
    steps: list[tuple[str, str]] = []
    uri = f"runs:/{target_run}"
    while uri.startswith("runs:/"):
        tags = tracking.run_tags(uri.removeprefix("runs:/").partition("/")[0])
        steps.insert(0, (tags.get("phase", "unknown"), tags.get("tasks", "")))
        if "first" in tags:
            steps.insert(0, ("target", tags["first"]))
        uri = tags.get("model", "")
    # A folder's path says nothing on another machine.
    encoder = Path(uri).name if Path(uri).is_dir() and uri else uri
    return Lineage(encoder or "built-in encoder of this project", tuple(steps))


def version_tags(evaluation: Evaluation) -> dict[str, str]:
    """What later promotions need to know of a version, and what a reader of the UI wants to see first."""
    language, worst = evaluation.worst
    return PASSED | {
        "average": repr(evaluation.average),
        "worst_language": f"{language} {worst:.2f}",
        "tasks": ",".join(evaluation.tasks),
        "run.target": evaluation.target_run,
        "run.evaluate": evaluation.evaluate_run,
        "stilts.data": evaluation.data,
        "stilts.code": tracking.code_version(),
    }


def brief(card: str) -> str:
    """The card, cut at a line where the registry's column ends."""
    if len(card) <= DESCRIPTION_LIMIT:
        return card
    note = "\n(cut; the whole card is the artifact model_card.md of the promote run)\n"
    return card[: DESCRIPTION_LIMIT - len(note)].rpartition("\n")[0] + note


def find_version(name: str, evaluation: Evaluation) -> Version | None:
    """The version that holds this very evaluation and code already, or None."""
    same = (evaluation.target_run, evaluation.evaluate_run, tracking.code_version())
    found = [one for one in passed_versions(name) if (one.target_run, one.evaluate_run, one.code) == same]
    return found[-1] if found else None
