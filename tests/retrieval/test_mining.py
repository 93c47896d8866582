"""BUCC by hand: repeated sentences, greedy pairs, thresholds; and against the plain way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import compute
from stilts_mlflow.retrieval.mining import (
    IdPair,
    Pair,
    best_threshold,
    by_ids,
    extract,
    mine,
    mining_scores,
    one_to_one,
)
from stilts_mlflow.retrieval.neighbours import Candidates
from stilts_mlflow.retrieval.pools import MiningPools, Side, mining_pools, unify
from stilts_mlflow.tasks.examples import BitextExample
from tests.retrieval.vectors import margin_matrix, nearest, unit

GOLD = frozenset({("f1", "e1"), ("f2", "e2"), ("f3", "e3"), ("f4", "e4")})


def test_repeated_sentences_are_one_without_an_id_and_stand_for_their_last_line() -> None:
    side = unify([("a", "Rain."), ("b", "Bread."), ("c", "Rain."), ("d", "Milk."), ("e", " Milk.")])
    # "Rain." is one sentence, in lines 0 and 2; "Milk." and " Milk." are two, but neither can be told by its id.
    assert side.texts == ("Rain.", "Bread.", "Milk.", " Milk.")
    assert side.lines == (2, 1, 3, 4)
    assert side.ids == ("", "b", "", "")


def test_pools_from_rows() -> None:
    rows = [
        BitextExample("f2 e1", "zwei", "two", 1),
        BitextExample("e2", None, "three", -1),
        BitextExample("f1", "eins", None, 0),
        BitextExample("f3 e1", "zweie", "two", 2),  # a second translation: e1 is still one sentence
    ]
    pools = mining_pools(rows)
    assert pools.foreign == Side(("eins", "zwei", "zweie"), ("f1", "f2", "f3"), (0, 1, 2))
    assert pools.english == Side(("two", "three"), ("e1", "e2"), (0, 1))
    assert pools.gold == {("f2", "e1"), ("f3", "e1")}
    with pytest.raises(InputError, match="no gold pair"):
        mining_pools(rows[1:3])
    with pytest.raises(InputError, match="pair 'f1' needs two ids"):
        mining_pools([BitextExample("f1", "a", "b", 0)])


def candidates(best: list[int], scores: list[float]) -> Candidates:
    """One candidate a query."""
    return Candidates(np.array(best)[:, None], np.array(scores)[:, None])


def test_pairs_are_greedy_and_one_to_one() -> None:
    # Forward f0-e1 1.4, f1-e1 1.5, f2-e0 1.1; backward e0-f2 1.1, e1-f1 1.5, e2-f0 1.2.
    # 1.5 f1-e1 (twice); 1.4 f0-e1: e1 is taken; 1.2 f0-e2; 1.1 f2-e0. Nobody asks whether another split were better.
    forward = candidates([1, 1, 0], [1.4, 1.5, 1.1])
    backward = candidates([2, 1, 0], [1.1, 1.5, 1.2])
    assert one_to_one(forward, backward) == [Pair(1.5, 1, 1), Pair(1.2, 0, 2), Pair(1.1, 2, 0)]


def test_of_equal_scores_the_forward_pair_and_the_lower_place_come_first() -> None:
    # All score 1: f0-e0 first; then f1-e0 and e1-f0 hold what is taken, and e2-f1 is left.
    assert one_to_one(candidates([0, 0], [1.0, 1.0]), candidates([0, 0, 1], [1.0, 1.0, 1.0])) == [
        Pair(1.0, 0, 0),
        Pair(1.0, 1, 2),
    ]


def test_scores_of_zero_and_less_are_not_mined_but_take_their_sentences() -> None:
    # f0-e0 scores 0 and comes before e0-f1 with -1, so nothing is left for f1.
    assert one_to_one(candidates([0, 0], [0.0, -2.0]), candidates([1], [-1.0])) == []


def test_pairs_with_a_repeated_sentence_have_no_ids() -> None:
    side = Side(("a", "b"), ("", "x"), (0, 1))
    pools = MiningPools(side, Side(("c", "d"), ("y", "z"), (0, 1)), frozenset({("x", "z")}))
    assert by_ids([Pair(2.0, 0, 0), Pair(1.0, 1, 1)], pools) == {("x", "z"): 1.0}


@pytest.mark.parametrize(
    ("scores", "threshold", "f1"),
    [
        # 2 right, 1 wrong, 1 right: F1 after each (4 gold) 2/5, 4/6, 4/7, 6/8: all four, and no next one: its score.
        ([("f1", "e1", 1.5), ("f2", "e2", 1.4), ("f9", "e9", 1.3), ("f3", "e3", 1.2)], 1.2, 75.0),
        # 2/5, 4/6, 4/7, 4/8: the second, midway to the third.
        ([("f1", "e1", 1.5), ("f2", "e2", 1.4), ("f9", "e9", 1.2), ("f3", "e9", 1.0)], 1.3, 400 / 6),
        # Only the last is right: it is its own threshold.
        ([("f9", "e9", 1.5), ("f1", "e1", 1.25)], 1.25, 200 / 6),
        # The best list ends between equal scores: the threshold lets both in. 2 x 1 right / (2 + 4).
        ([("f1", "e1", 1.5), ("f9", "e9", 1.5)], 1.5, 200 / 6),
        # None is right: no threshold, nothing right.
        ([("f9", "e9", 1.5)], 0.0, 0.0),
        ([], 0.0, 0.0),
    ],
)
def test_thresholds_by_hand(scores: list[tuple[str, str, float]], threshold: float, f1: float) -> None:
    found = {(foreign, english): score for foreign, english, score in scores}
    assert best_threshold(found, GOLD) == pytest.approx(threshold)
    assert mining_scores(found, GOLD, None) == {"oracle_mining_f1": pytest.approx(f1)}


def test_f1_with_a_threshold_from_elsewhere() -> None:
    found = {("f1", "e1"): 1.5, ("f2", "e2"): 1.4, ("f9", "e9"): 1.3, ("f3", "e3"): 1.2}
    # Above 1.25: 3 mined, 2 right, 4 gold. P 2/3, R 1/2, F1 4/7. The oracle takes all four: 6/8.
    assert mining_scores(found, GOLD, 1.25) == {
        "mining_f1": pytest.approx(400 / 7),
        "mining_precision": pytest.approx(200 / 3),
        "mining_recall": pytest.approx(50.0),
        "oracle_mining_f1": pytest.approx(75.0),
    }
    assert extract(found, 1.4) == {("f1", "e1"), ("f2", "e2")}  # at least the threshold
    assert compute(("mining_f1",), [extract(found, 1.25)], [set(GOLD)], "de")["mining_f1"] == pytest.approx(400 / 7)
    assert mining_scores({}, GOLD, 1.0)["mining_f1"] == 0.0


SCORED = st.dictionaries(
    st.tuples(st.sampled_from([f"f{i}" for i in range(6)]), st.sampled_from([f"e{i}" for i in range(6)])),
    st.integers(1, 8).map(float),
    max_size=12,
)


@given(SCORED)
def test_the_threshold_is_that_of_the_official_rule(scores: dict[IdPair, float]) -> None:
    """`bucc_optimize`, told again: every prefix of the sorted list is tried."""
    items = sorted(scores.items(), key=lambda item: -item[1])
    prefixes = []
    for length in range(1, len(items) + 1):
        right = sum(pair in GOLD for pair, _ in items[:length])
        prefixes.append(2 * right / (length + len(GOLD)))
    expected = 0.0
    if prefixes and max(prefixes) > 0:
        last = next(i for i, f1 in enumerate(prefixes) if f1 > max(prefixes) - 1e-12)
        expected = (items[last][1] + items[min(last + 1, len(items) - 1)][1]) / 2
    assert best_threshold(scores, GOLD) == expected


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 25), st.integers(1, 25), st.integers(1, 5), st.integers(0, 10_000))
def test_mining_is_that_of_the_whole_table(ours: int, theirs: int, k: int, seed: int) -> None:
    foreign, english = unit(ours, 5, seed), unit(theirs, 5, seed + 1)
    table, cosine = margin_matrix(foreign, english, k, "ratio"), foreign @ english.T
    best = [max(nearest(cosine[i], k), key=lambda j: table[i, j]) for i in range(ours)]
    back = [max(nearest(cosine[:, j], k), key=lambda i: table[i, j]) for j in range(theirs)]
    pairs = [(table[i, j], i, j) for i, j in enumerate(best)] + [(table[i, j], i, j) for j, i in enumerate(back)]
    expected: list[tuple[float, int, int]] = []
    for score, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if all(i != a and j != b for _, a, b in expected):
            expected.append((score, i, j))
    expected = [pair for pair in expected if pair[0] > 0]  # taken, but not mined
    found = mine(foreign, english, k, "ratio")
    assert [(pair.foreign, pair.english) for pair in found] == [(i, j) for _, i, j in expected]
    assert [pair.score for pair in found] == pytest.approx([score for score, _, _ in expected], abs=1e-9)
