"""Searches: repeatable, resumable, shared, bounded; the objective here is arithmetic."""

import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import optuna
import pytest

from stilts_mlflow import hpo, hpo_report, hpo_storage
from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.hpo import ATTEMPTS, Best, Budget, Choice, Draw, Real, open_study, search
from stilts_mlflow.hpo_storage import NOTE, Watch, active_minutes, open_storage, this_process

SPACE = {"rate": Real(1e-5, 1e-1, log=True), "size": Choice((8, 16, 32)), "warmup": Real(0.0, 0.2)}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here has to survive a power cut, and the other process is never far."""
    monkeypatch.setattr(os, "fsync", lambda file: None)
    monkeypatch.setattr(hpo, "POLL_SECONDS", 0.01)


def value_of(draw: Draw) -> float:
    """Highest at rate = 0.1, size = 32."""
    return 50 + 100 * float(draw.values["rate"]) + float(draw.values["size"])


def run(path: Path, trials: int, objective: Callable[[Draw], float] = value_of, **options: Any) -> Best:
    """A search in a journal file."""
    budget = Budget(trials=trials, minutes=options.pop("minutes", 0.0))
    return search(objective, SPACE, open_storage(str(path)), "x", budget, options.pop("seed", 0), **options)


def trials_of(path: Path) -> list[Any]:
    """All trials that a journal file has."""
    trials: list[Any] = open_study(open_storage(str(path)), "x").get_trials()
    return trials


def finished(path: Path) -> list[dict[str, Any]]:
    """Values of the complete trials, in their order."""
    return [trial.params for trial in trials_of(path) if trial.state.name == "COMPLETE"]


def test_one_seed_one_search(tmp_path: Path) -> None:
    bests = [run(tmp_path / name, 9, seed=3) for name in ("a", "b")]
    assert finished(tmp_path / "a") == finished(tmp_path / "b")
    assert bests[0] == bests[1]
    assert bests[0].value == max(trial.value for trial in trials_of(tmp_path / "a"))
    assert bests[0].counts["complete"] == 9
    run(tmp_path / "c", 9, seed=4)
    assert finished(tmp_path / "c") != finished(tmp_path / "a")


@pytest.mark.parametrize("error", [RuntimeError("bug"), Preempted("SIGTERM at step 3 of 9"), KeyboardInterrupt()])
def test_a_search_that_was_cut_off_ends_with_the_same_trials(tmp_path: Path, error: BaseException) -> None:
    run(tmp_path / "whole", 9)

    def cut(draw: Draw) -> float:
        if draw.number == 6:
            raise error
        return value_of(draw)

    with pytest.raises(type(error)):
        run(tmp_path / "cut", 9, cut)
    run(tmp_path / "cut", 9)
    assert finished(tmp_path / "cut") == finished(tmp_path / "whole")
    again = trials_of(tmp_path / "cut")[7]
    assert again.user_attrs["origin"] == 6
    assert again.user_attrs["failures"] == (type(error) is RuntimeError)


def test_more_trials_go_on_from_those_that_are_there(tmp_path: Path) -> None:
    run(tmp_path / "whole", 8)
    run(tmp_path / "parts", 3)
    run(tmp_path / "parts", 8)
    assert finished(tmp_path / "parts") == finished(tmp_path / "whole")


def test_the_earliest_of_equal_trials_is_the_best(tmp_path: Path) -> None:
    assert run(tmp_path / "j", 4, lambda draw: 1.0).number == 0


def test_a_trial_that_always_fails_is_given_up(tmp_path: Path) -> None:
    def fails(draw: Draw) -> float:
        if draw.origin == 1:
            raise RuntimeError("bug")
        return value_of(draw)

    for _ in range(ATTEMPTS):
        with pytest.raises(RuntimeError, match="bug"):
            run(tmp_path / "j", 3, fails)
    best = run(tmp_path / "j", 3, fails)
    assert best.counts["complete"] == 2
    states = [hpo_report.outcome(trial) for trial in trials_of(tmp_path / "j")]
    assert states == ["complete", "failed", "failed", "given_up", "complete"]


def test_preemptions_are_no_failures(tmp_path: Path) -> None:
    def preempted(draw: Draw) -> float:
        raise Preempted("SIGTERM at step 1 of 9")

    for _ in range(ATTEMPTS + 1):
        with pytest.raises(Preempted):
            run(tmp_path / "j", 1, preempted)
    assert run(tmp_path / "j", 1).counts["complete"] == 1


def test_nothing_finished_is_told(tmp_path: Path) -> None:
    def diverges(draw: Draw) -> float:
        raise optuna.TrialPruned("the loss is nan")

    with pytest.raises(InputError, match=r"search x: no trial was finished \(2 pruned or diverged, 0 failed\)"):
        run(tmp_path / "j", 2, diverges)


def test_threads_share_a_search_exactly(tmp_path: Path) -> None:
    path = tmp_path / "j"

    def slow(draw: Draw) -> float:
        time.sleep(0.02)
        return value_of(draw)

    with ThreadPoolExecutor(3) as pool:
        bests = list(pool.map(lambda _: run(path, 7, slow), range(3)))
    assert [best.number for best in bests] == [bests[0].number] * 3
    assert len(finished(path)) == 7
    assert len({tuple(values.items()) for values in finished(path)}) == 7  # nobody draws what another one has drawn


def test_minutes_end_a_search(tmp_path: Path) -> None:
    assert run(tmp_path / "j", 0, minutes=1e-9).counts["complete"] == 1
    assert run(tmp_path / "j", 3, minutes=1e-9).counts["complete"] == 1
    assert run(tmp_path / "j", 3, minutes=10.0).counts["complete"] == 3


class Noted:
    """A trial with a note of its process, and nothing else."""

    def __init__(self, number: int = 0, **note: object) -> None:
        self.number = number
        self.user_attrs = {NOTE: note} if note else {}


def test_active_minutes_are_those_in_which_a_trial_ran() -> None:
    # Seconds 0-60 and 30-90 overlap (90), 120-180 after a pause (60), 130-140 inside of it: 150 s.
    spans = [(30, 90), (0, 60), (120, 180), (130, 140)]
    assert active_minutes([Noted(begun=begun, seen=seen) for begun, seen in spans] + [Noted()]) == 2.5
    assert active_minutes([]) == 0


def test_the_dead_are_told_from_the_living(monkeypatch: pytest.MonkeyPatch) -> None:
    own = this_process()
    living = Noted(0, **own)
    # The number of a process may have been given to another one since.
    dead = Noted(1, **{**own, "stilts.pid_started": "1000"})
    elsewhere = Noted(2, **{**own, "stilts.host": "another", "seen": 1})
    container = Noted(3, **{**own, "namespace": "pid:[1]", "stilts.pid_started": "1000"})
    unnoted = Noted(4)
    watch = Watch()
    everyone = [living, dead, elsewhere, container, unnoted]
    assert watch.dead(everyone) == [dead]
    monkeypatch.setattr(hpo_storage, "SILENCE_SECONDS", 0.0)
    elsewhere.user_attrs[NOTE] = {**elsewhere.user_attrs[NOTE], "seen": 2}  # it has renewed its note
    assert watch.dead(everyone) == [dead, container, unnoted]
    assert watch.dead(everyone) == [dead, elsewhere, container, unnoted]


def test_the_trial_of_a_dead_process_is_begun_again(tmp_path: Path) -> None:
    run(tmp_path / "whole", 5)
    run(tmp_path / "j", 2)
    study = open_study(open_storage(str(tmp_path / "j")), "x")
    orphan = study.ask()  # as a process that was killed has left it
    hpo.draw(study, orphan, SPACE, study.get_trials()[:2], 0)
    orphan.set_user_attr(NOTE, {**this_process(), "stilts.pid_started": "1000", "begun": 0.0, "seen": 1.0})
    best = run(tmp_path / "j", 5)
    assert finished(tmp_path / "j") == finished(tmp_path / "whole")
    assert (best.counts["complete"], best.counts["fail"], best.counts["running"]) == (5, 1, 0)


def test_a_trial_that_was_taken_over_does_not_count_twice(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "j"))

    def slept(draw: Draw) -> float:
        if draw.number == 0:  # this process was suspended, and another one took it for dead
            open_study(storage, "x").tell(0, state=optuna.trial.TrialState.FAIL)
        draw.report(0.5, 1.0)
        return value_of(draw)

    assert run(tmp_path / "j", 2, slept).counts["complete"] == 2


@pytest.mark.parametrize("pruner", ["median", "hyperband", "successive_halving", None])
def test_pruners_stop_what_lags_behind(tmp_path: Path, pruner: str | None) -> None:
    seen: list[tuple[int, float]] = []

    def objective(draw: Draw) -> float:
        level = -float(draw.number)  # each worse than the one before
        for step in range(1, 21):
            seen.append((draw.number, step / 20))
            draw.report(step / 20, level)
        return level

    best = run(tmp_path / "j", 12, objective, pruner=pruner)
    assert best.number == 0
    assert (best.counts["pruned"] > 0) == (pruner is not None)
    stopped = {number: max(share for other, share in seen if other == number) for number, _ in seen}
    assert stopped[0] == 1.0


def test_reports_fall_on_tenths() -> None:
    class Recorder:
        reports: list[tuple[float, int]] = []  # noqa: RUF012

        def report(self, value: float, step: int) -> None:
            self.reports.append((value, step))

        def should_prune(self) -> bool:
            return False

    draw = Draw(0, 0, {}, Recorder())
    for share, value in ((0.05, 1.0), (0.13, 2.0), (0.15, 3.0), (0.42, 4.0), (1.0, 5.0)):
        draw.report(share, value)
    # Rung 1 by the evaluation at 13 %; 2 and 3 by the last one before them, at 15 %; 4 by that at 42 %; the rest by it.
    assert Recorder.reports == [(2.0, 1), (3.0, 2), (3.0, 3), (4.0, 4), *((4.0, n) for n in range(5, 10)), (5.0, 10)]


def test_a_finished_training_is_never_pruned(tmp_path: Path) -> None:
    def at_the_end(draw: Draw) -> float:
        draw.report(1.0, -float(draw.number))
        return -float(draw.number)

    assert run(tmp_path / "j", 8, at_the_end).counts["pruned"] == 0


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://me:secret@127.0.0.1:1/x", "refused"),
        ("sqlite:////no/such/folder/x.db", "no/such/folder"),
        ("oracle+nothing://me:secret@/x", "nothing"),
    ],
)
def test_a_storage_out_of_reach_is_one_line(address: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        open_storage(address)
    said = str(error.value)
    assert said.startswith("search_storage ")
    assert reason in said
    assert "secret" not in said
    assert "\n" not in said


@pytest.mark.slow
def test_a_search_in_a_database(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'x.db'}"
    best = search(value_of, SPACE, open_storage(address), "x", Budget(trials=2), 0)
    assert search(value_of, SPACE, open_storage(address), "x", Budget(trials=2), 0) == best


def test_what_a_search_has_found(tmp_path: Path) -> None:
    def objective(draw: Draw) -> float:
        draw.note("run", f"run{draw.number}")
        if draw.number == 3:
            draw.report(0.5, 40.0)
            raise optuna.TrialPruned
        return 50 + 10 * float(draw.values["warmup"])  # nothing else matters

    path = tmp_path / "j"
    best = run(path, 10, objective)
    assert best.notes["run"] == f"run{best.number}"
    study = open_study(open_storage(str(path)), "x")
    rows = hpo_report.table(study.get_trials())
    assert [row["state"] for row in rows] == ["complete"] * 3 + ["pruned"] + ["complete"] * 6
    assert set(rows[0]) >= {"trial", "dev_mean", "seconds", "run", "rate", "size", "warmup"}
    lines = hpo_report.as_csv(rows).splitlines()
    assert len(lines) == 11
    assert lines[1].startswith("0,complete,")


@pytest.mark.slow  # scikit-learn takes its time
def test_what_mattered_and_how_it_went(tmp_path: Path) -> None:
    def objective(draw: Draw) -> float:
        if draw.number == 3:
            draw.report(0.5, 40.0)
            raise optuna.TrialPruned
        return 50 + 10 * float(draw.values["warmup"])  # nothing else matters

    run(tmp_path / "j", 10, objective)
    study = open_study(open_storage(str(tmp_path / "j")), "x")
    shares = hpo_report.importances(study, seed=0)
    assert next(iter(shares)) == "warmup"
    assert sum(shares.values()) == pytest.approx(1)
    assert shares == hpo_report.importances(study, seed=0)
    for figure in (hpo_report.history_figure(study.get_trials(), "dev"), hpo_report.importance_figure(shares, 9)):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        assert len(buffer.getvalue()) > 5000


@pytest.mark.parametrize(("trials", "value"), [(1, value_of), (4, lambda draw: 1.0)])
def test_no_importances_without_differences(tmp_path: Path, trials: int, value: Callable[[Draw], float]) -> None:
    run(tmp_path / "j", trials, value)
    assert hpo_report.importances(open_study(open_storage(str(tmp_path / "j")), "x"), 0) == {}
