"""Hyper-parameter search: Optuna with the space in one small table, resumable from a journal file.

best = search(objective, SPACE, n_trials=20, journal=Path("outputs/x.journal"), name="xnli", seed=0)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

Values = dict[str, Any]
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Real:
    """A number between `low` and `high`; `log` for scales."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[int | float | str, ...]


Space = Mapping[str, Real | Choice]


@dataclass(frozen=True)
class Best:
    """The best trial: its number, value and hyper-parameters, and how many trials ended how."""

    number: int
    value: float
    values: Values
    counts: Mapping[str, int]


def search(
    objective: Callable[[int, Values, Report], float], space: Space, n_trials: int, journal: Path, name: str, seed: int
) -> Best:
    """Maximise `objective(number, values, report)` over `n_trials` trials, those of earlier processes counted in.

    `report(step, value)` raises `optuna.TrialPruned` when the trial lags behind the median of the others.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(journal))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend),
        study_name=name,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1),
    )
    fail_orphans(study)
    while (done := len(ended(study))) < n_trials:
        # The sampler's seed depends on the trial's number, so that a resumed search draws what it would have drawn.
        study.sampler = optuna.samplers.TPESampler(seed=seed * 1009 + done, n_startup_trials=5)
        study.optimize(lambda trial: run_trial(trial, objective, space), n_trials=1)
    finished = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if not finished:
        raise RuntimeError(f"search {name}: none of {n_trials} trials finished")
    counts = {state.name.lower(): sum(t.state == state for t in study.trials) for state in optuna.trial.TrialState}
    return Best(study.best_trial.number, float(study.best_value), dict(study.best_params), counts)


def run_trial(trial: optuna.Trial, objective: Callable[[int, Values, Report], float], space: Space) -> float:
    """Draw values, call the objective, prune between its reports."""
    values = {name: suggest(trial, name, choice) for name, choice in space.items()}

    def report(step: int, value: float) -> None:
        trial.report(value, step)
        if trial.should_prune():
            raise optuna.TrialPruned(f"trial {trial.number} at step {step}: {value:.2f} is below the median")

    return objective(trial.number, values, report)


def suggest(trial: optuna.Trial, name: str, choice: Real | Choice) -> int | float | str:
    """One value of the space."""
    if isinstance(choice, Real):
        return float(trial.suggest_float(name, choice.low, choice.high, log=choice.log))
    value: int | float | str = trial.suggest_categorical(name, choice.values)
    return value


def ended(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Trials that count: complete or pruned; failed ones are tried again."""
    counted = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return [trial for trial in study.trials if trial.state in counted]


def fail_orphans(study: optuna.Study) -> None:
    """Trials that a dead process left running would count as running for ever."""
    for trial in study.trials:
        if trial.state == optuna.trial.TrialState.RUNNING:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
