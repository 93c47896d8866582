"""Batches: how many fit, what happens when memory runs out, and where the time goes."""

import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.batching import (
    CPU_EXAMPLES,
    GPU_TOKENS,
    BatchSize,
    Stopwatch,
    cost_of,
    each_batch,
    fitting_tokens,
    in_batches,
)

CPU = torch.device("cpu")


def test_batches_of_long_sequences_are_smaller() -> None:
    size = BatchSize.of(None, CPU)
    assert size.count(32) == CPU_EXAMPLES
    assert size.count(512) == 16  # 8192 sub-words
    assert size.count(100_000) == 1
    assert BatchSize.of(10, CPU).count(512) == 10  # what was asked for


def test_a_gpu_begins_with_a_probe() -> None:
    size = BatchSize.of(None, torch.device("cuda"))
    assert not size.is_probed
    assert size.count(512) == 4
    # 4 x 512 sub-words took 1 GiB; half of 40 GiB holds 20 times as many.
    assert fitting_tokens(1 << 30, 4 * 512, 40 << 30) == 20 * 4 * 512
    assert fitting_tokens(1, 4 * 512, 40 << 30) == GPU_TOKENS
    assert fitting_tokens(1 << 40, 8, 1) == 1


def test_choices_count_as_sequences() -> None:
    assert cost_of({"input_ids": [[1, 2, 3], [1, 2]], "length": 3}) == 6
    assert cost_of({"input_ids": [1, 2, 3], "length": 3}) == 3


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(60, 200), st.integers(1, 64), st.randoms())
def test_every_index_once_whatever_fits(costs: list[int], memory: int, examples: int, random: object) -> None:
    """Whatever the order: all pass, none twice, and a size that failed is never tried again."""
    order = list(range(len(costs)))
    random.shuffle(order)  # type: ignore[attr-defined]
    failed: list[int] = []

    def run(indices: object) -> None:
        taken = len(indices) * max(costs[i] for i in indices)  # type: ignore[attr-defined,arg-type]
        if taken > memory:
            assert all(taken < before for before in failed)
            failed.append(taken)
            raise torch.OutOfMemoryError

    size = BatchSize(examples, 0)
    passed = [i for indices in each_batch(run, costs, order, size) for i in indices]
    assert passed == order
    assert bool(failed) == bool(size.tokens)
    # The same size serves what follows, which fits at once.
    failed.clear()
    list(each_batch(run, costs, order, size))
    assert not failed


def test_one_example_that_does_not_fit_raises() -> None:
    def run(indices: object) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        in_batches(run, [3, 2, 1], 2, None)


def test_other_errors_pass_at_once() -> None:
    calls = []

    def run(indices: object) -> None:
        calls.append(indices)
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        in_batches(run, [3, 2, 1], 2, None)
    assert len(calls) == 1


def test_time_inside_the_model_is_told_apart() -> None:
    watch = Stopwatch.start()
    with watch.model(CPU):
        time.sleep(0.03)
    inside = watch.inside
    assert 0 < inside <= watch.elapsed()
    with pytest.raises(RuntimeError), watch.model(CPU):
        raise RuntimeError
    assert watch.inside >= inside  # time of a failed batch counts too
    assert 0 <= watch.outside() <= 1
