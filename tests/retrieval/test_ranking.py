"""Ranked lists: AP@20 by hand, chance, pools over languages."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import compute
from stilts_mlflow.rankings import average_precision, expected_average_precision
from stilts_mlflow.retrieval.pools import candidates_of, ranking_pools
from stilts_mlflow.retrieval.ranking import precisions, rank
from stilts_mlflow.tasks.examples import PassageExample
from tests.retrieval.vectors import cosines, margin_matrix, nearest, unit


@pytest.mark.parametrize(
    ("ranked", "right", "value"),
    [
        ("abcd", {"a"}, 1.0),
        ("abcd", {"c"}, 1 / 3),
        ("abcd", {"a", "c"}, (1 / 1 + 2 / 3) / 2),
        ("abcd", {"b", "x"}, (1 / 2) / 2),  # x is not found: the divisor stays 2
        ("abcd", {"x"}, 0.0),
        ("aabb", {"a", "b"}, (1 / 1 + 2 / 3) / 2),  # what comes again counts once
        ([*range(20), "x"], {"x"}, 0.0),  # the 21st place does not count
        ([*range(19), "x"], {"x"}, 1 / 20),
        ([*range(20)], set(range(25)), 1.0),  # of 25 right ones 20 can be found: the divisor is 20
    ],
)
def test_average_precision_by_hand(ranked: list[object], right: set[object], value: float) -> None:
    assert average_precision(ranked, right) == pytest.approx(value)


def test_the_metric_is_the_mean_over_queries() -> None:
    # 1 and 1/2: 75 points.
    assert compute(("map_at_20",), [["a", "b"], ["c", "a"]], [frozenset("a"), frozenset("a")], "en") == {
        "map_at_20": pytest.approx(75.0)
    }


@pytest.mark.parametrize(("right", "candidates", "top"), [(1, 4, 3), (2, 5, 3), (3, 5, 20), (4, 4, 2)])
def test_chance_is_the_mean_over_all_orders(right: int, candidates: int, top: int) -> None:
    values = [average_precision(order, range(right), top) for order in permutations(range(candidates))]
    assert expected_average_precision(right, candidates, top) == pytest.approx(sum(values) / len(values))


def passage(name: str, language: str, *keys: str, query: bool = False) -> PassageExample:
    return PassageExample(name, f"text of {name}", "", language, query, keys)


def test_right_candidates_are_those_of_all_languages() -> None:
    german = [passage("de_1_0", "de", "q1"), passage("de_1_1", "de"), passage("q1", "de", "q1", query=True)]
    english = [passage("en_1_0", "en"), passage("en_1_1", "en", "q1", "q2"), passage("q2", "en", "q2", query=True)]
    pool = candidates_of([german, english])
    assert [candidate.id for candidate in pool] == ["de_1_0", "de_1_1", "en_1_0", "en_1_1"]
    asked = ranking_pools(german, pool, "lareqa/de/test")
    assert [query.id for query in asked.queries] == ["q1"]
    assert asked.right == (frozenset({0, 3}),)
    with pytest.raises(InputError, match="id occurs twice"):
        candidates_of([german, german])
    with pytest.raises(InputError, match="lareqa/en/test: query 'q2' has no right candidate in the pool"):
        ranking_pools(english, pool[:3], "lareqa/en/test")
    with pytest.raises(InputError, match="no query with a right candidate"):
        ranking_pools(english, pool[:3], "lareqa/en/test", capped=True)
    with pytest.raises(InputError, match="no candidates"):
        candidates_of([[german[2]]])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 40), st.integers(1, 5), st.integers(0, 999), st.booleans())
def test_ranks_are_those_of_the_whole_table(queries: int, pool: int, k: int, seed: int, by_margin: bool) -> None:
    ours, theirs = unit(queries, 5, seed), unit(pool, 5, seed + 1)
    found = rank(ours, theirs, k, "ratio" if by_margin else "cosine")
    table = margin_matrix(ours, theirs, k, "ratio") if by_margin else cosines(ours, theirs)
    expected = [nearest(row, 20) for row in table]
    assert found.tolist() == expected
    right = [frozenset(np.random.default_rng(seed + i).integers(0, pool, 3).tolist()) for i in range(queries)]
    values = [100 * average_precision(row, gold) for row, gold in zip(expected, right, strict=True)]
    assert precisions(found, right) == pytest.approx(values, abs=1e-9)
