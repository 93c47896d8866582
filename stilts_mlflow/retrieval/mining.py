"""BUCC: which sentences of two pools translate each other.

Rules of google-research/xtreme `third_party/utils_retrieve.py` (`mine_bitext` with `retrieval=max`, `bucc_optimize`,
`bucc_extract`), but for one of its faults: there the threshold behind the last pair is asked from a pair that does not
exist (an IndexError); here it is the last pair's score, so that all pairs are taken.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stilts_mlflow.rankings import pair_f1, pair_precision, pair_recall
from stilts_mlflow.retrieval.neighbours import Candidates, Margin, Vectors, both_ways
from stilts_mlflow.retrieval.pools import MiningPools

IdPair = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Places of a foreign and an English sentence that found each other, and their score."""

    score: float
    foreign: int
    english: int


def mine(foreign: Vectors, english: Vectors, k: int, margin: Margin) -> list[Pair]:
    """Pairs of one layer (distinct sentences x width each), best first."""
    return one_to_one(*both_ways(foreign, english, k, margin))


def one_to_one(forward: Candidates, backward: Candidates) -> list[Pair]:
    """Best answers of both directions by score, each sentence once (`max`): greedy, no pair is ever exchanged.

    Of equal scores the forward one comes first, then the lower foreign (backward: English) place. A pair that scores
    zero or less is not mined, but what it holds is taken.
    """
    scores = np.concatenate((forward.highest(), backward.highest()))
    sources = np.concatenate((np.arange(len(forward.places)), backward.best()))
    targets = np.concatenate((forward.best(), np.arange(len(backward.places))))
    taken: tuple[set[int], set[int]] = (set(), set())
    mined = []
    for i in np.argsort(-scores, kind="stable"):
        source, target = int(sources[i]), int(targets[i])
        if source in taken[0] or target in taken[1]:
            continue
        taken[0].add(source)
        taken[1].add(target)
        if scores[i] > 0:
            mined.append(Pair(float(scores[i]), source, target))
    return mined


def by_ids(mined: Sequence[Pair], pools: MiningPools) -> dict[IdPair, float]:
    """Scores of the mined pairs whose two sentences have an id of their own, best first."""
    named = [((pools.foreign.ids[p.foreign], pools.english.ids[p.english]), p.score) for p in mined]
    return {ids: score for ids, score in named if all(ids)}


def best_threshold(scores: Mapping[IdPair, float], gold: Collection[IdPair]) -> float:
    """Score between the last pair that F1 is highest with and the next one; 0 where no pair is right.

    Pairs come by falling score; of equal F1 the shorter list wins. Between two equal scores the threshold is that
    score, which lets both in.
    """
    items = sorted(scores.items(), key=lambda item: -item[1])
    threshold, best, right = 0.0, 0.0, 0
    for number, (pair, score) in enumerate(items, 1):
        right += pair in gold
        precision, recall = right / number, right / len(gold)
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        if f1 > best:
            best = f1
            threshold = (score + items[number][1]) / 2 if number < len(items) else score
    return threshold


def extract(scores: Mapping[IdPair, float], threshold: float) -> set[IdPair]:
    """Pairs that score at least the threshold."""
    return {pair for pair, score in scores.items() if score >= threshold}


def mining_scores(
    scores: Mapping[IdPair, float], gold: Collection[IdPair], threshold: float | None
) -> dict[str, float]:
    """Points. `oracle_mining_f1` tunes its threshold on `gold` itself; the others need one tuned elsewhere."""
    best = extract(scores, best_threshold(scores, gold))
    values = {"oracle_mining_f1": pair_f1([best], [gold], "")}
    if threshold is None:
        return values
    mined = [extract(scores, threshold)], [gold]
    return {
        "mining_f1": pair_f1(*mined, ""),
        "mining_precision": pair_precision(*mined, ""),
        "mining_recall": pair_recall(*mined, ""),
    } | values
