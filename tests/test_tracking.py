"""Runs against a real SQLite store (quick) and a real server (slow)."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.scores import Score
from tests.conftest import ROOT, Server, user_environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One SQLite store for all tests of the module; each test has an experiment of its own."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def tracking(folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The tracking module, connected to a new experiment."""
    import mlflow

    from stilts_mlflow import tracking

    monkeypatch.chdir(folder)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    tracking.connect(request.node.name)
    yield tracking
    while mlflow.active_run():
        mlflow.end_run("KILLED")


def key(tracking: ModuleType, phase: str = "target", data: str = "d1", **config: object) -> object:
    """A key with one parent."""
    return tracking.RunKey(phase, {"seed": 0, **config}, {"encoder": "abc"}, data, "c0de")


def finish(tracking: ModuleType, run_key: object, **options: object) -> str:
    """Id of a run that ended well."""
    with tracking.phase_run(run_key, name="n", description="d", config=options) as run:
        pass
    return str(run.id)


def info(run_id: str) -> tuple[str, dict[str, str]]:
    """Status and tags of a run."""
    import mlflow

    run = mlflow.get_run(run_id)
    return run.info.status, run.data.tags


def test_equal_keys_have_equal_fingerprints(tracking: ModuleType) -> None:
    assert key(tracking, epochs=2).fingerprint == key(tracking, epochs=2.0).fingerprint
    assert key(tracking, tasks=("a", "b")).fingerprint == key(tracking, tasks=["a", "b"]).fingerprint
    assert key(tracking, epochs=2).fingerprint != key(tracking, epochs=2.5).fingerprint
    assert key(tracking, flag=True).fingerprint != key(tracking, flag=1).fingerprint
    assert key(tracking, data="d1").fingerprint != key(tracking, data="d2").fingerprint


def test_code_version_is_stable(tracking: ModuleType) -> None:
    assert tracking.code_version() == tracking.code_version()
    assert len(tracking.code_version()) == 16


def test_a_finished_run_is_found_again(tracking: ModuleType) -> None:
    assert tracking.find_finished(key(tracking)) is None
    first, second = finish(tracking, key(tracking)), finish(tracking, key(tracking))
    assert first != second
    assert tracking.find_finished(key(tracking)) == second
    assert tracking.find_finished(key(tracking, phase="evaluate")) is None


def test_a_miss_says_what_differs(tracking: ModuleType) -> None:
    assert tracking.explain_miss(key(tracking)) == "no finished run of phase target yet"
    finish(tracking, key(tracking, learning_rate=0.1, far="away", farther="away"))
    near = finish(tracking, key(tracking, learning_rate=0.001))
    said = tracking.explain_miss(key(tracking, data="d2", learning_rate=0.002))
    assert said == f"nearest finished run {near} differs in config: learning_rate 0.001 -> 0.002; data changed"
    other = tracking.RunKey("target", {"seed": 0, "learning_rate": 0.001}, {"encoder": "xyz"}, "d1", "c1")
    assert tracking.explain_miss(other).endswith("differs in parents: encoder abc -> xyz; code changed")


def test_a_miss_is_explained_even_for_a_huge_config(tracking: ModuleType) -> None:
    finish(tracking, key(tracking, text="x" * 9000))
    assert "too long to compare" in tracking.explain_miss(key(tracking, text="y" * 9000))


def test_run_that_raises_is_failed_and_not_reused(tracking: ModuleType) -> None:
    with pytest.raises(InputError), tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        raise InputError("xnli/sw:\n no such file")
    status, tags = info(run.id)
    assert (status, tags["stilts.state"], tags["stilts.reason"]) == ("FAILED", "failed", "xnli/sw: no such file")
    assert tracking.find_finished(key(tracking)) is None


