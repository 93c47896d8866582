"""Pools: what is searched, from the Examples of a retrieval task.

`search_pools` (Tatoeba): two sides in the order of their files. `mining_pools` (BUCC): two sides of distinct sentences
with ids, and gold pairs of ids. `ranking_pools` (LAReQA, Mewsli-X): queries of one language, candidates of all.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import BitextExample, Example, PassageExample

log = logging.getLogger(__name__)

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Pools:
    """Foreign and English sentences in the order of their files; `gold[i]`: foreign index of English i, -1 = none."""

    foreign: tuple[str, ...]
    english: tuple[str, ...]
    gold: Indices


def search_pools(examples: Sequence[Example]) -> Pools:
    """Pools of BitextExamples; sentences without a partner are distractors. Equal sentences stay, each in its place."""
    rows = [example for example in examples if isinstance(example, BitextExample)]
    sources = sorted((row for row in rows if row.source is not None), key=lambda row: row.source_order)
    place = {id(row): index for index, row in enumerate(sources)}
    targets = [row for row in rows if row.target is not None]
    gold = np.array([place.get(id(row), -1) for row in targets], dtype=np.int64)
    if not (gold >= 0).any():
        raise InputError("sentence retrieval: no complete pair among the examples")
    return Pools(tuple(r.source or "" for r in sources), tuple(r.target or "" for r in targets), gold)


@dataclass(frozen=True)
class Side:
    """Distinct sentences of one side of a bitext, in the order of their first lines.

    `ids`: the sentence's id, "" where it has several (its text occurs in several lines): such a sentence can be mined
    but cannot be told by its id, so pairs with it do not count (`utils_retrieve.py: read_sent2id`).
    `lines`: the last line of each sentence, whose vector stands for it (`unique_embeddings`).
    """

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class MiningPools:
    """Both sides and the gold pairs (foreign id, English id), those with unreachable ids too."""

    foreign: Side
    english: Side
    gold: frozenset[tuple[str, str]]


def unify(sentences: Sequence[tuple[str, str]]) -> Side:
    """Side of (id, sentence) in the order of the file (`utils_retrieve.py: text_load_unify, read_sent2id`).

    Lines are equal when all their characters are; an id is lost when its sentence occurs again without outer spaces.
    """
    place: dict[str, int] = {}
    last: dict[str, int] = {}
    names: dict[str, str] = {}
    repeated: set[str] = set()
    for line, (name, text) in enumerate(sentences):
        place.setdefault(text, len(place))
        last[text] = line
        bare = text.strip()
        if bare in names:
            repeated.add(bare)
        names.setdefault(bare, name)
    ids = tuple("" if text.strip() in repeated else names[text.strip()] for text in place)
    return Side(tuple(place), ids, tuple(last[text] for text in place))


def mining_pools(examples: Sequence[Example]) -> MiningPools:
    """Pools of BitextExamples whose `id` is that of both sides, with a space between where there are two."""
    foreign: dict[str, tuple[int, str]] = {}
    english: dict[str, str] = {}
    gold: set[tuple[str, str]] = set()
    for row in (example for example in examples if isinstance(example, BitextExample)):
        first, _, second = row.id.partition(" ")
        if row.source is not None and row.target is not None:
            if not second:
                raise InputError(f"bitext mining: pair {row.id!r} needs two ids with a space between")
            gold.add((first, second))
        if row.source is not None:
            foreign.setdefault(first, (row.source_order, row.source))
        if row.target is not None:
            english.setdefault(second or first, row.target)
    if not gold:
        raise InputError("bitext mining: no gold pair among the examples")
    ordered = sorted(foreign.items(), key=lambda item: item[1][0])
    sides = unify([(name, text) for name, (_, text) in ordered]), unify(list(english.items()))
    return MiningPools(*sides, frozenset(gold))


@dataclass(frozen=True)
class RankingPools:
    """Queries of one language and the candidates of all; `right[i]`: places of the candidates that answer query i."""

    queries: tuple[PassageExample, ...]
    candidates: tuple[PassageExample, ...]
    right: tuple[frozenset[int], ...]


def candidates_of(by_language: Sequence[Sequence[Example]]) -> tuple[PassageExample, ...]:
    """Candidates of all languages, one after the other; InputError when an id comes twice."""
    found = [e for examples in by_language for e in examples if isinstance(e, PassageExample) and not e.is_query]
    if len({candidate.id for candidate in found}) < len(found):
        raise InputError("ranking: an id occurs twice among the candidates of all languages")
    if not found:
        raise InputError("ranking: no candidates among the examples")
    return tuple(found)


def ranking_pools(
    examples: Sequence[Example], candidates: Sequence[PassageExample], where: str, capped: bool = False
) -> RankingPools:
    """Queries among `examples` with their right candidates.

    A query without any is an InputError; in a `capped` pool (max_examples) it is left out and counted.
    """
    places: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        for key in candidate.keys:
            places.setdefault(key, []).append(place)
    queries = [example for example in examples if isinstance(example, PassageExample) and example.is_query]
    right = [frozenset(place for key in query.keys for place in places.get(key, [])) for query in queries]
    lost = [query.id for query, found in zip(queries, right, strict=True) if not found]
    if lost and not capped:
        raise InputError(f"{where}: query {lost[0]!r} has no right candidate in the pool ({len(lost)} such queries)")
    if lost:
        log.warning("%s: %d of %d queries left out: the cap has cut off their candidates", where, len(lost), len(right))
    kept = [(query, found) for query, found in zip(queries, right, strict=True) if found]
    if not kept:
        raise InputError(f"{where}: no query with a right candidate")
    return RankingPools(tuple(q for q, _ in kept), tuple(candidates), tuple(found for _, found in kept))
