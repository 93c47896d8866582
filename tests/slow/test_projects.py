"""Every entry point through a real `mlflow run`, against SQLite and against a real server."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Server, user_environment

pytestmark = pytest.mark.slow

SMALL = ["max_steps=5", "max_examples=40"]


@dataclass
class Project:
    """The project as a user runs it, from a folder of its own."""

    folder: Path
    uri: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The user's environment: this Python first on the path."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return user_environment() | {
            "PATH": path,
            "MLFLOW_TRACKING_URI": self.uri,
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }

    def mlflow_run(self, entry_point: str, *parameters: str) -> subprocess.CompletedProcess[str]:
        """`mlflow run` with these parameters."""
        command = [sys.executable, "-m", "mlflow", "run", str(ROOT), "--env-manager", "local"]
        command += ["--experiment-name", "stilts", "-e", entry_point, "-P", f"output_dir={self.folder / 'out'}"]
        for parameter in parameters:
            command += ["-P", parameter]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def run(self, entry_point: str, *parameters: str) -> str:
        """Id that a successful run prints last."""
        done = self.mlflow_run(entry_point, *parameters)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        assert "Traceback" not in done.stderr
        match = re.search(r"^run_id=(\w+)$", done.stdout, flags=re.MULTILINE)
        assert match, done.stdout
        return match[1]

    def given(self) -> Any:
        """The run that the last `mlflow run` opened."""
        experiment = self.client.get_experiment_by_name("stilts").experiment_id
        own = "tags.`mlflow.project.entryPoint` != ''"
        return self.client.search_runs([experiment], own, max_results=1, order_by=["attributes.start_time DESC"])[0]

    @property
    def client(self) -> Any:
        """A client of the store."""
        import mlflow

        return mlflow.MlflowClient(self.uri, self.uri)

    def artifacts(self, run_id: str, path: str = "") -> set[str]:
        """Names below an artifact folder."""
        return {item.path for item in self.client.list_artifacts(run_id, path)}

    def check_done(self, run_id: str, phase: str) -> Any:
        """A run that ended well and says so everywhere."""
        run = self.client.get_run(run_id)
        tags = run.data.tags
        assert (run.info.status, tags["stilts.state"], tags["phase"]) == ("FINISHED", "done", phase)
        assert tags["mlflow.note.content"]
        assert "cfg/seed" in run.data.params
        assert {"config.json"} <= self.artifacts(run_id)
        return run


@pytest.fixture(scope="module", params=["sqlite", "server"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One store of each kind; the tests below build on one another in order."""
    folder = tmp_path_factory.mktemp(f"project-{request.param}")
    if request.param == "sqlite":
        yield Project(folder, f"sqlite:///{folder / 'mlflow.db'}")
    else:
        server: Server = request.getfixturevalue("mlflow_server")
        yield Project(folder, server.url)


def test_pretrain(project: Project) -> None:
    project.ids["pretrain"] = project.run("pretrain", "max_steps=20")
    run = project.check_done(project.ids["pretrain"], "pretrain")
    assert run.inputs.dataset_inputs
    assert {"checkpoint/config.json", "checkpoint/meta.json"} <= project.artifacts(run.info.run_id, "checkpoint")
    # MLflow's own names of the parameters, and the resolved options beside them.
    assert (run.data.params["max_steps"], run.data.params["cfg/max_steps"]) == ("20", "20")


def test_intermediate_on_a_mixture(project: Project) -> None:
    model = f"model=runs:/{project.ids['pretrain']}/checkpoint"
    project.ids["intermediate"] = project.run("intermediate", model, "tasks=mnli,squad_v1", *SMALL)
    run = project.check_done(project.ids["intermediate"], "intermediate")
    assert any(name.startswith("mixture/") for name in run.data.metrics)


def test_equal_run_is_reused(project: Project) -> None:
    model = f"model=runs:/{project.ids['pretrain']}/checkpoint"
    done = project.mlflow_run("intermediate", model, "tasks=mnli,squad_v1", *SMALL)
    assert f"\nrun_id={project.ids['intermediate']}\n" in done.stdout
    assert project.given().data.tags["stilts.state"] == "reused"


def test_target_and_evaluate(project: Project) -> None:
    model = f"model=runs:/{project.ids['intermediate']}/checkpoint"
    project.ids["target"] = project.run("target", model, "task=xnli", *SMALL)
    project.check_done(project.ids["target"], "target")
    model = f"model=runs:/{project.ids['target']}/checkpoint"
    run_id = project.run("evaluate", model, "languages=en,sw", "max_examples=40")
    run = project.check_done(run_id, "evaluate")
    assert {"zero_shot/xnli/accuracy/en", "zero_shot/xnli/accuracy/sw"} <= set(run.data.metrics)
    assert {"scores.json"} <= project.artifacts(run_id)


def test_target_with_a_search(project: Project) -> None:
    model = f"model=runs:/{project.ids['pretrain']}/checkpoint"
    run_id = project.run("target", model, "task=udpos", "n_trials=2", *SMALL)
    run = project.check_done(run_id, "target")
    trials = project.client.search_runs(
        [run.info.experiment_id], filter_string=f"tags.`mlflow.parentRunId` = '{run_id}'", max_results=10
    )
    assert len(trials) == 2