@pytest.mark.parametrize("error", [Preempted("SIGTERM at step 3 of 5"), KeyboardInterrupt()])
def test_preempted_run_can_be_resumed(tracking: ModuleType, error: BaseException) -> None:
    with pytest.raises(type(error)), tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        raise error
    status, tags = info(run.id)
    assert (status, tags["stilts.state"]) == ("KILLED", "preempted")
    options = {"resume_id": run.id, "config": {"new": 1}}
    with tracking.phase_run(key(tracking), name="n", description="d", **options) as again:
        assert again.id == run.id
    status, tags = info(run.id)
    assert (status, tags["stilts.state"], tags.get("stilts.reason")) == ("FINISHED", "done", None)


def test_resuming_a_missing_run_starts_a_new_one(tracking: ModuleType) -> None:
    with tracking.phase_run(key(tracking), name="n", description="d", config={}, resume_id="f" * 32) as run:
        assert run.id != "f" * 32


def test_a_run_that_another_process_is_in_is_not_resumed(tracking: ModuleType) -> None:
    import psutil

    own = {"stilts.state": "running", **tracking.process_tags()}
    parent = psutil.Process(os.getppid())
    other = own | {"stilts.pid": str(parent.pid), "stilts.pid_started": str(int(parent.create_time()))}
    assert tracking.is_at_work(other)
    assert not tracking.is_at_work(own)  # this process itself
    assert not tracking.is_at_work({**other, "stilts.state": "preempted"})
    assert not tracking.is_at_work({**other, "stilts.host": "another"})
    assert not tracking.is_at_work({**other, "stilts.pid_started": "1000"})
    with tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        run.set_tags(other)
        run.end_state = "running"  # as if the other process were still in it
    with tracking.phase_run(key(tracking), name="n", description="d", config={}, resume_id=run.id) as again:
        assert again.id != run.id


def test_nested_runs_know_their_parent(tracking: ModuleType) -> None:
    with tracking.phase_run(key(tracking, phase="main"), name="m", description="", config={}) as main:
        children = []
        for name in ("a", "b"):
            with tracking.phase_run(key(tracking), name=name, description="", config={}, nested=True) as child:
                children.append(child.id)
    assert [run_id for run_id, _ in tracking.child_runs(main.id)] == children
    assert tracking.search(None, {"phase": "main"})[0][0] == main.id
    assert tracking.search("no such experiment", {}) == []


