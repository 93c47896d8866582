"""XCOPA of the demo world, in every language: of two sentences, the one that goes with what is told.

Effect: one of the choices follows from the premise, the other contradicts it. Cause: from one of them the premise
follows, the other contradicts it.
"""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import Fact, draw
from stilts_mlflow.data.demo.inference import EXCLUSIVE, another, shorten
from stilts_mlflow.data.demo.sentences import say


@dataclass(frozen=True)
class Consequence:
    """What is told, `cause` or `effect`, the right choice, the wrong one, and the place of the right one."""

    told: Fact
    asked: str
    right: Fact
    wrong: Fact
    place: int


def _consequence(rng: Random, split: str) -> Consequence | None:
    frame = rng.choice([frame for frame in EXCLUSIVE if frame != "AGE"])
    fact = draw(rng, frame, split, 0.7)
    slots = [slot for slot in EXCLUSIVE[frame] if fact[slot]]
    if not slots:
        return None
    slot = rng.choice(slots)
    value = another(rng, fact, slot)
    asked = rng.choice(("cause", "effect"))
    if not value:
        return None
    less = shorten(rng, fact, fixed=slot)
    told, right = (fact, less) if asked == "effect" else (less, fact)
    return Consequence(told, asked, right, right.having(**{slot: value}), rng.randrange(2))


@cache
def consequences(split: str, count: int) -> tuple[Consequence, ...]:
    """The rows of a split, each once."""
    rng = Random(f"xcopa/{split}")
    found: dict[tuple[Fact, str, Fact], Consequence] = {}
    while len(found) < count:
        item = _consequence(rng, split)
        if item is not None:
            found.setdefault((item.told, item.asked, item.right), item)
    return tuple(found.values())


def rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`idx`, `premise`, `choice1`, `choice2`, `question` cause or effect, `label` 0 or 1."""
    return [_row(i, item, language) for i, item in enumerate(consequences(split, count))]


def _row(index: int, item: Consequence, language: str) -> dict[str, Any]:
    choices = [say(fact, language) for fact in (item.right, item.wrong)]
    if item.place:
        choices.reverse()
    return {
        "idx": index,
        "premise": say(item.told, language),
        "choice1": choices[0],
        "choice2": choices[1],
        "question": item.asked,
        "label": item.place,
    }
