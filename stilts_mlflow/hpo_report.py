"""What a search has found out: a table of its trials, which values mattered, and two figures."""

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from stilts_mlflow.hpo_storage import NOTE

log = logging.getLogger(__name__)

_State = optuna.trial.TrialState
_BEST, _PRUNED, _LINE = "#1f5fa8", "#b0b0b0", "#d2691e"


def table(trials: Sequence[Any], run_of: str = "run") -> list[dict[str, Any]]:
    """A row a trial: number, outcome, dev metric, seconds, values, MLflow run, host; those that repeat say of which."""
    rows = []
    for trial in trials:
        notes, process = trial.user_attrs, trial.user_attrs.get(NOTE, {})
        row: dict[str, Any] = {"trial": trial.number, "state": outcome(trial), "dev_mean": trial.value}
        row["seconds"] = round(process["seen"] - process["begun"], 1) if process else None
        row |= {"repeats": notes.get("origin"), "run": notes.get(run_of), "host": process.get("stilts.host")}
        rows.append(row | trial.params)
    return rows


def outcome(trial: Any) -> str:
    """complete, pruned, running, waiting; of failed ones: surplus, given_up, or failed (begun again)."""
    if trial.state != _State.FAIL:
        return str(trial.state.name.lower())
    return next((name for name in ("surplus", "given_up") if name in trial.user_attrs), "failed")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table as CSV, with a heading."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def importances(study: Any, seed: int) -> dict[str, float]:
    """Share of each hyper-parameter in the variance of the dev metric (fANOVA, Hutter et al. 2014), highest first.

    Empty with fewer than two finished trials, or where all of them came to the same value.
    """
    complete = study.get_trials(deepcopy=False, states=(_State.COMPLETE,))
    if len({trial.value for trial in complete}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (RuntimeError, ValueError) as error:  # its trees may see no variance in very few trials
        log.warning("search: no importances: %s", " ".join(str(error).split())[:200])
        return {}
    return {name: float(value) for name, value in found.items()}


def history_figure(trials: Sequence[Any], metric: str) -> Any:
    """Dev metric by trial, pruned ones at their last value, and the best so far."""
    figure, axes = _axes(6.4, 3.6)
    points = [(trial.number, float(trial.value)) for trial in trials if trial.state == _State.COMPLETE]
    pruned = [(t.number, float(t.value)) for t in trials if t.state == _State.PRUNED and t.value is not None]
    best = [(number, max(value for other, value in points if other <= number)) for number, _ in points]
    if pruned:
        axes.scatter(*zip(*pruned, strict=True), marker="x", color=_PRUNED, label="pruned", zorder=2)
    axes.step(*zip(*best, strict=True), where="post", color=_LINE, label="best so far", zorder=1)
    axes.scatter(*zip(*points, strict=True), color=_BEST, label="finished", zorder=3)
    axes.set_xlabel("trial")
    axes.set_ylabel(metric)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, loc="lower right")
    return figure


def importance_figure(shares: Mapping[str, float], finished: int) -> Any:
    """A bar for each hyper-parameter, the most important on top."""
    figure, axes = _axes(6.4, 1.0 + 0.4 * len(shares))
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    bars = axes.barh(names, values, color=_BEST)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlim(0, 1.08)
    axes.set_xlabel(f"share of the variance (fANOVA over {finished} finished trials)")
    return figure


def _axes(width: float, height: float) -> tuple[Any, Any]:
    """A figure of that size (inches) without pyplot, which would keep it alive."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
