"""Vectors for the tests of retrieval, and the slow and plain way to each figure."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


def unit(count: int, width: int, seed: int) -> Matrix:
    """Random unit vectors, somewhat alike as those of encoders are: count x width."""
    vectors = np.random.default_rng(seed).normal(size=(count, width)) + 0.7
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def cosines(queries: Matrix, index: Matrix) -> NDArray[np.float64]:
    """All of them: queries x index."""
    return np.asarray(queries.astype(np.float64) @ index.astype(np.float64).T)


def nearest(row: NDArray[np.float64], k: int) -> list[int]:
    """Places of the k highest, the lower place first where they are equal."""
    return sorted(range(len(row)), key=lambda place: (-row[place], place))[:k]


def margin_matrix(queries: Matrix, index: Matrix, k: int, margin: str) -> NDArray[np.float64]:
    """Scores of all pairs: queries x index, by the formulas of Artetxe and Schwenk."""
    table = cosines(queries, index)
    own = [sum(row[nearest(row, k)]) / min(k, len(row)) for row in table]
    other = [sum(row[nearest(row, k)]) / min(k, len(row)) for row in table.T]
    scores = np.empty_like(table)
    for i in range(len(queries)):
        for j in range(len(index)):
            mean = (own[i] + other[j]) / 2
            scores[i, j] = {"cosine": table[i, j], "distance": table[i, j] - mean, "ratio": table[i, j] / mean}[margin]
    return scores
