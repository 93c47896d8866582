"""One phase, one run: two processes with the same key, and lengths of a borrowed head."""

import subprocess
import sys
from pathlib import Path

import pytest

from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.task_types.task_type import Limits
from tests.conftest import ROOT, user_environment

WORK = """
import sys, time
from pathlib import Path
from stilts_mlflow import tracking
from stilts_mlflow.phases.work import reuse_or_work
tracking.connect("e")
key = tracking.RunKey("target", {"a": 1}, {}, "", "")

def work(run, folder):
    (folder / "state").mkdir()
    Path("begun").touch()
    for _ in range(20):
        time.sleep(0.1)
        assert (folder / "state").is_dir(), "somebody else removed it"
    run.log({"a": 1.0})

print("run", reuse_or_work(key, work, name="n", description="d", config={"output_dir": "out"}))
"""


@pytest.mark.slow
def test_a_second_process_waits_and_takes_the_result_of_the_first(tmp_path: Path) -> None:
    environment = user_environment(PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI=f"sqlite:///{tmp_path}/mlflow.db")
    command = [sys.executable, "-c", WORK]
    pair = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate() for process in pair]
    assert [process.returncode for process in pair] == [0, 0], said
    lines = sorted(out.decode().splitlines() for out, _ in said)
    assert len({one[-1] for one in lines}) == 1  # the same run
    waiting = [one for one in lines if "target n: another process is at it; waiting for its result" in one]
    assert len(waiting) == 1
    assert "reusing finished run" in waiting[0][-2]


def test_lengths_of_a_head_that_another_task_trained() -> None:
    meta = {"tasks": ["ccg", "xnli"], "training": {"max_lengths": [48, 64], "doc_stride": 32}}
    assert limits_of(meta, "mnli", "classification", 512) == Limits(64, 32)
    assert limits_of(meta, "ccg", "tagging", 40) == Limits(40, 32)
    assert limits_of(meta, "squad_v1", "question_answering", 512) == Limits(384, 128)
