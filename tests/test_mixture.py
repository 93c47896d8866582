"""Properties of the stream: shares, coverage, determinism, resume."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.mixture import Mixture, TaskData, bucketed
from stilts_mlflow.tasks.tables import TASKS


def data(name: str, size: int, batch_size: int = 4) -> TaskData:
    features = [{"input_ids": [0] * (1 + i % 7), "length": 1 + i % 7, "id": (name, i)} for i in range(size)]
    return TaskData(TASKS[name], (), features, batch_size, TASKS[name])


@given(st.lists(st.integers(1, 60), min_size=1, max_size=90), st.integers(1, 9), st.integers(0, 5))
def test_bucketed_covers_every_index_once(lengths: list[int], size: int, seed: int) -> None:
    batches = bucketed(lengths, size, np.random.default_rng(seed), pool=3)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=3))
def test_shares_are_the_intended_ones(rates: list[float]) -> None:
    names = ["mnli", "hellaswag", "squad_v1"][: len(rates)]
    mixture = Mixture([data(name, 8) for name in names], seed=0, rates=rates)
    shares = mixture.shares(10_000)
    for name, rate in zip(names, rates, strict=True):
        assert abs(shares[name] - rate / sum(rates)) < 0.001


def test_stream_is_the_same_after_a_resume() -> None:
    tasks = [data("mnli", 50), data("squad_v1", 23)]
    whole = list(Mixture(tasks, seed=3).batches(60))
    rest = list(Mixture(tasks, seed=3).batches(60, start=41))
    assert [(d.task.name, f) for d, f in whole[41:]] == [(d.task.name, f) for d, f in rest]


def test_one_epoch_sees_every_example_once() -> None:
    only = data("mnli", 50)
    seen = Counter(f["id"] for _, features in Mixture([only], seed=1).batches(only.steps_per_epoch) for f in features)
    assert set(seen.values()) == {1}
    assert len(seen) == 50


def test_seeds_give_different_orders() -> None:
    tasks = [data("mnli", 50)]
    assert next(Mixture(tasks, seed=1).batches(1))[1] != next(Mixture(tasks, seed=2).batches(1))[1]


@pytest.mark.parametrize("rates", [[1.0, 0.0], [1.0], [1.0, -2.0]])
def test_wrong_rates_are_refused(rates: list[float]) -> None:
    with pytest.raises(ValueError, match="rates"):
        Mixture([data("mnli", 8), data("squad_v1", 8)], seed=0, rates=rates)
