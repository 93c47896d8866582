"""Exact neighbours, ties, duplicates and margins against the plain formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.retrieval.neighbours import SPARE, Candidates, both_ways, centred, margin_scores, neighbours
from tests.retrieval.vectors import cosines, margin_matrix, nearest, unit

SIZES = st.integers(1, 30)
SEEDS = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(1, 6), SEEDS)
def test_neighbours_are_those_of_the_whole_table(queries: int, index: int, k: int, seed: int) -> None:
    ours, theirs = unit(queries, 5, seed), unit(index, 5, seed + 1)
    places, found = neighbours(ours, theirs, k)
    table = cosines(ours, theirs)
    assert places.shape == found.shape == (queries, min(k, index))
    assert places.tolist() == [nearest(row, k) for row in table]
    assert np.abs(found - np.take_along_axis(table, places, 1)).max() < 1e-9


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(1, 6), SEEDS, st.sampled_from(("cosine", "distance", "ratio")))
def test_scores_are_the_margins_of_the_formulas(ours: int, theirs: int, k: int, seed: int, margin: str) -> None:
    foreign, english = unit(ours, 5, seed), unit(theirs, 5, seed + 1)
    forward, backward = both_ways(foreign, english, k, margin)  # type: ignore[arg-type]
    expected = margin_matrix(foreign, english, k, margin)
    assert np.abs(forward.scores - np.take_along_axis(expected, forward.places, 1)).max() < 1e-9
    assert np.abs(backward.scores - np.take_along_axis(expected.T, backward.places, 1)).max() < 1e-9


def test_margins_by_hand() -> None:
    # Cosine 0.9 where the neighbourhoods' means are 0.8 and 0.4: b = 0.6.
    a, b = np.array([[0.9]]), np.array([[0.6]])
    assert margin_scores(a, b, "cosine")[0, 0] == 0.9
    assert margin_scores(a, b, "distance")[0, 0] == pytest.approx(0.3)
    assert margin_scores(a, b, "ratio")[0, 0] == pytest.approx(1.5)
    assert np.isfinite(margin_scores(a, np.array([[0.0]]), "ratio")).all()


def test_a_margin_prefers_the_pair_that_stands_out() -> None:
    # x is nearer to the hub h (cosine 0.9), which everything is near to, than to y (0.8), which nothing is.
    # k = 2, means: x (0.9 + 0.8) / 2 = 0.85, h (0.95 + 0.9) / 2 = 0.925, y (0.8 + 0.1) / 2 = 0.45.
    # Ratio with h 0.9 / 0.8875 = 1.014, with y 0.8 / 0.65 = 1.231.
    table = np.array([[0.9, 0.8], [0.95, 0.1]])
    means = (np.array([0.85, 0.525])[:, None] + np.array([0.925, 0.45])) / 2
    found = Candidates(np.array([[0, 1], [0, 1]]), margin_scores(table, means, "ratio"))
    assert found.scores[0] == pytest.approx([0.9 / 0.8875, 0.8 / 0.65])
    assert found.best().tolist() == [1, 0]


def test_equal_rows_come_in_the_order_of_their_places_however_many() -> None:
    row, other = unit(2, 4, 0)
    index = np.stack([other, *[row] * (SPARE * 3), other])
    places, found = neighbours(row[None], index, SPARE + 4)
    assert places.tolist() == [list(range(1, SPARE + 5))]
    assert len(set(found[0])) == 1


def test_equal_cosines_of_different_rows_go_to_the_lower_place() -> None:
    index = np.eye(4, dtype=np.float32)[[2, 0, 1, 3]]
    query = np.full((1, 4), 0.5, dtype=np.float32)  # 0.5 from each
    assert neighbours(query, index, 3)[0].tolist() == [[0, 1, 2]]


def test_of_equal_scores_the_nearer_by_cosine_is_best() -> None:
    found = Candidates(np.array([[7, 3], [5, 2]]), np.array([[1.0, 1.0], [0.5, 0.6]]))
    assert found.best().tolist() == [7, 2]
    assert found.highest().tolist() == [1.0, 0.6]


def test_centred_vectors_have_unit_length_and_no_common_direction() -> None:
    moved = centred(unit(200, 6, 3))
    assert np.abs(np.linalg.norm(moved, axis=1) - 1).max() < 1e-6
    assert np.linalg.norm(moved.mean(axis=0)) < 0.1 < np.linalg.norm(unit(200, 6, 3).mean(axis=0))
    assert centred(unit(1, 6, 0)).tolist() == [[0.0] * 6]  # nothing is left of a pool of one
