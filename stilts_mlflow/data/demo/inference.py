"""NLI rows of the demo world: entailed by leaving out, contradicted by another value, neutral by telling more.

A sentence pair is about one event: two values of a slot that holds one value contradict each other. What is said of
people whom the premise does not mention is neutral.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from stilts_mlflow.data.demo.facts import EXTRA, NEEDED, Fact, draw, draw_person, draw_value
from stilts_mlflow.data.demo.lexicon import concepts, names
from stilts_mlflow.data.demo.sentences import paragraph, say

FRAMES = ("ACT", "ACT", "ACT", "GO", "GO", "PACT", "GIVE", "LIVE", "BORN", "PROF", "WORK", "AGE", "ACTN")
EXCLUSIVE = {
    "ACT": "cda",
    "ACTN": "nc",
    "PACT": "pd",
    "GIVE": "da",
    "WORK": "g",
    "LIVE": "c",
    "BORN": "cy",
    "GO": "md",
    "PROF": "jc",
    "AGE": "k",
}
"""Slots that hold one value, so that another one contradicts."""

DENIED = {"ACT": "", "GO": "", "LIVE": "c", "WORK": "g"}
"""Frames with a negative sentence; the slot whose denial follows from another value of it."""

LABELS = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True)
class Inference:
    """Premise facts, the fact of the hypothesis, whether it is denied, the label, word orders of the sentences."""

    premise: tuple[Fact, ...]
    hypothesis: Fact
    denied: bool
    label: str
    orders: str


def another(rng: Random, fact: Fact, slot: str) -> str:
    """A value that cannot be true together with the one the fact has."""
    if slot == "a":
        scale = concepts()[fact["a"]].group
        others = [name for name in names("adj") if name != fact["a"] and concepts()[name].group == scale]
        return rng.choice(others or [""])
    while (value := draw_value(rng, fact, slot)) == fact[slot]:
        pass
    return value


def shorten(rng: Random, fact: Fact, keep: float = 0.55, fixed: str = "") -> Fact:
    """Leaves out details at random and puts the hypernym for the object now and then."""
    for slot in EXTRA.get(fact.frame, ""):
        if slot not in fixed and slot not in NEEDED.get(fact.frame, "") and rng.random() > keep:
            fact = fact.having(**{slot: ""})
    if fact["o"] and "a" not in fixed and rng.random() < 0.3:
        fact = fact.having(o=concepts()[fact["o"]].group, a="")
    return fact


def entailed(rng: Random, fact: Fact) -> tuple[Fact, bool] | None:
    """A hypothesis that follows: fewer details, a more general word, or another value denied."""
    denied = DENIED.get(fact.frame, "")
    if denied and rng.random() < 0.5:
        return fact.having(**{denied: another(rng, fact, denied)}), True
    return shorten(rng, fact), False


def contradicted(rng: Random, fact: Fact) -> tuple[Fact, bool] | None:
    """A hypothesis that cannot be true: another value of a slot, or the denial."""
    if fact.frame in DENIED and rng.random() < 0.35:
        return shorten(rng, fact.having(a="", m=""), fixed="a"), True
    slots = [slot for slot in EXCLUSIVE[fact.frame] if fact[slot]]
    if not slots:
        return None
    slot = rng.choice(slots)
    value = another(rng, fact, slot)
    return (shorten(rng, fact.having(**{slot: value}), fixed=slot), False) if value else None


def unknown(rng: Random, fact: Fact) -> tuple[Fact, bool] | None:
    """A hypothesis that may be true: a new detail, somebody else, or swapped roles."""
    free = [slot for slot in EXTRA.get(fact.frame, "") if not fact[slot]]
    if free and rng.random() < 0.6:
        slot = rng.choice(free)
        return shorten(rng, fact.having(**{slot: draw_value(rng, fact, slot)}), fixed=slot), False
    if fact["q"] and rng.random() < 0.6:
        return shorten(rng, fact.having(s=fact["q"], q=fact["s"].partition("+")[0])), False
    person = draw_person(rng, "+" in fact["s"])
    if person.partition("+")[0] in fact.people:
        return None
    denied = fact.frame in DENIED and rng.random() < 0.3
    changed = fact.having(s=person, **({"a": "", "m": ""} if denied else {}))
    return shorten(rng, changed, fixed="a" if denied else ""), denied


MAKERS: dict[str, Callable[[Random, Fact], tuple[Fact, bool] | None]] = {
    "entailment": entailed,
    "neutral": unknown,
    "contradiction": contradicted,
}


SECOND = {"anli_r1": 0.5, "anli_r2": 0.7, "anli_r3": 0.9}
"""Share of the premises with a second sentence, about somebody else; 0.25 where nothing is said."""


def _pair(rng: Random, split: str, label: str, second: float) -> Inference:
    """One pair with the wanted label."""
    while True:
        fact = draw(rng, rng.choice(FRAMES), split, 0.65)
        made = MAKERS[label](rng, fact)
        other = draw(rng, rng.choice(FRAMES), split)
        # Nothing but the age itself follows from an age, which alone would be the premise again.
        premise = [fact, other] if fact.frame == "AGE" or rng.random() < second else [fact]
        if made is None or (len(premise) == 2 and other.people & (fact.people | made[0].people)):
            continue
        if premise == [made[0]] and not made[1]:
            continue  # the hypothesis would be the premise
        rng.shuffle(premise)
        orders = "".join(rng.choice("01") for _ in range(3))
        return Inference(tuple(premise), *made, label, orders)


@cache
def inferences(task: str, split: str, count: int) -> tuple[Inference, ...]:
    """The pairs of a split, labels in equal shares, no pair twice."""
    rng = Random(f"nli/{task}/{split}")
    found: dict[tuple[tuple[Fact, ...], Fact, bool], Inference] = {}
    while len(found) < count:
        item = _pair(rng, split, LABELS[len(found) % 3], SECOND.get(task, 0.25))
        found.setdefault((item.premise, item.hypothesis, item.denied), item)
    items = list(found.values())
    rng.shuffle(items)
    return tuple(items)


def rows(task: str, split: str, language: str, count: int) -> list[dict[str, str]]:
    """`id`, `premise`, `hypothesis`, `label`; row i means the same in every language."""
    return [_row(f"{split}-{i}", item, language) for i, item in enumerate(inferences(task, split, count))]


def _row(identity: str, item: Inference, language: str) -> dict[str, str]:
    told = [say(fact, language, order) for fact, order in zip(item.premise, item.orders[1:], strict=False)]
    hypothesis = say(item.hypothesis, language, "not" if item.denied else item.orders[0])
    return {"id": identity, "premise": paragraph(told, language), "hypothesis": hypothesis, "label": item.label}
