"""Searches and sequences of targets for real: real processes, one store, nested runs, a tiny encoder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow import tracking
from stilts_mlflow.checkpoint import load
from stilts_mlflow.checkpoint_meta import read_meta
from stilts_mlflow.errors import InputError
from stilts_mlflow.hpo import open_study
from stilts_mlflow.hpo_storage import open_storage
from stilts_mlflow.phases.target import target
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny
from tests.conftest import ROOT, user_environment

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {"max_examples": 48, "max_steps": 6, "eval_every": 2, "max_length": 32, "learning_rate": 1e-3}


@dataclass
class Place:
    """A folder with a store, an encoder and outputs."""

    folder: Path

    @property
    def options(self) -> dict[str, Any]:
        """Options that every run here has."""
        return {**SMALL, "model": str(self.folder / "encoder"), "output_dir": str(self.folder / "out")}

    def start(self, **options: Any) -> subprocess.Popen[str]:
        """`target` as a process of its own."""
        command = [sys.executable, "-m", "entry_points.target"]
        for name, value in (self.options | options).items():
            command += [f"--{name}", str(value)]
        environment = user_environment(PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI=f"sqlite:///{self.folder / 'runs.db'}")
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def journal(self) -> Path:
        """The journal file of the one search here."""
        (path,) = (self.folder / "out" / "searches").glob("*.journal")
        return path

    def trials(self, storage: str | None = None) -> list[Any]:
        """Trials of the one search here."""
        found = open_storage(storage or str(self.journal()))
        (name,) = (name for name in names(found) if "/result-" not in name)
        return list(open_study(found, name).get_trials())


def names(storage: Any) -> list[str]:
    """Names of all studies."""
    import optuna

    return list(optuna.study.get_all_study_names(storage))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An encoder that has learnt nothing and a fresh store."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.chdir(tmp_path)
    encoder = tiny.model().encoder
    encoder.save_pretrained(str(tmp_path / "encoder"))  # type: ignore[operator]
    tiny.tokenizer().save_pretrained(str(tmp_path / "encoder"))
    return Place(tmp_path)


def run_id(process: subprocess.Popen[str]) -> str:
    """What a process prints last."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out[-2000:] + err[-4000:]
    match = re.search(r"^run_id=(\w+)$", out, flags=re.MULTILINE)
    assert match, out
    return match[1]


