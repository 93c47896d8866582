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


def output(encoder: Path, folder: Path, name: str, *options: str) -> list[str]:
    """Lines that a benchmark prints."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--model", str(encoder), *options]
    environment = user_environment(PYTHONPATH=str(ROOT))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_first_step(encoder: Path, tmp_path: Path) -> None:
    options = ("--rounds", "1", "--tasks", "mnli,ccg,squad_v1", "--max_examples", "40")
    assert [line.split()[0] for line in output(encoder, tmp_path, "first_step", *options)] == [
        "off",
        "filling",
        "filled",
    ]


def test_evaluation(encoder: Path, tmp_path: Path) -> None:
    lines = output(encoder, tmp_path, "evaluation", "--tasks", "xnli,udpos", "--max_examples", "10")
    assert {"xnli", "udpos"} <= {line.split()[0].strip(":,") for line in lines if line.strip()}
