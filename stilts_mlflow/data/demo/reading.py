"""Span questions of the demo world: a paragraph about several people, a question for one slot of one fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import CORE, Fact, draw
from stilts_mlflow.data.demo.lexicon import entry, templates
from stilts_mlflow.data.demo.sentences import Token, offsets, paragraph, realise, say, text

# Both are parts of one phrase: "What did Ivan buy?" - "a red car".
PHRASES = {"o": "ao"}
# Marks of a phrase, outside of what is asked for: "in the park" - "park".
EDGES = frozenset({"ADP", "DET"})
ALIKE = 0.4
"""Share of the other sentences of a context that tell the same kind of fact as the one asked about."""
# Frames of which one may answer a question about the other: "Who sold a car?" - "Ali sold a car to Eva."
KIN = (frozenset({"ACT", "ACTN", "GIVE", "PACT"}), frozenset({"WORK", "PROF"}))


@dataclass(frozen=True)
class Reading:
    """Facts in the order of the context, the one that is asked about, the asked slot; `answerable` or not."""

    facts: tuple[Fact, ...]
    target: Fact
    asked: str
    answerable: bool
    orders: str


@cache
def question_keys() -> tuple[tuple[str, str], ...]:
    """Frames and slots that every language can ask for."""
    keys = [key.split(".") for key in templates("en") if key.partition(".")[2] in tuple("svoqpcdgyknmj")]
    return tuple((frame, slot) for frame, slot in keys)


def fits(fact: Fact, target: Fact, asked: str) -> bool:
    """Whether a fact gives an answer to the question for the slot of the target."""
    if fact.frame != target.frame:
        same = fact["o"] == target["o"] if fact["s"] != target["s"] else True
        return same and any({fact.frame, target.frame} <= kin for kin in KIN)
    told = [slot for slot, _ in target.slots if slot not in (asked, "a")]
    return bool(fact[asked]) and all(fact[slot] in ("", target[slot]) for slot in told)


def draw_question(rng: Random, split: str) -> tuple[Fact, str]:
    """A fact and a slot of it to ask for."""
    while True:
        frame, slot = rng.choice(question_keys())
        fact = draw(rng, frame, split, 0.7)
        if fact[slot]:
            return fact, slot


def _distractors(rng: Random, split: str, target: Fact, asked: str, count: int) -> list[Fact]:
    """Facts about other people, often of the same frame, that do not answer the question."""
    found: list[Fact] = []
    while len(found) < count:
        frame = target.frame if rng.random() < ALIKE else rng.choice(list(CORE))
        fact = draw(rng, frame, split)
        told = [target, *found]
        people = set[str]().union(*(each.people for each in told))
        same_org = any(fact["g"] and fact["g"] == each["g"] for each in told)
        if not fact.people & people and not same_org and not fits(fact, target, asked):
            found.append(fact)
    return found


def _reading(rng: Random, split: str, answerable: bool) -> Reading:
    target, asked = draw_question(rng, split)
    others = _distractors(rng, split, target, asked, rng.choice((1, 1, 2)))
    facts = [*others, target] if answerable else [*others, _unanswering(rng, split, target, asked, others)]
    rng.shuffle(facts)
    return Reading(tuple(facts), target, asked, answerable, "".join(rng.choice("01") for _ in facts))


def _unanswering(rng: Random, split: str, target: Fact, asked: str, others: Sequence[Fact]) -> Fact:
    """A fact about the same people as the question, which does not answer it."""
    taken = set[str]().union(*(each.people for each in others))
    while True:
        fact = draw(rng, rng.choice(list(CORE)), split)
        if fact.frame != target.frame and fact["s"] and target["s"]:
            fact = fact.having(s=target["s"] if fact.frame != "AGE" else target["s"].partition("+")[0])
        same_org = bool(fact["g"]) and fact["g"] in {target["g"], *(each["g"] for each in others)}
        if not fact.people & taken and not same_org and not fits(fact, target, asked):
            return fact


@cache
def readings(task: str, split: str, count: int) -> tuple[Reading, ...]:
    """The questions of a split, each once; a third of `squad_v2` has no answer."""
    rng = Random(f"reading/{task}/{split}")
    found: dict[tuple[object, ...], Reading] = {}
    while len(found) < count:
        item = _reading(rng, split, task != "squad_v2" or len(found) % 3 != 2)
        found.setdefault((item.facts, item.target, item.asked), item)
    return tuple(found.values())


def answer_span(tokens: list[Token], asked: str, language: str) -> tuple[int, int]:
    """Start and end, in characters of the sentence, of the phrase that renders a slot."""
    inside = [i for i, token in enumerate(tokens) if token.slot and token.slot in PHRASES.get(asked, asked)]
    while tokens[inside[0]].pos in EDGES:
        inside = inside[1:]
    while tokens[inside[-1]].pos in EDGES:
        inside = inside[:-1]
    starts = offsets(tokens, language)
    last = tokens[inside[-1]].text.rstrip(".")  # Basque ordinals
    # A Turkish name is set off from its case ending: "Roma'da", and what was asked for is "Roma".
    stem, mark, ending = last.rpartition("'")
    return starts[inside[0]], starts[inside[-1]] + len(stem if mark and ending.islower() else last)


def rows(task: str, split: str, language: str, count: int, asked_in: str = "") -> list[dict[str, Any]]:
    """`id`, `title`, `context`, `question`, `answers`; row i asks the same in every language.

    `asked_in`: language of the questions, where it is not that of the contexts.
    """
    items = enumerate(readings(task, split, count))
    return [_row(f"{split}-{i}", item, language, asked_in or language) for i, item in items]


def _row(identity: str, item: Reading, language: str, asked_in: str) -> dict[str, Any]:
    """The row of a reading; the answer is the words of the context."""
    told = [realise(fact, order, language) for fact, order in zip(item.facts, item.orders, strict=True)]
    sentences = [text(tokens, language) for tokens in told]
    context = paragraph(sentences, language)
    answers: dict[str, list[Any]] = {"text": [], "answer_start": []}
    if item.answerable:
        at = item.facts.index(item.target)
        before = len(paragraph([*sentences[:at], ""], language))
        start, end = (before + offset for offset in answer_span(told[at], item.asked, language))
        answers = {"text": [context[start:end]], "answer_start": [start]}
    name = (item.target["s"] or item.target["g"].partition("@")[2]).partition("+")[0]
    question = say(item.target, asked_in, item.asked)
    title = entry(language, name)["nom"]
    return {"id": identity, "title": title, "context": context, "question": question, "answers": answers}
