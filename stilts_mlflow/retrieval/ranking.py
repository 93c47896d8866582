"""LAReQA and Mewsli-X: all candidates of all languages in one pool, the first 20 of each query count.

`third_party/utils_lareqa.py: mean_avg_prec_at_k` and `utils_mewslix.py: evaluate` of google-research/xtreme, but that
there equal scores come in no order, and here the candidate with the lower place comes first.
"""

from collections.abc import Sequence

import numpy as np

from stilts_mlflow.rankings import TOP, average_precision_at_20
from stilts_mlflow.retrieval.neighbours import Margin, Vectors, margin_scores, neighbours
from stilts_mlflow.retrieval.pools import Indices

DEEP = 100
"""Candidates by cosine that a margin puts into a new order."""


def rank(queries: Vectors, candidates: Vectors, k: int, margin: Margin) -> Indices:
    """Places of the first 20 candidates of each query: queries x min(20, candidates).

    By cosine, or the DEEP nearest by the margin; its neighbourhoods are the k nearest candidates of the query and the k
    nearest of these queries to the candidate.
    """
    if margin == "cosine":
        return neighbours(queries, candidates, TOP)[0]
    places, cosine = neighbours(queries, candidates, max(k, DEEP))
    own = cosine[:, :k].mean(axis=1)
    used, where = np.unique(places, return_inverse=True)
    other = neighbours(candidates[used], queries, k)[1].mean(axis=1)
    scores = margin_scores(cosine, (own[:, None] + other[where.reshape(places.shape)]) / 2, margin)
    order = np.lexsort((places, -scores), axis=1)
    return np.take_along_axis(places, order, 1)[:, :TOP]


def precisions(ranked: Indices, right: Sequence[frozenset[int]]) -> list[float]:
    """AP@20 of each query in points."""
    return [average_precision_at_20(row.tolist(), gold, "") for row, gold in zip(ranked, right, strict=True)]
