"""Hyper-parameter search: Optuna with the space in one small table, shared by as many processes as join it.

    storage = open_storage("outputs/x.journal")
    best = search(objective, SPACE, storage, "xnli", Budget(trials=20), seed=0)

Every process asks the storage for the next trial and tells it the outcome; the budget is that of all together. A
trial whose process died is begun again by another one, with the same values. One process with one seed always draws
the same values, whether it was interrupted or not.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna

from stilts_mlflow.errors import InputError, stop_behind
from stilts_mlflow.hpo_storage import Heart, Watch, active_minutes

log = logging.getLogger(__name__)

Values = dict[str, Any]
RUNGS = 10
"""A training is compared with others after each tenth of its length: steps and passes differ from trial to trial."""
ATTEMPTS = 3
"""A trial that failed or took its process down so often is given up."""
POLL_SECONDS = 1.0
_State = optuna.trial.TrialState


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
class Budget:
    """Where a search ends; 0 = no limit, and what is met first counts. `minutes`: of search, no trial begins after."""

    trials: int = 0
    minutes: float = 0.0

    def allows(self, trials: Sequence[Any]) -> bool:
        """Whether another trial may begin."""
        taken = sum(is_over(trial) or trial.state == _State.RUNNING for trial in trials)
        return (not self.trials or taken < self.trials) and (not self.minutes or active_minutes(trials) < self.minutes)


@dataclass
class Draw:
    """A trial as the objective sees it. `origin`: number of the trial that this one repeats, else its own."""

    number: int
    origin: int
    values: Values
    trial: Any
    rung: int = 0
    last: float | None = None

    def report(self, share: float, value: float) -> None:
        """Tell that the objective stands at `value` after that share of the training.

        Raises `optuna.TrialPruned` when the trial lags behind the others; never at the end, where nothing is saved.
        """
        rung = int(share * RUNGS + 1e-9)
        for skipped in range(self.rung + 1, rung + 1):
            # An evaluation that lies between two rungs counts for the next one.
            value_then = value if skipped == rung or self.last is None else self.last
            self.trial.report(value_then, skipped)
        advanced, self.rung, self.last = rung > self.rung, max(rung, self.rung), value
        if advanced and share < 1 and self.trial.should_prune():
            raise optuna.TrialPruned(f"trial {self.number}: {value:.2f} after {share:.0%} lags behind the others")

    def note(self, name: str, text: str) -> None:
        """A fact that other processes can read in `Best.notes`."""
        self.trial.set_user_attr(name, text)


Objective = Callable[[Draw], float]


@dataclass(frozen=True)
class Best:
    """The best trial: its number, value, hyper-parameters and notes, and how many trials ended how."""

    number: int
    value: float
    values: Values
    notes: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def search(
    objective: Objective,
    space: Space,
    storage: Any,
    name: str,
    budget: Budget,
    seed: int,
    pruner: str | None = "median",
) -> Best:
    """Maximise `objective` until the budget of the search `name` is met, trials of other processes counted in.

    Returns when no process is at work any more. Trials whose process is gone are begun again. Raises InputError when
    no trial was finished, and whatever the objective raises.
    """
    study, watch = open_study(storage, name, pruner), Watch()
    while True:
        trials = study.get_trials(deepcopy=False)
        running = [trial for trial in trials if trial.state == _State.RUNNING]
        if dead := watch.dead(running):
            for trial in dead:
                give_back(study, trial, blame=True)
        elif budget.allows(trials):
            run_next(study, objective, space, budget, seed)
        elif running:
            time.sleep(POLL_SECONDS)
        else:
            return best_of(study)


def open_study(storage: Any, name: str, pruner: str | None = None) -> Any:
    """The study `name`, made if it is new."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=storage, study_name=name, load_if_exists=True, direction="maximize", pruner=make_pruner(pruner)
    )


