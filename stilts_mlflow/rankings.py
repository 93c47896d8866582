"""Scores of retrieval: mined pairs against gold pairs, and ranked lists against sets of right answers.

    pair_f1([{("de-1", "en-7"), ("de-2", "en-9")}], [{("de-1", "en-7")}], "de")  # 66.66666666666667
    average_precision(["b", "a"], {"a"}, 20)                                     # 0.5

Protocol: google-research/xtreme `evaluate.py: bucc_f1`, `third_party/utils_lareqa.py: average_precision_at_k`.
"""

from collections.abc import Collection, Sequence
from typing import Any

TOP = 20
"""Places of a ranked list that count (mAP@20 of XTREME-R)."""


def _counts(predictions: Sequence[Any], references: Sequence[Any]) -> tuple[int, int, int]:
    """Right, mined and gold pairs over all pools; each prediction and reference is a collection of pairs."""
    pools = [(set(mined), set(gold)) for mined, gold in zip(predictions, references, strict=True)]
    return sum(len(m & g) for m, g in pools), sum(len(m) for m, _ in pools), sum(len(g) for _, g in pools)


def pair_precision(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """Share of the mined pairs that are gold, in points; 0 where none is right."""
    right, mined, _ = _counts(predictions, references)
    return 100 * right / mined if right else 0.0


def pair_recall(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """Share of the gold pairs that are mined, in points; 0 where none is right."""
    right, _, gold = _counts(predictions, references)
    return 100 * right / gold if right else 0.0


def pair_f1(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """Harmonic mean of precision and recall, in points; 0 where no pair is right."""
    right, mined, gold = _counts(predictions, references)
    if not right:
        return 0.0
    precision, recall = right / mined, right / gold
    return 100 * 2 * precision * recall / (precision + recall)


def average_precision(ranked: Sequence[Any], right: Collection[Any], top: int = TOP) -> float:
    """AP@top, 0 to 1: precision at each place of a right answer, over min(number of right answers, top).

    An answer that comes again counts once. With one right answer this is the reciprocal of its place.
    """
    total, hits = 0.0, 0
    seen: set[Any] = set()
    for place, answer in enumerate(ranked[:top], 1):
        if answer in right and answer not in seen:
            hits += 1
            total += hits / place
        seen.add(answer)
    return total / min(len(right), top)


def average_precision_at_20(prediction: Sequence[Any], reference: Collection[Any], language: str) -> float:
    """AP@20 of one query in points; `reference`: its right answers, at least one."""
    return 100 * average_precision(prediction, reference)


def expected_average_precision(right: int, candidates: int, top: int = TOP) -> float:
    """AP@top, 0 to 1, that a random order of `candidates` gives on average.

    Place i holds a right answer with probability right / candidates, and then (i - 1) (right - 1) / (candidates - 1)
    others stand before it on average.
    """
    before = (right - 1) / max(1, candidates - 1)
    places = range(1, min(top, candidates) + 1)
    return right / candidates * sum((1 + (i - 1) * before) / i for i in places) / min(right, top)
