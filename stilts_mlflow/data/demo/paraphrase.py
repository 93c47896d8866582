"""Pairs that mean the same or almost: `pawsx` (word order against swapped words) and `qqp` (English questions)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from stilts_mlflow.data.demo.facts import Fact, draw, draw_value
from stilts_mlflow.data.demo.lexicon import templates
from stilts_mlflow.data.demo.reading import question_keys
from stilts_mlflow.data.demo.sentences import paragraph, say

Told = tuple[tuple[Fact, str], ...]
"""Facts with the word order of each."""


@dataclass(frozen=True)
class Paraphrase:
    """Two tellings and whether they mean the same."""

    first: Told
    second: Told
    same: bool


def _swapped_roles(rng: Random, split: str, same: bool) -> Paraphrase:
    """Who did it to whom: `Ivan helped Anna on Monday` - `On Monday, Anna helped Ivan`."""
    fact = draw(rng, rng.choice(("PACT", "GIVE")), split, 0.7)
    while "+" in fact["s"]:  # a family name would tell the two roles apart
        fact = draw(rng, fact.frame, split, 0.7)
    fact = fact.having(d=fact["d"] or draw_value(rng, fact, "d"))
    other = fact if same else fact.having(s=fact["q"], q=fact["s"])
    orders = rng.choice(("01", "10")) if same or rng.random() < 0.5 else "00"
    return Paraphrase(((fact, orders[0]),), ((other, orders[1]),), same)


def _swapped_facts(rng: Random, split: str, same: bool) -> Paraphrase:
    """Two sentences in another order, or with the places, years ... of the two people exchanged."""
    frame, slot = rng.choice(
        (("LIVE", "c"), ("BORN", "y"), ("WORK", "g"), ("GO", "c"), ("PROF", "j"), ("AGE", "k"), ("ACT", "o"))
    )
    one, two = draw(rng, frame, split, 0.4), draw(rng, frame, split, 0.4)
    while one.people & two.people or one[slot] == two[slot] or not one[slot] or not two[slot]:
        one, two = draw(rng, frame, split, 0.4), draw(rng, frame, split, 0.4)
    one, two = one.having(a=""), two.having(a="")
    first = ((one, "0"), (two, "0"))
    if not same:
        one, two = one.having(**{slot: two[slot]}), two.having(**{slot: one[slot]})
    return Paraphrase(first, ((two, "0"), (one, "0")), same)


MAKERS: tuple[Callable[[Random, str, bool], Paraphrase], ...] = (_swapped_roles, _swapped_facts)


@cache
def paraphrases(split: str, count: int) -> tuple[Paraphrase, ...]:
    """The pairs of a split, labels half and half."""
    rng = Random(f"pawsx/{split}")
    found: dict[Paraphrase, None] = {}
    while len(found) < count:
        found.setdefault(rng.choice(MAKERS)(rng, split, len(found) % 2 == 0))
    items = list(found)
    rng.shuffle(items)
    return tuple(items)


def rows(split: str, language: str, count: int) -> list[dict[str, str]]:
    """PAWS-X: `id`, `sentence1`, `sentence2`, `label` "1" for a paraphrase."""
    return [
        {
            "id": f"{split}-{i}",
            "sentence1": _tell(item.first, language),
            "sentence2": _tell(item.second, language),
            "label": str(int(item.same)),
        }
        for i, item in enumerate(paraphrases(split, count))
    ]


def _tell(told: Told, language: str) -> str:
    return paragraph([say(fact, language, order) for fact, order in told], language)


def question_rows(split: str, language: str, count: int) -> list[dict[str, str]]:
    """QQP: `id`, `question1`, `question2`, `label`; two wordings of a question, or almost the same question."""
    rng = Random(f"qqp/{split}")
    keys = [(frame, slot) for frame, slot in question_keys() if f"{frame}.{slot}+" in templates(language)]
    found: dict[tuple[str, str], str] = {}
    while len(found) < count:
        frame, asked = rng.choice(keys)
        fact = draw(rng, frame, split)
        other, ways, label = fact, rng.choice((("", "+"), ("+", ""))), "duplicate"
        if len(found) % 2:
            slot = rng.choice([slot for slot, _ in fact.slots if slot not in (asked, "a")])
            other, label = fact.having(**{slot: draw_value(rng, fact, slot)}), "not_duplicate"
            ways = rng.choice((ways, ("", "")))
        one, two = (say(each, language, asked + way) for each, way in zip((fact, other), ways, strict=True))
        if one != two and (label == "duplicate" or other != fact):
            found.setdefault((one, two), label)
    return [
        {"id": f"{split}-{i}", "question1": one, "question2": two, "label": label}
        for i, ((one, two), label) in enumerate(found.items())
    ]
