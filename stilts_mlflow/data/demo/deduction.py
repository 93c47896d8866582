"""Cosmos QA of the demo world: a story of two sentences, and four statements of which one must (or cannot) be true."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import Fact, draw
from stilts_mlflow.data.demo.inference import EXCLUSIVE, MAKERS
from stilts_mlflow.data.demo.sentences import paragraph, say

NONE = "None of the above choices ."
"""As the annotators of Cosmos QA write it."""
QUESTIONS = {"entailment": "What must be true?", "contradiction": "What cannot be true?"}
WITH_NONE = 0.25
"""Share of the rows with that choice; in a quarter of these it is the right one."""

Statement = tuple[Fact, bool]
"""A fact and whether it is denied."""


@dataclass(frozen=True)
class Deduction:
    """What is told, the statement that is asked for, three others, and the place of `NONE` (-1: not among them)."""

    told: tuple[Fact, ...]
    asked: str
    statements: tuple[Statement, ...]
    labels: tuple[str, ...]
    none: int


def _statement(rng: Random, fact: Fact, label: str, people: set[str]) -> Statement | None:
    """A statement with the wanted relation to the fact, which does not speak of the other `people` of the story."""
    made = MAKERS[label](rng, fact)
    return None if made is None or made == (fact, False) or made[0].people & people else made


def _story(rng: Random, split: str) -> tuple[Fact, Fact]:
    """Two facts about different people; the first can be contradicted."""
    frames = [frame for frame in EXCLUSIVE if frame != "AGE"]
    while True:
        fact, other = (draw(rng, rng.choice(frames), split, 0.7) for _ in range(2))
        if not fact.people & other.people:
            return fact, other


def _deduction(rng: Random, split: str) -> Deduction | None:
    fact, other = _story(rng, split)
    asked = rng.choice(tuple(QUESTIONS))
    labels = [asked, *rng.sample([label for label in MAKERS if label != asked] * 2, 3)]
    rng.shuffle(labels)
    found = [_statement(rng, fact, label, other.people) for label in labels]
    statements = tuple(one for one in found if one is not None)
    if len(set(statements)) < len(labels):
        return None
    right = labels.index(asked)
    none = -1
    if rng.random() < WITH_NONE:
        none = right if rng.random() < 0.25 else rng.choice([i for i in range(4) if i != right])
    told = (fact, other) if rng.random() < 0.5 else (other, fact)
    return Deduction(told, asked, statements, tuple(labels), none)


@cache
def deductions(split: str, count: int) -> tuple[Deduction, ...]:
    """The rows of a split, no story with the same statements twice."""
    rng = Random(f"cosmos/{split}")
    found: dict[Deduction, None] = {}
    while len(found) < count:
        item = _deduction(rng, split)
        if item is not None:
            found.setdefault(item)
    return tuple(found)


def rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `context`, `question`, `answer0` to `answer3`, `label`."""
    return [_row(f"{split}-{i}", item, language) for i, item in enumerate(deductions(split, count))]


def _row(identity: str, item: Deduction, language: str) -> dict[str, Any]:
    said = [say(fact, language, "not" if denied else "0") for fact, denied in item.statements]
    answers = [NONE if i == item.none else one for i, one in enumerate(said)]
    return {
        "id": identity,
        "context": paragraph([say(fact, language) for fact in item.told], language),
        "question": QUESTIONS[item.asked],
        **{f"answer{i}": answer for i, answer in enumerate(answers)},
        "label": str(item.labels.index(item.asked)),
    }
