"""Retrieval on real slices with a real encoder: does what is known of both come out? (STILTS_REAL_DATA, _MODEL)"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stilts_mlflow import checkpoint
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.phases.retrieve import plans_of
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.retrieve_scoring import SCORERS, Result
from stilts_mlflow.retrieval.encoding import Encoding
from stilts_mlflow.retrieval.pools import mining_pools, search_pools
from stilts_mlflow.tasks.tables import TASKS

pytestmark = pytest.mark.real
CAP = 150


@pytest.fixture(scope="module")
def folder() -> str:
    found = os.environ.get("STILTS_REAL_DATA", "")
    if not Path(found).is_dir() or not found:
        pytest.skip("STILTS_REAL_DATA names no folder of real data")
    return found


@pytest.fixture(scope="module")
def start() -> Any:
    found = os.environ.get("STILTS_REAL_MODEL", "")
    if not Path(found).is_dir() or not found:
        pytest.skip("STILTS_REAL_MODEL names no folder of an encoder")
    return checkpoint.start_from(Path(found))


def scored(start: Any, data: str, scratch: Path, **options: Any) -> Result:
    config = RetrieveConfig(data="files", data_dir=data, max_examples=CAP, **options)
    plan = plans_of(config, DataSource("files", data, CAP))[0]
    encoding = Encoding.of(start.model, start.tokenizer, plan.setting, 32, scratch)
    (result,) = SCORERS[plan.task.metrics[0]](plan, config, encoding)
    return result


def test_tatoeba_is_found_in_both_directions(start: Any, folder: str, tmp_path: Path) -> None:
    result = scored(start, folder, tmp_path, tasks="tatoeba", languages="de")
    last = max(result.layers)
    assert result.layers[last]["accuracy"] > 80 > 20 > result.chance["accuracy"]
    assert result.layers[last]["accuracy_to_english"] > 80
    assert result.layers[0]["accuracy"] < result.layers[last]["accuracy"]


def test_bucc_is_mined_with_the_threshold_of_dev(start: Any, folder: str, tmp_path: Path) -> None:
    result = scored(start, folder, tmp_path, tasks="bucc2018", languages="zh", protocol="paper")
    assert all(values["mining_f1"] <= values["oracle_mining_f1"] for values in result.layers.values())
    assert max(values["mining_f1"] for values in result.layers.values()) > 50
    assert {row["layer"] for row in result.rows} == {round(14 / 24 * max(result.layers))}


def test_sentences_that_answer_are_found_in_all_languages(start: Any, folder: str, tmp_path: Path) -> None:
    result = scored(start, folder, tmp_path, tasks="lareqa", languages="en")
    assert result.layers[max(result.layers)]["map_at_20"] > 5 * result.chance["map_at_20"]


def test_the_slices_have_what_the_protocol_has_rules_for(folder: str) -> None:
    source = DataSource("files", folder)
    pools = mining_pools(load_examples(TASKS["bucc2018"], "test", "zh", source))
    assert len(pools.gold) > 100
    reachable = set(pools.foreign.ids), set(pools.english.ids)
    assert sum(f in reachable[0] and e in reachable[1] for f, e in pools.gold) > 0.9 * len(pools.gold)
    both = search_pools(load_examples(TASKS["tatoeba"], "test", "de", source))
    assert np.array_equal(np.sort(both.gold), np.arange(len(both.foreign)))
