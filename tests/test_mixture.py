"""Properties of the stream: shares, coverage, determinism, resume."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.mixture import Mixture, TaskData, apportioned, bucketed, drawn
from stilts_mlflow.sampling import temperature_shares
from stilts_mlflow.tasks.tables import TASKS

NAMES = ["mnli", "squad_v1", "hellaswag", "ccg", "xnli", "udpos", "panx", "xquad", "masked_lm"]


def data(name: str, size: int, batch_size: int = 4, groups: tuple[tuple[int, float], ...] = ()) -> TaskData:
    features = [{"input_ids": [0] * (1 + i % 7), "length": 1 + i % 7, "id": (name, i)} for i in range(size)]
    return TaskData(TASKS[name], (), features, batch_size, TASKS[name], groups=groups)


MIXTURES = st.lists(
    st.tuples(st.integers(1, 3000), st.integers(1, 64), st.floats(0.05, 20)), min_size=1, max_size=len(NAMES)
)
"""Size, batch size and rate of each task."""


def mixture(parts: list[tuple[int, int, float]], seed: int = 0) -> Mixture:
    tasks = [data(name, size, batch) for name, (size, batch, _) in zip(NAMES, parts, strict=False)]
    return Mixture(tasks, seed, rates=[rate for _, _, rate in parts])


def stream(mixture: Mixture, steps: int, start: int = 0) -> list[tuple[str, list[dict[str, object]]]]:
    return [(d.task.name, features) for d, features in mixture.batches(steps, start)]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=90), st.integers(1, 9), st.integers(0, 5))
def test_bucketed_covers_every_index_once(lengths: list[int], size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    batches = bucketed(rng.permutation(len(lengths)), np.array(lengths), size, rng, pool=3)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)


@settings(max_examples=25, deadline=None)
@given(MIXTURES)
def test_shares_of_examples_are_the_intended_ones(parts: list[tuple[int, int, float]]) -> None:
    made = mixture(parts)
    shares = list(made.shares(10_000).values())
    rates = [rate for _, _, rate in parts]
    assert shares == pytest.approx([rate / sum(rates) for rate in rates], abs=0.01)
    assert made.intended == pytest.approx([rate / sum(rates) for rate in rates])


@settings(max_examples=15, deadline=None)
@given(MIXTURES, st.integers(1, 150))
def test_counted_shares_are_those_of_the_stream(parts: list[tuple[int, int, float]], steps: int) -> None:
    seen: Counter[str] = Counter()
    for name, features in stream(mixture(parts), steps):
        seen[name] += len(features)
    counted = {name: share for name, share in mixture(parts).shares(steps).items() if share}
    assert counted == pytest.approx({name: count / seen.total() for name, count in seen.items()})


@settings(max_examples=25, deadline=None)
@given(MIXTURES, st.integers(0, 120), st.integers(0, 9))
def test_stream_is_the_same_after_a_resume(parts: list[tuple[int, int, float]], start: int, seed: int) -> None:
    assert stream(mixture(parts, seed), 120)[start:] == stream(mixture(parts, seed), 120, start)


@settings(max_examples=10, deadline=None)
@given(MIXTURES)
def test_stream_is_a_function_of_data_rates_and_seed(parts: list[tuple[int, int, float]]) -> None:
    """Neither global random numbers nor another reader of the same mixture (another process) change it."""
    one = mixture(parts)
    expected = stream(one, 40)
    np.random.seed(1)
    first, second = one.batches(40), mixture(parts).batches(40)
    both = list(zip(first, second, strict=True))
    assert [(d.task.name, f) for (d, f), _ in both] == expected == [(d.task.name, f) for _, (d, f) in both]


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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.floats(1, 10), st.integers(0, 5))
def test_languages_come_by_their_shares(sizes: list[int], temperature: float, seed: int) -> None:
    shares = temperature_shares(sizes, temperature)
    order = drawn(list(zip(sizes, shares, strict=True)), np.random.default_rng(seed))
    bounds = np.cumsum([0, *sizes])
    counts = [int(((order >= first) & (order < last)).sum()) for first, last in pairwise(bounds)]
    assert len(order) == sum(sizes)
    assert counts == pytest.approx([share * sum(sizes) for share in shares], abs=1)


def test_a_rare_language_is_repeated_and_a_common_one_changes_from_pass_to_pass() -> None:
    text = data("masked_lm", 110, groups=((100, 0.5), (10, 0.5)))
    made = Mixture([text], seed=0)
    steps = text.steps_per_epoch
    batches = list(made.batches(2 * steps))
    passes = [Counter(f["id"][1] for _, b in part for f in b) for part in (batches[:steps], batches[steps:])]
    assert all(5 <= seen[i] <= 6 for seen in passes for i in range(100, 110))
    assert all(seen[i] <= 1 for seen in passes for i in range(100))
    assert set(passes[0]) != set(passes[1])


@given(st.integers(1, 1000), st.lists(st.floats(0.01, 1), min_size=1, max_size=9))
def test_apportioned_numbers_sum_up(total: int, values: list[float]) -> None:
    assert sum(apportioned(total, [value / sum(values) for value in values])) == total
