"""Sentence vectors: layers, equal texts, storage; and the three scorers on a tiny model."""

from pathlib import Path

import numpy as np
import pytest

from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.phases.retrieve import Plan, plans_of
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.retrieve_scoring import SCORERS, Result
from stilts_mlflow.retrieval import vectors
from stilts_mlflow.retrieval.encoding import Encoding
from stilts_mlflow.retrieval.protocols import Setting
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny

TEXTS = ("the old baker sells bread", "warm bread", " the old baker sells bread ", "a river")


def layers(folder: Path, *wanted: int, pooling: str = "mean") -> np.ndarray:
    model, limits = tiny.model(), Limits(32)
    with vectors.sentence_vectors(
        model, tiny.tokenizer(), TEXTS, limits, 2, pooling, layers=wanted, folder=folder
    ) as found:
        return np.stack([found[i] for i in range(len(found))])


def test_one_layer_is_that_of_all(tmp_path: Path) -> None:
    every = layers(tmp_path, 0, 1, 2)
    assert every.shape == (3, 4, 32)
    assert np.allclose(np.linalg.norm(every, axis=2), 1, atol=1e-5)
    assert np.allclose(layers(tmp_path, 1)[0], every[1], atol=1e-6)
    assert not np.allclose(layers(tmp_path, 1, pooling="cls")[0], every[1], atol=1e-2)


def test_equal_texts_have_the_same_vector_to_the_last_bit(tmp_path: Path) -> None:
    every = layers(tmp_path, 0, 1, 2)
    assert (every[:, 0] == every[:, 2]).all()


def test_large_ones_lie_in_a_file_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = layers(tmp_path, 0, 2)
    monkeypatch.setattr(vectors, "IN_MEMORY", 10)
    with vectors.sentence_vectors(
        tiny.model(), tiny.tokenizer(), TEXTS, Limits(32), 2, "mean", layers=(0, 2), folder=tmp_path
    ) as found:
        assert len(list(tmp_path.iterdir())) == 1
        assert isinstance(found.distinct, np.memmap)
        assert np.allclose(np.stack([found[0], found[1]]), every, atol=1e-6)
    assert not list(tmp_path.iterdir())


def test_candidates_are_centred_language_by_language(tmp_path: Path) -> None:
    encoding = Encoding.of(tiny.model(), tiny.tokenizer(), Setting(centre=True), 4, tmp_path)
    rows = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], dtype=np.float32)
    moved = encoding.centred(rows, ["de", "de", "en", "en"])
    half = 0.5**0.5
    assert np.allclose(moved, [[half, -half], [-half, half], [-half, half], [half, -half]], atol=1e-6)


def scored(name: str, folder: Path, **options: object) -> tuple[Plan, list[Result]]:
    config = RetrieveConfig(tasks=name, max_examples=60, **options)  # type: ignore[arg-type]
    plan = plans_of(config, DataSource(max_examples=60))[0]
    encoding = Encoding.of(tiny.model(), tiny.tokenizer(), plan.setting, 32, folder)
    if config.layers == "headline":
        encoding = encoding.alone()
    return plan, SCORERS[plan.task.metrics[0]](plan, config, encoding)


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("tatoeba", {"accuracy", "accuracy_to_english"}),
        ("bucc2018", {"mining_f1", "mining_precision", "mining_recall", "oracle_mining_f1"}),
        ("lareqa", {"map_at_20"}),
    ],
)
def test_every_layer_of_every_language_is_scored(tmp_path: Path, name: str, metrics: set[str]) -> None:
    plan, results = scored(name, tmp_path, languages="de,zh")
    assert [result.language for result in results] == ["de", "zh"]
    for result in results:
        assert set(result.layers) == {0, 1, 2}
        assert all(set(values) == metrics for values in result.layers.values())
        assert result.count > 0
        assert {row["layer"] for row in result.rows} == {2}
        assert set(result.dev) == ({0, 1, 2} if plan.tuned else set())


def test_the_headline_alone_scores_the_same(tmp_path: Path) -> None:
    options = {"languages": "de", "protocol": "paper", "center": "on"}
    for name in ("bucc2018", "lareqa"):
        every, alone = (scored(name, tmp_path, **options, layers=kind)[1][0] for kind in ("all", "headline"))
        assert set(alone.layers) == {1}  # 14/24 of 2 layers
        assert alone.layers[1] == every.layers[1]
        assert [row["id"] for row in alone.rows] == [row["id"] for row in every.rows]


def test_the_pool_is_that_of_all_languages_whatever_is_asked(tmp_path: Path) -> None:
    plan, (result,) = scored("lareqa", tmp_path, languages="de")
    assert plan.pool == available_languages(TASKS["lareqa"], "test", DataSource())
    assert len(plan.pool) == 8
    assert '"zh_' in "".join(row["reference"] for row in result.rows)


def test_on_dev_only_the_oracle_is_scored(tmp_path: Path) -> None:
    plan, (result,) = scored("bucc2018", tmp_path, languages="ru", split="dev")
    assert not plan.tuned
    assert all(set(values) == {"oracle_mining_f1"} for values in result.layers.values())
