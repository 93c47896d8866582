"""Pools of the demo world: bitext mining (BUCC) and questions with the sentences that answer them (LAReQA)."""

from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.bitext import mining_rows as rows_of_pools
from stilts_mlflow.data.demo.facts import CORE, Fact, draw
from stilts_mlflow.data.demo.reading import Reading, readings
from stilts_mlflow.data.demo.sentences import paragraph, say
from stilts_mlflow.data.passages import passage

PAIRED = 0.3
"""Share of the rows that are pairs; the others are sentences of one side."""
REPEATED = 4
"""Sentences a side that occur twice, as in the originals: the protocol has a rule for them."""


@cache
def _facts(split: str, count: int) -> tuple[Fact, ...]:
    """Facts with different English sentences."""
    rng = Random(f"bucc2018/{split}")
    found: dict[str, Fact] = {}
    while len(found) < count:
        fact = draw(rng, rng.choice(list(CORE)), split)
        if fact.split == split:
            found.setdefault(say(fact, "en"), fact)
    return tuple(found.values())


def mining_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `source`, `target`, `source_order`: `count` rows of pairs and of sentences without a translation."""
    pairs = round(PAIRED * count)
    facts = _facts(split, count - 2 * REPEATED)
    alone = len(facts) - pairs
    sides = {"en": [*facts[: pairs + alone // 2]], language: [*facts[:pairs], *facts[pairs + alone // 2 :]]}
    numbered: dict[str, list[tuple[str, str]]] = {}
    for code, told in sides.items():
        order = [*range(len(told)), *range(pairs, pairs + REPEATED)]
        Random(f"bucc2018/{split}/{code}").shuffle(order)
        numbered[code] = [(f"{code}-{place:09}", say(told[i], code)) for place, i in enumerate(order, 1)]
    names = {code: {sentence: name for name, sentence in found} for code, found in numbered.items()}
    gold = [(names[language][say(fact, language)], names["en"][say(fact, "en")]) for fact in facts[:pairs]]
    return rows_of_pools(numbered[language], numbered["en"], gold)


def passage_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `text`, `context`, `language`, `is_query`, `keys`: the first `count` rows.

    Candidates are all sentences of the context, the right one tells the fact that is asked about.
    """
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(readings("lareqa", split, count // 3)):
        rows += _passage_rows(f"{split}-{number}", item, language)
    return rows[:count]


def _passage_rows(name: str, item: Reading, language: str) -> list[dict[str, Any]]:
    sentences = [say(fact, language, order) for fact, order in zip(item.facts, item.orders, strict=True)]
    context, at = paragraph(sentences, language), item.facts.index(item.target)
    candidates = [
        passage(f"{language}_{name}_{i}", sentence, language, [name] if i == at else [], context)
        for i, sentence in enumerate(sentences)
    ]
    question = say(item.target, language, item.asked)
    return [*candidates, passage(name, question, language, [name], is_query=True)]
