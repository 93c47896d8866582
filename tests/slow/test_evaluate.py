"""An evaluation that is stopped and started again, as processes; the time outside the model on real slices."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, user_environment
from tests.registry import make_checkpoint

CHILD = """
import sys, time
from stilts_mlflow import inference
inference.SECONDS = 0.0  # keep after every batch
run = inference.Pass._run
def slowly(self, indices):
    time.sleep(float(sys.argv[1]))
    run(self, indices)
inference.Pass._run = slowly
from entry_points.evaluate import main
sys.exit(main(sys.argv[2:]))
"""


def command(pause: float, *flags: str) -> list[str]:
    """The entry point, with a pause before every batch so that a signal finds it at work."""
    return [sys.executable, "-c", CHILD, str(pause), *flags]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_evaluation_goes_on_where_it_was(tmp_path: Path, number: signal.Signals, code: int) -> None:
    make_checkpoint(tmp_path / "model", "classification")
    environment = user_environment(PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1")
    flags = ["--model", str(tmp_path / "model"), "--languages", "en,de,sw", "--max_examples", "200"]
    flags += ["--batch_size", "10", "--output_dir", "out"]
    process = subprocess.Popen(
        command(0.1, *flags), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("out/evaluate-*/kept/*/*.parquet"))) < 3:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    if code > 0:
        assert re.search(r"stopped: SIG\w+ at example \d+ of 600 of xnli; the same command goes on", said)
    done = subprocess.run(command(0, *flags), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    match = re.search(r"600 examples, (\d+) of them before the interruption", done.stdout)
    assert match
    assert 30 <= int(match[1]) < 600
    if number != signal.SIGTERM:
        return
    fresh = subprocess.run(
        command(0, *flags, "--experiment", "fresh"), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert "before the interruption" not in fresh.stdout
    assert scores(done.stdout) == scores(fresh.stdout)


def scores(said: str) -> str:
    """The line with a figure a language."""
    found = re.search(r"^  en .*$", said, flags=re.MULTILINE)
    assert found
    return found[0]


@pytest.mark.real
def test_most_of_the_time_is_inside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the real XNLI slice with the real encoder and an untrained head: loading, tokenising, decoding, scoring."""
    from stilts_mlflow import checkpoint, tracking
    from stilts_mlflow.phases.evaluate import evaluate
    from stilts_mlflow.phases.evaluate_config import EvaluateConfig
    from stilts_mlflow.tasks.tables import TASKS
    from tests.registry import store_settings

    data, encoder = os.environ.get("STILTS_REAL_DATA"), os.environ.get("STILTS_REAL_MODEL")
    if not data or not encoder:
        pytest.skip("STILTS_REAL_DATA and STILTS_REAL_MODEL name no slices and no encoder")
    loaded = checkpoint.start_from(encoder)
    loaded.model.add_head("mnli", "classification", TASKS["mnli"].labels)
    meta = {"phase": "target", "task": "xnli", "tasks": ["mnli"], "training": {"max_lengths": [128], "doc_stride": 64}}
    checkpoint.save(tmp_path / "model", loaded.model, loaded.tokenizer, meta)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STILTS_CACHE", str(tmp_path / "features"))  # nothing is tokenised yet
    with store_settings(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "cache"):
        options = EvaluateConfig(
            model=str(tmp_path / "model"), data="files", data_dir=data, languages="en,de,sw", max_examples=100
        )
        run_id = evaluate(options)
        tracking.connect("stilts")
        import mlflow

        metrics = mlflow.MlflowClient().get_run(run_id).data.metrics
    print(capsys.readouterr().out)
    # The figure itself (at most a tenth, where it was measured) depends on the load: see benchmarks/evaluation.py.
    assert 0 < metrics["speed/xnli/outside_model"] < 0.5