def make_pruner(name: str | None) -> Any:
    """Optuna's pruner; steps are rungs."""
    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=2)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=RUNGS, reduction_factor=3)
    if name == "successive_halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    return optuna.pruners.NopPruner()


def run_next(study: Any, objective: Objective, space: Space, budget: Budget, seed: int) -> None:
    """One trial: a waiting one if there is any, else a new one."""
    trial = study.ask()
    try:
        with Heart(trial):
            before = [other for other in study.get_trials(deepcopy=False) if other.number < trial.number]
            # Where another process was faster, the number is gone and the budget is not.
            surplus = not budget.allows(before)
            value = 0.0 if surplus else objective(draw(study, trial, space, before, seed))
    except optuna.TrialPruned:
        study.tell(trial, state=_State.PRUNED, skip_if_finished=True)
    except optuna.exceptions.UpdateFinishedTrialError:
        log.warning("trial %d was taken for dead and begun again by another process", trial.number)
    except BaseException as error:
        give_back(study, trial, blame=stop_behind(error) is None)
        raise
    else:
        if surplus:
            trial.set_user_attr("surplus", True)
        state = _State.FAIL if surplus else _State.COMPLETE
        study.tell(trial, None if surplus else value, state, skip_if_finished=True)


def draw(study: Any, trial: Any, space: Space, before: Sequence[Any], seed: int) -> Draw:
    """Values for a trial.

    The seed hangs on the number of the draw alone, so that a resumed search draws what it would have drawn.
    """
    draws = sum("origin" not in other.user_attrs and "surplus" not in other.user_attrs for other in before)
    study.sampler = optuna.samplers.TPESampler(seed=seed * 1009 + draws, n_startup_trials=5)
    values = {name: suggest(trial, name, choice) for name, choice in space.items()}
    return Draw(trial.number, origin(trial), values, trial)


def origin(trial: Any) -> int:
    """Number of the trial that this one repeats, or its own."""
    return int(trial.user_attrs.get("origin", trial.number))


def give_back(study: Any, trial: Any, blame: bool) -> None:
    """End a trial that was cut off, and put it up to be begun again; `blame`: it counts as an attempt that failed."""
    failures = int(trial.user_attrs.get("failures", 0)) + blame
    if failures >= ATTEMPTS:
        study._storage.set_trial_user_attr(trial._trial_id, "given_up", True)
    try:
        study.tell(trial.number, state=_State.FAIL)
    except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
        return  # another process was faster
    if failures < ATTEMPTS:
        study.enqueue_trial(trial.params, user_attrs={"origin": origin(trial), "failures": failures})


def suggest(trial: Any, name: str, choice: Real | Choice) -> int | float | str:
    """One value of the space."""
    if isinstance(choice, Real):
        return float(trial.suggest_float(name, choice.low, choice.high, log=choice.log))
    value: int | float | str = trial.suggest_categorical(name, choice.values)
    return value


def is_over(trial: Any) -> bool:
    """Whether a trial counts as one of the budget: complete, pruned or given up; others are tried again."""
    return trial.state in (_State.COMPLETE, _State.PRUNED) or "given_up" in trial.user_attrs


def best_of(study: Any) -> Best:
    """The complete trial with the highest value, the earliest of equal ones."""
    trials = study.get_trials(deepcopy=False)
    counts = {state.name.lower(): sum(trial.state == state for trial in trials) for state in _State}
    complete = [trial for trial in trials if trial.state == _State.COMPLETE]
    if not complete:
        raise InputError(
            f"search {study.study_name}: no trial was finished ({counts['pruned']} pruned or diverged, "
            f"{counts['fail']} failed); see the runs of its trials, and give a smaller learning_rate or batch_size"
        )
    best = max(complete, key=lambda trial: (trial.value, -trial.number))
    notes = {name: text for name, text in best.user_attrs.items() if isinstance(text, str)}
    return Best(best.number, float(best.value), dict(best.params), notes, counts)
