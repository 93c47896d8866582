"""The entry point `translate` as a process: killed and started again, then trained on."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import copier
from tests.conftest import ROOT, user_environment
from tests.registry import make_checkpoint

pytestmark = pytest.mark.slow


def start(folder: Path, entry_point: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"entry_points.{entry_point}", "--output_dir", str(folder / "out"), *options]
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    environment = user_environment(PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI=uri)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out[-2000:] + err[-4000:]
    match = re.search(r"^run_id=(\w+)$", out, flags=re.MULTILINE)
    assert match
    return match[1]


def test_killed_and_started_again(tmp_path: Path) -> None:
    model = copier.make_nllb(tmp_path / "nllb")
    options = ("--model", str(model), "--tasks", "mnli", "--languages", "de,sw", "--max_examples", "200")
    options += ("--beams", "1")
    process = start(tmp_path, "translate", *options)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "out").glob("translate-*/translations/mnli/de.jsonl")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err.splitlines()[-1].startswith("stopped: SIGTERM during translation; the same command goes on")
    run_id = finish(start(tmp_path, "translate", *options))
    checkpoint = make_checkpoint(tmp_path / "checkpoint", "classification")
    training = ("--model", str(checkpoint), "--recipe", "demo", "--tasks", "mnli", "--max_steps", "2")
    training += ("--max_examples", "20", "--translate", "all", "--translations", f"runs:/{run_id}/translations")
    finish(start(tmp_path, "intermediate", *training))


def test_wrong_models_are_one_line(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "checkpoint", "classification")
    process = start(tmp_path, "translate", "--model", str(checkpoint), "--max_examples", "5")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert re.search(r"^error: model=.* is no encoder-decoder \(bert\): give a Marian", err, flags=re.MULTILINE)
