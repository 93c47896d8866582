"""Tatoeba: both directions, equal sentences, margins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.errors import InputError
from stilts_mlflow.retrieval.pools import search_pools
from stilts_mlflow.retrieval.search import accuracies, search
from stilts_mlflow.tasks.examples import BitextExample
from tests.retrieval.vectors import cosines, margin_matrix, nearest, unit


def test_pools_keep_the_order_of_both_files_and_their_repetitions() -> None:
    rows = [
        BitextExample("0", "B", "a", 2),
        BitextExample("1", "A", "b", 0),
        BitextExample("2", "A", "c", 1),
        BitextExample("3", "D", None, 3),
        BitextExample("4", None, "d", -1),
    ]
    pools = search_pools(rows)
    assert (pools.foreign, pools.english) == (("A", "A", "B", "D"), ("a", "b", "c", "d"))
    assert pools.gold.tolist() == [2, 0, 1, -1]
    with pytest.raises(InputError, match="no complete pair"):
        search_pools(rows[3:])


def test_the_earlier_of_equal_sentences_is_found() -> None:
    # Foreign places 0 and 1 are equal; English 1 belongs to 0 and English 2 to 1: the latter counts as wrong.
    foreign = unit(3, 4, 0)[[0, 0, 1, 2]]
    english = foreign[[2, 0, 1]]
    found = search(foreign, english, 4, "cosine")
    assert found.to_foreign.tolist() == [2, 0, 0]
    assert found.to_english.tolist()[:3] == [1, 1, 0]
    # To English: foreign 2 -> English 0 right; foreign 0 -> English 1 right; foreign 1 -> English 1, expected 2: wrong.
    values = accuracies(found, np.array([2, 0, 1]))
    assert values == {"accuracy": pytest.approx(200 / 3), "accuracy_to_english": pytest.approx(200 / 3)}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 25), st.integers(1, 5), st.integers(0, 999), st.sampled_from(("cosine", "ratio", "distance")))
def test_accuracies_are_those_of_the_whole_table(count: int, k: int, seed: int, margin: str) -> None:
    foreign, english = unit(count, 4, seed), unit(count, 4, seed + 1)
    cosine, table = cosines(english, foreign), margin_matrix(english, foreign, k, margin)
    near = 1 if margin == "cosine" else k
    forward = [max(nearest(cosine[i], near), key=lambda j: table[i, j]) for i in range(count)]
    backward = [max(nearest(cosine[:, j], near), key=lambda i: table[i, j]) for j in range(count)]
    found = search(foreign, english, k, margin)  # type: ignore[arg-type]
    values = accuracies(found, np.arange(count))
    right = [sum(place == i for i, place in enumerate(side)) for side in (forward, backward)]
    assert values["accuracy"] == pytest.approx(100 * right[0] / count, abs=1e-9)
    assert values["accuracy_to_english"] == pytest.approx(100 * right[1] / count, abs=1e-9)
