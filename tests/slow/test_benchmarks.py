"""The benchmarks run; their figures are not tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny
from tests.conftest import ROOT, user_environment

pytestmark = pytest.mark.slow


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """A tiny encoder's folder."""
    tiny.model().encoder.save_pretrained(tmp_path / "encoder")
    tiny.tokenizer().save_pretrained(tmp_path / "encoder")
    return tmp_path / "encoder"


def test_first_step(encoder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.first_step", "--model", str(encoder), "--rounds", "1"]
    command += ["--tasks", "mnli,ccg,squad_v1", "--max_examples", "40"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=user_environment(PYTHONPATH=str(ROOT))
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["off", "filling", "filled"]