def test_retrieve(project: Project) -> None:
    model = f"model=runs:/{project.ids['pretrain']}/checkpoint"
    run = project.check_done(
        project.run("retrieve", model, "max_examples=60", "tasks=tatoeba,bucc2018,lareqa"), "retrieve"
    )
    for metric in ("tatoeba/accuracy", "bucc2018/mining_f1", "bucc2018/mining_f1_best_layer", "lareqa/map_at_20"):
        assert any(name.startswith(f"zero_shot/{metric}/") for name in run.data.metrics)
    assert run.data.tags["selection"] == "target-dev"
    assert len(run.data.tags["protocol_hash.bucc2018"]) == 12
    drawn = {item.path for item in project.client.list_artifacts(run.info.run_id, "layers")}
    assert drawn == {f"layers/{name}.svg" for name in ("tatoeba", "bucc2018", "bucc2018-dev", "lareqa")}


def test_main_and_report(project: Project) -> None:
    model = f"model=runs:/{project.ids['pretrain']}/checkpoint"
    chain = ["targets=xnli,panx", "intermediate=mnli", "languages=en,sw"]
    run_id = project.run("main", model, *chain, *SMALL)
    run = project.check_done(run_id, "main")
    children = project.client.search_runs(
        [run.info.experiment_id], filter_string=f"tags.`mlflow.parentRunId` = '{run_id}'", max_results=50
    )
    assert {child.data.tags["phase"] for child in children} >= {"intermediate", "target", "evaluate", "retrieve"}
    assert all(child.info.status == "FINISHED" for child in children)
    assert project.artifacts(run_id, "report")
    report = project.run("report", f"run={run_id}")
    assert project.artifacts(report)


def test_promote(project: Project) -> None:
    run_id = project.run("promote", f"run={project.ids['target']}", "name=stilts-test")
    project.check_done(run_id, "promote")
    version = project.client.get_model_version_by_alias("stilts-test", "champion")
    assert int(version.version) == 1
    scores = project.run("evaluate", "model=models:/stilts-test@champion", "languages=sw", "max_examples=40")
    project.check_done(scores, "evaluate")


def test_gate_refuses(project: Project) -> None:
    done = project.mlflow_run("promote", f"run={project.ids['target']}", "name=stilts-test", "min_average=100.5")
    assert done.returncode != 0
    run = project.given()
    assert (run.info.status, run.data.tags["stilts.state"]) == ("FAILED", "failed")


def test_wrong_input_fails_the_run(project: Project) -> None:
    done = project.mlflow_run("target", "task=xlni")
    assert done.returncode != 0
    assert "error: unknown task 'xlni'; did you mean 'xnli'?" in done.stderr
    run = project.given()
    assert (run.info.status, run.data.tags["stilts.state"]) == ("FAILED", "failed")
    assert "unknown task 'xlni'" in run.data.tags["stilts.reason"]


def test_parameters_cannot_run_commands(project: Project) -> None:
    for value in ("$(touch pwned)", "' ; touch pwned ; '"):
        assert project.mlflow_run("intermediate", f"tasks={value}").returncode != 0
    assert not list(ROOT.glob("pwned"))
    assert not list(project.folder.glob("**/pwned"))


def test_unknown_parameter_is_refused(project: Project) -> None:
    done = project.mlflow_run("intermediate", "learning_rat=1")
    assert done.returncode != 0
    assert "did you mean --learning_rate" in done.stderr


def test_stopped_training_goes_on(tmp_path: Path) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'mlflow.db'}")
    command = [
        sys.executable,
        "-m",
        "entry_points.pretrain",
        "--max_steps",
        "60",
        "--output_dir",
        str(tmp_path / "out"),
    ]
    environment = {**project.environment, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: list((tmp_path / "out").glob("*/run_id")))
    (note,) = (tmp_path / "out").glob("*/run_id")
    run_id = note.read_text().strip()
    wait_for(lambda: any(name.startswith("train/") for name in project.client.get_run(run_id).data.metrics))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 143, said.decode()[-2000:]
    run = project.client.get_run(run_id)
    assert (run.info.status, run.data.tags["stilts.state"]) == ("KILLED", "preempted")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip().endswith(f"run_id={run_id}"), done.stderr[-2000:]
    project.check_done(run_id, "pretrain")
    steps = [point.step for point in project.client.get_metric_history(run_id, "train/steps")]
    assert steps == [60]


def wait_for(arrived: Callable[[], object], seconds: float = 120) -> None:
    """Wait until `arrived` says so."""
    deadline = time.monotonic() + seconds
    while not arrived():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_scores_can_be_read_by_anyone(project: Project) -> None:
    import mlflow

    run_id = next(
        run.info.run_id
        for run in project.client.search_runs(
            [project.client.get_experiment_by_name("stilts").experiment_id], "tags.phase = 'evaluate'"
        )
    )
    mlflow.set_tracking_uri(project.uri)
    table = json.loads(mlflow.artifacts.load_text(f"runs:/{run_id}/scores.json"))
    assert set(table["columns"]) == {"run_id", "task", "language", "split", "metric", "value", "n"}
