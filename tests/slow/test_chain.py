"""The main job with its defaults, as `make demo` runs it: what it promises about the scores."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stilts_mlflow import tracking
from stilts_mlflow.phases.report import CHAIN, chance_levels, condition
from tests.conftest import ROOT, user_environment

pytestmark = pytest.mark.slow

ONE_OF_ALL = 100 / 300
"""Chance level of retrieval: 250 sentences and 50 distractors."""
ALMOST_ALL = 99.5


def test_every_language_is_above_chance_and_below_the_ceiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both conditions, on every target and metric; a zero-shot score of 100 could show no difference."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    command = [sys.executable, "-m", "entry_points.main", "--output_dir", str(tmp_path / "out")]
    environment = user_environment(PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI=os.environ["MLFLOW_TRACKING_URI"])
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    match = re.search(r"^run_id=(\w+)$", done.stdout, flags=re.MULTILINE)
    assert match
    tracking.connect("stilts")
    chain = tracking.read_json(match[1], CHAIN)
    chance = chance_levels(chain)
    conditions = [condition(one) for one in chain["conditions"]]
    assert [each.name for each in conditions] == ["none", "mnli"]
    for each in conditions:
        assert {score.task for score in each.scores} == {"xnli", "xquad", "udpos", "panx", "tatoeba"}
        for score in each.scores:
            level = chance.get((score.task, score.metric, score.language), ONE_OF_ALL)
            where = f"{each.name}: {score.task} {score.language} {score.metric} {score.value:.1f}"
            assert score.value > level, f"{where}; by chance {level:.1f}"
            assert score.language == "en" or score.value < ALMOST_ALL or score.task == "tatoeba", where
    retrieval = [score.value for each in conditions for score in each.scores if score.task == "tatoeba"]
    assert sum(retrieval) / len(retrieval) < ALMOST_ALL