def wait_for(arrived: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until `arrived` says so."""
    deadline = time.monotonic() + seconds
    while not arrived():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs(phase: str) -> dict[str, dict[str, str]]:
    """Runs of a phase, by id."""
    tracking.connect("stilts")
    return dict(tracking.search("stilts", {"phase": phase}))


def artifacts(run: str, path: str) -> set[str]:
    """Names below an artifact folder."""
    import mlflow

    return {item.path for item in mlflow.MlflowClient().list_artifacts(run, path)}


def test_two_processes_share_one_search(place: Place) -> None:
    """Trials are divided, none is lost or made twice, one process makes the result and both give its run."""
    storage = f"sqlite:///{place.folder / 'trials.db'}"
    options = {"n_trials": 8, "max_steps": 60, "search_storage": storage, "search_name": "ours", "pruner": "none"}
    processes = [place.start(**options) for _ in range(2)]
    ids = {run_id(process) for process in processes}
    assert len(ids) == 1
    trials = place.trials(storage)
    assert [t.state.name for t in trials if "surplus" not in t.user_attrs] == ["COMPLETE"] * 8
    assert len({str(sorted(t.params.items())) for t in trials if t.params}) >= 8
    parents = runs("target")
    assert sorted(tags["stilts.state"] for tags in parents.values()) == ["done", "reused"]
    shares = [len(tracking.child_runs(parent)) for parent in parents]
    assert min(shares) > 0
    assert sum(shares) == 8
    assert {tags["stilts.state"] for tags in runs("trial").values()} == {"done"}
    (result,) = ids
    assert parents[result]["stilts.state"] == "done"
    assert read_meta(tracking.resolve_model(f"runs:/{result}/checkpoint"))["run_id"] == result


def test_the_trial_of_a_killed_process_is_begun_again(place: Place) -> None:
    first = place.start(n_trials=3, max_steps=400)
    wait_for(lambda: bool(list((place.folder / "out").glob("searches/*.journal"))))
    wait_for(lambda: any("run" in t.user_attrs for t in place.trials()))
    first.send_signal(signal.SIGKILL)
    first.communicate()
    left = place.trials()
    assert [trial.state.name for trial in left] == ["RUNNING"]
    result = run_id(place.start(n_trials=3, max_steps=400))
    trials = place.trials()
    assert [trial.state.name for trial in trials[:2]] == ["FAIL", "COMPLETE"]
    assert trials[1].user_attrs["origin"] == 0
    assert trials[1].params == left[0].params
    assert sum(trial.state.name in ("COMPLETE", "PRUNED") for trial in trials) == 3
    states = sorted(tags["stilts.state"] for tags in runs("trial").values())
    assert states == ["done", "done", "done", "failed"]
    assert len(runs("target")) == 1
    assert runs("target")[result]["stilts.state"] == "done"


def test_a_stopped_search_goes_on_within_its_trial(place: Place) -> None:
    options = {"n_trials": 2, "max_steps": 400, "save_every": 50, "pruner": "none"}
    first = place.start(**options)
    wait_for(lambda: bool(list((place.folder / "out").glob("target-*/trial-*/state/best"))))
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=120)
    assert first.returncode == 143, said[-2000:]
    second = place.start(**options)
    out, err = second.communicate(timeout=300)
    assert second.returncode == 0, err[-4000:]
    assert "resuming at step" in err
    assert f"run_id={next(iter(runs('target')))}" in out
    assert sum(trial.state.name == "COMPLETE" for trial in place.trials()) == 2


def test_what_a_search_leaves(place: Place) -> None:
    config = TargetConfig(**place.options, n_trials=3, pruner=None, lora_rank=2)
    result = target(config)
    tags = tracking.run_tags(result)
    assert tags["search.result"] == "kept"
    assert {"best.batch_size", "best.warmup", "best.weight_decay", "best.lora_rank", "best.lora_dropout"} <= set(tags)
    assert "best.learning_rate" not in tags  # it was given
    left = {"trials.csv", "trials.json", "history.png", "importance.png", "importance.json"}
    dev = {trial.value for trial in place.trials()}
    assert {f"search/{name}" for name in left - ({"importance.png", "importance.json"} if len(dev) < 2 else set())} == (
        artifacts(result, "search")
    )
    table = tracking.read_json(result, "search/trials.json")
    assert len(table["data"]) == 3
    assert set(dict(tracking.child_runs(result))) == {row[table["columns"].index("run")] for row in table["data"]}
    meta = read_meta(tracking.resolve_model(f"runs:/{result}/checkpoint"))
    assert meta["dev"]["dev/mean"] == max(dev)
    assert meta["peak_memory"]["gib"] > 0.01
    assert meta["lora"]["trainable_share"] < 1
    assert {"checkpoint/adapters"} <= artifacts(result, "checkpoint")
    assert not (place.folder / "out" / f"target-{tags['stilts.fingerprint'][:16]}").exists()


def test_a_retrained_result_has_another_seed(place: Place) -> None:
    result = target(TargetConfig(**place.options, n_trials=2, search_retrain="true"))
    meta = read_meta(tracking.resolve_model(f"runs:/{result}/checkpoint"))
    assert meta["training"]["seed"] == 1
    assert tracking.run_tags(result)["search.result"] == "retrained with seed 1"
    values = {
        name.removeprefix("best."): v for name, v in tracking.run_tags(result).items() if name.startswith("best.")
    }
    assert str(meta["training"]["warmup"]) == values["warmup"]


def test_a_larger_budget_goes_on_from_the_trials_that_are_there(place: Place) -> None:
    config = TargetConfig(**place.options, n_trials=2, pruner=None)
    first = target(config)
    second = target(replace(config, n_trials=3))
    assert first != second
    assert len(tracking.child_runs(first)) == 2
    assert len(tracking.child_runs(second)) == 1
    assert "checkpoint/config.json" in artifacts(second, "checkpoint")
    assert target(replace(config, n_trials=3)) == second


def test_minutes_end_a_search(place: Place) -> None:
    result = target(TargetConfig(**place.options, search_minutes=1e-6))
    assert len(tracking.child_runs(result)) == 1


def test_diverging_trials_are_pruned(place: Place) -> None:
    options = {**place.options, "learning_rate": 1e30}
    with pytest.raises(InputError, match="no trial was finished"):
        target(TargetConfig(**options, n_trials=2))
    (tags, *_) = runs("trial").values()
    assert tags["stilts.trial"] == "pruned"
    assert "the loss is" in tags["stilts.reason"]


def test_a_storage_out_of_reach(place: Place) -> None:
    process = place.start(n_trials=2, search_storage="postgresql://me:secret@127.0.0.1:1/x")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    (line,) = (line for line in said.splitlines() if line.startswith("error: "))
    assert line.startswith("error: search_storage postgresql://me:***@127.0.0.1:1/x: ")
    (tags,) = runs("target").values()
    assert tags["stilts.state"] == "failed"
    assert "secret" not in json.dumps(tags)


@pytest.fixture
def sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row like XCOPA's: trains on COPA after Social IQa."""
    row = replace(TASKS["copa"], name="after", trains_on="copa", selects_on="copa", first="social_iqa")
    monkeypatch.setitem(TASKS, "after", row)


def opened_by_mlflow() -> str:
    """A run as `mlflow run` opens it for this process."""
    import mlflow

    tracking.connect("stilts")
    client = mlflow.MlflowClient()
    run = client.create_run(client.get_experiment_by_name("stilts").experiment_id)
    os.environ["MLFLOW_RUN_ID"] = run.info.run_id
    return str(run.info.run_id)


def test_a_target_after_another_one_goes_on_with_its_head(place: Place, sequence: None) -> None:
    # A learning rate of nothing: the result has the weights it began with.
    options = {**place.options, "learning_rate": 1e-12, "weight_decay": 0.0}
    given = opened_by_mlflow()
    result = target(TargetConfig(**options, task="after"))
    assert result == given  # the first target is a run beside it
    tags = tracking.run_tags(result)
    before = tags["parent.first"]
    assert (tags["first"], tracking.run_tags(before)["tasks"]) == ("social_iqa", "social_iqa")
    assert tags["parent.model"] == tracking.run_tags(before)["parent.model"]
    assert json.loads(tags["stilts.key.parents"]) == {"first": before, "model": tags["parent.model"]}
    assert f"after social_iqa and with its head (run {before})" in tags["mlflow.note.content"]
    one, two = (load(tracking.resolve_model(f"runs:/{run}/checkpoint")).model for run in (before, result))
    assert (list(one.heads), list(two.heads)) == (["social_iqa"], ["copa"])
    heads = zip(one.heads["social_iqa"].parameters(), two.heads["copa"].parameters(), strict=True)
    assert all(bool(((a - b).abs() < 1e-6).all()) for a, b in heads)
    # The first run serves any other that begins with it, and a target of its own.
    assert target(TargetConfig(**options, task="social_iqa")) == before
    assert target(TargetConfig(**options, task="after")) == result
    alone = target(TargetConfig(**options, task="copa"))
    assert alone != result


def test_a_sequence_of_different_kinds_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "after", replace(TASKS["copa"], name="after", trains_on="copa", first="mnli"))
    with pytest.raises(InputError, match="mnli comes first and is classification; expected multiple_choice"):
        target(TargetConfig(**place.options, task="after"))
    row = replace(TASKS["mnli"], name="after", trains_on="mnli", selects_on="mnli", first="qqp")
    monkeypatch.setitem(TASKS, "after", row)
    with pytest.raises(InputError, match="cannot go on with the head of qqp"):
        target(TargetConfig(**place.options, task="after"))


def test_a_sequence_with_a_search(place: Place, sequence: None) -> None:
    result = target(TargetConfig(**place.options, task="after", n_trials=2, pruner=None))
    before = tracking.run_tags(result)["parent.first"]
    assert [len(tracking.child_runs(run)) for run in (before, result)] == [2, 2]