def test_run_of_mlflow_run_is_adopted(tracking: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    given = mlflow.MlflowClient().create_run("0", run_name="amusing-doe-123")
    mlflow.MlflowClient().log_param(given.info.run_id, "seed", "0")
    monkeypatch.setenv("MLFLOW_RUN_ID", given.info.run_id)
    tracking.connect("another")
    assert finish(tracking, key(tracking), seed=0) == given.info.run_id
    assert "MLFLOW_RUN_ID" not in os.environ
    run = mlflow.get_run(given.info.run_id)
    assert (run.info.run_name, run.info.experiment_id) == ("n", "0")
    assert run.data.params == {"seed": "0", "cfg/seed": "0"}


def test_a_phase_that_comes_first_leaves_the_run_of_mlflow_run(
    tracking: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    given = mlflow.MlflowClient().create_run("0", tags={"mlflow.project.entryPoint": "target"}, run_name="mine")
    monkeypatch.setenv("MLFLOW_RUN_ID", given.info.run_id)
    tracking.connect("another")
    assert finish(tracking, key(tracking, phase="pretrain")) != given.info.run_id
    tracking.mark_given_run("reused", "same as")
    tracking.connect("another")
    with tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        assert run.id == given.info.run_id
        tracking.connect("another")  # inside a run the experiment stays
        with tracking.phase_run(key(tracking), name="n", description="d", config={}, nested=True) as child:
            pass
    tags = info(run.id)[1]
    assert (tags["stilts.state"], tags.get("stilts.reason"), tags["mlflow.runName"]) == ("done", None, "mine")
    assert mlflow.get_run(child.id).info.experiment_id == "0"


def test_experiment_of_the_environment_wins(tracking: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "by name")
    tracking.connect("of the option")
    run_id = finish(tracking, key(tracking))
    assert tracking.search("by name", {})[0][0] == run_id
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
    for _ in range(2):
        tracking.connect("of the option")
        run_id = finish(tracking, key(tracking))
        assert tracking.search("Default", {})[0][0] == run_id
    assert tracking.search("of the option", {}) == []


@pytest.mark.slow
def test_runs_of_dead_processes_are_closed(tracking: ModuleType, request: pytest.FixtureRequest) -> None:
    from stilts_mlflow.tracking_store import close_stale_runs

    script = "import os, sys; from stilts_mlflow import tracking as t; t.connect(sys.argv[1])\n"
    script += "k = t.RunKey('target', {}, {}, '', '')\n"
    script += "with t.phase_run(k, name='n', description='', config={}) as run: print(run.id, flush=True); os._exit(9)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, request.node.name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    dead = done.stdout.split()[-1]
    assert info(dead)[0] == "RUNNING"
    with tracking.phase_run(key(tracking), name="n", description="", config={}) as alive:
        close_stale_runs()
        assert info(alive.id)[1]["stilts.state"] == "running"
    status, tags = info(dead)
    assert (status, tags["stilts.state"], tags["stilts.reason"]) == ("FAILED", "failed", "process died")


def test_metrics_are_cleaned_and_batched(tracking: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    import mlflow

    with tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        for step in range(200):
            run.log({"train/loss": 1 / (step + 1), "diverged": float("nan"), "a(b),c@d%": 1.0, "//x///y/": 2.0}, step)
    metrics = mlflow.get_run(run.id).data.metrics
    assert metrics == {"train/loss": 1 / 200, "a_b__c_d_": 1.0, "x/y": 2.0}
    history = mlflow.MlflowClient().get_metric_history(run.id, "train/loss")
    assert [point.step for point in history] == list(range(200))
    assert sum("diverged" in record.message for record in caplog.records) == 1


def test_long_options_are_cut_in_the_list_and_whole_in_the_file(tracking: ModuleType) -> None:
    import mlflow

    run_id = finish(tracking, key(tracking), text="x" * 7000, path=Path("a"))
    assert len(mlflow.get_run(run_id).data.params["cfg/text"]) == 500
    assert tracking.read_json(run_id, "config.json") == {"text": "x" * 7000, "path": "a"}


def test_scores_tables_and_inputs_come_back(tracking: ModuleType) -> None:
    import mlflow

    with tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        scores = [Score(run.id, "xnli", language, "test", "accuracy", 50.5, 40) for language in ("en", "sw")]
        run.log_scores(scores)
        run.log_scores(scores)
        run.log_input("xnli/train", "ab" * 32, 392, "training")
        run.log_input("xnli/dev", "cd" * 32, 2, "dev", {"path": "facebook/xnli", "config_name": "en", "revision": "r"})
        run.log_input("xnli/test", "ef" * 32, 2, "test", {"uri": "data/xnli/test-en.tsv"})
    assert tracking.read_scores(run.id) == scores
    stored = mlflow.get_run(run.id)
    assert stored.data.metrics["zero_shot/xnli/accuracy/sw"] == 50.5
    assert json.loads(stored.data.tags["mlflow.loggedArtifacts"]) == [{"path": "scores.json", "type": "table"}]
    table = mlflow.load_table("scores.json", run_ids=[run.id])
    assert list(table["language"]) == ["en", "sw"]
    inputs = {one.dataset.name: one for one in stored.inputs.dataset_inputs}
    hub = mlflow.data.get_source(inputs["xnli/dev"].dataset)
    assert (hub.path, hub.config_name, hub.revision) == ("facebook/xnli", "en", "r")
    assert json.loads(inputs["xnli/test"].dataset.source)["uri"] == "data/xnli/test-en.tsv"
    dataset = inputs["xnli/train"]
    assert (dataset.dataset.name, dataset.dataset.digest) == ("xnli/train", ("ab" * 32)[:36])
    assert dataset.tags[0].value == "training"
    with pytest.raises(InputError, match=r"has no scores\.json"):
        tracking.read_scores(finish(tracking, key(tracking)))
    with pytest.raises(InputError, match="no run 'nope'"):
        tracking.read_scores("nope")


def test_models_are_found_by_address(tracking: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    with tracking.phase_run(key(tracking), name="n", description="d", config={}) as run:
        run.log_folder(tmp_path, "checkpoint")
    found = tracking.resolve_model(f"runs:/{run.id}")
    assert found == tracking.resolve_model(f"runs:/{run.id}/checkpoint")
    assert (found / "meta.json").is_file()
    assert tracking.resolve_model(str(tmp_path)) == tmp_path
    assert tracking.resolve_model("xlm-roberta-large") == "xlm-roberta-large"


@pytest.mark.parametrize(
    "uri", ["runs:/nope", "models:/nope@champion", "models:/nope/3", "models:/m-1", "models:/a/b/c"]
)
def test_missing_models_are_input_errors(tracking: ModuleType, uri: str) -> None:
    with pytest.raises(InputError, match="model='"):
        tracking.resolve_model(uri)


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9", "postgresql://user:secret@127.0.0.1:9/x", "http://nohost.invalid"]
)
def test_unreachable_store_is_one_line(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    from stilts_mlflow import tracking

    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InputError, match="does not answer") as caught:
        tracking.connect("x")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unusable_sqlite_file_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from stilts_mlflow import tracking

    (tmp_path / "file").write_text("this is no folder")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/file/mlflow.db")
    with pytest.raises(InputError, match="tracking store"):
        tracking.connect("x")


@pytest.mark.slow
def test_several_processes_may_create_the_store(tmp_path: Path) -> None:
    script = "from stilts_mlflow import tracking as t; t.connect('e'); k = t.RunKey('target', {}, {}, '', '')\n"
    script += "with t.phase_run(k, name='n', description='', config={}) as run: run.log({'a': 1})"
    environment = user_environment(PYTHONPATH=str(ROOT))
    command = [sys.executable, "-c", script]
    crowd = [subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.communicate()[1][-300:], process.returncode)[1] for process in crowd] == [0] * 4


@pytest.mark.slow
def test_server_store(mlflow_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from stilts_mlflow import tracking

    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    tracking.connect("over http")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "meta.json").write_text("{}")
    with tracking.phase_run(key(tracking), name="n", description="d", config={"lr": 1.0}) as run:
        run.log_scores([Score(run.id, "xnli", "sw", "test", "accuracy", 50.5, 40)])
        run.log_folder(tmp_path / "model", "checkpoint")
    assert tracking.find_finished(key(tracking)) == run.id
    assert tracking.read_scores(run.id)[0].value == 50.5
    for _ in range(2):  # the second time from the cache
        found = tracking.resolve_model(f"runs:/{run.id}")
        assert str(found).startswith(str(tmp_path / "cache"))
        assert (found / "meta.json").is_file()
    with pytest.raises(InputError, match="has no folder"):
        tracking.resolve_model(f"runs:/{run.id}/nothing")


@pytest.mark.slow
def test_training_goes_on_without_its_server(
    own_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from mlflow import MlflowClient

    from stilts_mlflow import tracking

    monkeypatch.setenv("MLFLOW_TRACKING_URI", own_server.url)
    monkeypatch.chdir(tmp_path)
    tracking.connect("server dies")
    with tracking.phase_run(key(tracking), name="n", description="d", config={"output_dir": "out"}) as run:
        run.log({"loss": 1.0}, 0)
        own_server.stop()
        for step in range(1, 50):
            run.log({"loss": 1.0 / step}, step)
            time.sleep(0.05)
        run.flush()
        assert "kept in" in caplog.text
        assert (tmp_path / "out" / f"unsent-{run.id}.jsonl").exists()
        own_server.start()
    assert not (tmp_path / "out" / f"unsent-{run.id}.jsonl").exists()
    history = MlflowClient().get_metric_history(run.id, "loss")
    assert [point.step for point in history] == list(range(50))
