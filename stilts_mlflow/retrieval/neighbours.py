"""Nearest neighbours by exact search, and margins over them (Artetxe and Schwenk 2019, section 3.2).

    forward, backward = both_ways(foreign, english, k=4, margin="ratio")
    forward.best()   # English place of each foreign sentence

faiss finds the candidates in single precision; their cosines are taken again in double precision, so that scores do not
depend on how a library splits its sums. A tie goes to the lower place, whatever faiss does.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Margin = Literal["cosine", "ratio", "distance"]

SPARE = 8
"""Neighbours fetched beyond k, so that rounding in single precision does not decide a tie at the border."""
_CELLS = 1 << 24  # numbers held at once when cosines are taken again: 128 MiB
_NOTHING = 1e-12


def centred(vectors: Vectors) -> Vectors:
    """Unit vectors (rows) minus their mean, made unit length again; a row that is the mean stays zero."""
    moved = vectors - vectors.mean(axis=0, dtype=np.float64)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.where(norms > _NOTHING, norms, 1.0), dtype=np.float32)


def neighbours(queries: Vectors, index: Vectors, k: int) -> tuple[Indices, Doubles]:
    """Places and cosines of the min(k, index) nearest rows of `index`, nearest first: queries x k each.

    Unit vectors, exact search by inner product. Of equal cosines the lower place comes first.
    """
    import faiss

    k = min(k, len(index))
    firsts, equals = equal_rows(index)
    flat = faiss.IndexFlatIP(index.shape[1])
    flat.add(np.ascontiguousarray(index[firsts], dtype=np.float32))
    _, found = flat.search(np.ascontiguousarray(queries, dtype=np.float32), min(k + SPARE, len(firsts)))
    places, cosines = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
    step = max(1, _CELLS // (found.shape[1] * index.shape[1]))
    for start in range(0, len(queries), step):
        rows = slice(start, start + step)
        near = firsts[found[rows]]
        cosine = np.einsum("qd,qnd->qn", queries[rows].astype(np.float64), index[near].astype(np.float64))
        order = np.lexsort((near, -cosine), axis=1)
        near, cosine = np.take_along_axis(near, order, 1), np.take_along_axis(cosine, order, 1)
        places[rows], cosines[rows] = _with_equals(near, cosine, equals, k)
    return places, cosines


def equal_rows(index: Vectors) -> tuple[Indices, dict[int, list[int]]]:
    """Places of the distinct rows, and all places of those that occur several times, by their first."""
    first: dict[bytes, int] = {}
    equals: dict[int, list[int]] = {}
    for place, row in enumerate(index):
        head = first.setdefault(hashlib.blake2b(row.tobytes(), digest_size=16).digest(), place)
        if head != place:
            equals.setdefault(head, [head]).append(place)
    return np.fromiter(first.values(), np.int64, len(first)), equals


def _with_equals(near: Indices, cosine: Doubles, equals: dict[int, list[int]], k: int) -> tuple[Indices, Doubles]:
    """The first k with every row that equals a found one beside it."""
    if not equals:
        return near[:, :k], cosine[:, :k]
    places, cosines = np.empty((len(near), k), np.int64), np.empty((len(near), k))
    for row, (ids, values) in enumerate(zip(near, cosine, strict=True)):
        pairs = [(-value, place) for head, value in zip(ids, values, strict=True) for place in equals.get(head, [head])]
        pairs = sorted(pairs)[:k]
        places[row], cosines[row] = [place for _, place in pairs], [-value for value, _ in pairs]
    return places, cosines


def margin_scores(cosine: Doubles, mean: Doubles, margin: Margin) -> Doubles:
    """`cosine`: a; `distance`: a - b; `ratio`: a / b, with b the mean of both sides' mean cosine to k neighbours.

    b is positive for encoders as they are; with centring it may be near zero, and then ratios mean little.
    """
    if margin == "cosine":
        return cosine
    if margin == "distance":
        return cosine - mean
    return np.asarray(cosine / np.where(np.abs(mean) < _NOTHING, _NOTHING, mean), dtype=np.float64)


@dataclass(frozen=True)
class Candidates:
    """The nearest of each query, nearest by cosine first, and their scores: queries x k each."""

    places: Indices
    scores: Doubles

    def best(self) -> Indices:
        """Place with the highest score; of equal scores the nearer by cosine, then the lower place."""
        return np.take_along_axis(self.places, self.scores.argmax(axis=1)[:, None], 1)[:, 0]

    def highest(self) -> Doubles:
        """Score of `best`."""
        return np.asarray(self.scores.max(axis=1), dtype=np.float64)


def both_ways(foreign: Vectors, english: Vectors, k: int, margin: Margin) -> tuple[Candidates, Candidates]:
    """Candidates of the foreign sentences in English and of the English ones in the foreign pool, scored.

    A score weighs the cosine of a pair against the means of its two sides, each over k neighbours in the other pool
    (`utils_retrieve.py: mine_bitext, score_candidates`).
    """
    forward, forward_cosine = neighbours(foreign, english, k)
    backward, backward_cosine = neighbours(english, foreign, k)
    means = forward_cosine.mean(axis=1), backward_cosine.mean(axis=1)
    scored = []
    for places, cosine, own, other in ((forward, forward_cosine, *means), (backward, backward_cosine, *means[::-1])):
        scored.append(Candidates(places, margin_scores(cosine, (own[:, None] + other[places]) / 2, margin)))
    return scored[0], scored[1]
