"""Tatoeba: the nearest sentence of the other language, in both directions.

`third_party/utils_retrieve.py: similarity_search` and `evaluate.py` of XTREME: the index is built on the foreign side
and queried with English. Equal sentences are kept; where the right one is the later of two equal ones, the earlier is
found and the answer is wrong, as it is there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stilts_mlflow.retrieval.neighbours import Candidates, Margin, Vectors, both_ways
from stilts_mlflow.retrieval.pools import Indices


@dataclass(frozen=True)
class Found:
    """Foreign place of each English sentence with its score, and English place of each foreign one."""

    to_foreign: Indices
    to_english: Indices
    scores: NDArray[np.float64]


def search(foreign: Vectors, english: Vectors, k: int, margin: Margin) -> Found:
    """Best answers of one layer (sentences x width each); by cosine alone k does not matter."""
    to_english, to_foreign = both_ways(foreign, english, 1 if margin == "cosine" else k, margin)
    return found(to_foreign, to_english)


def found(to_foreign: Candidates, to_english: Candidates) -> Found:
    """Best answers of both directions."""
    return Found(to_foreign.best(), to_english.best(), to_foreign.highest())


def accuracies(answers: Found, gold: Indices) -> dict[str, float]:
    """Points. `accuracy`: English finds foreign (the official direction); `accuracy_to_english`: the other one."""
    known = gold >= 0
    forward = answers.to_foreign[known] == gold[known]
    backward = answers.to_english[gold[known]] == np.flatnonzero(known)
    return {"accuracy": 100 * float(forward.mean()), "accuracy_to_english": 100 * float(backward.mean())}
