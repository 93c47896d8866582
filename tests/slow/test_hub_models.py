"""An encoder by its Hub id, from a replica of the Hub: its commit is part of what a run is."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from tests import tiny
from tests.conftest import ROOT, user_environment
from tests.hub_replica import Replica

pytestmark = pytest.mark.slow


def retrieve(folder: Path, hub: Replica, model: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "entry_points.retrieve", "--model", model, "--languages", "de"]
    command += ["--max_examples", "20"]
    env = user_environment(PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db")
    env = {name: value for name, value in env.items() if not name.startswith("HF_")}
    env |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), **environment}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


def files(seed: int, folder: Path) -> dict[str, bytes]:
    tiny.model(seed=seed).encoder.save_pretrained(folder)
    tiny.tokenizer().save_pretrained(folder)
    return {name: (folder / name).read_bytes() for name in os.listdir(folder)}


def test_an_encoder_of_the_hub(tmp_path: Path) -> None:
    with Replica() as hub:
        hub.add("ours/tiny", files(0, tmp_path / "a"))
        commit = hub.repositories["ours/tiny"].commits["main"]
        first = retrieve(tmp_path, hub, "ours/tiny")
        assert first.returncode == 0, first.stderr
        run = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db").get_run(first.stdout.split("run_id=")[1].strip())
        assert run.data.tags["parent.model"] == f"ours/tiny@{commit[:12]}"

        offline = retrieve(tmp_path, hub, "ours/tiny", HF_HUB_OFFLINE="1")
        assert f"reusing finished run {run.info.run_id}" in offline.stdout, offline.stderr

        hub.add("ours/tiny", files(1, tmp_path / "b"))
        changed = retrieve(tmp_path, hub, "ours/tiny")
        assert "parents: model ours/tiny@" in changed.stdout + changed.stderr
        assert run.info.run_id not in changed.stdout.split("run_id=")[1]

        for name, words in {"ours/nothing": "no such repository", "ours/data": "not a model on the Hub"}.items():
            hub.add("ours/data", {"README.md": b"no model"})
            missing = retrieve(tmp_path, hub, name)
            assert missing.returncode == 2
            assert f"model='{name}'" in missing.stderr
            assert words in missing.stderr
            assert missing.stderr.count("\n") == 1, missing.stderr
