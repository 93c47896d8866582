"""Tagged sentences of the demo world: parts of speech, entities, and CCG categories of the English grammar."""

from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import CORE, Fact, draw
from stilts_mlflow.data.demo.lexicon import templates
from stilts_mlflow.data.demo.sentences import Token, realise, say

Told = tuple[Fact, str]
"""A fact and the variant of the template that tells, denies or asks for it."""


def draw_telling(rng: Random, split: str, statements: float = 0.7, held: bool = False) -> Told:
    """A random sentence of a split: `statements` of them are statements, the others denials and questions."""
    while True:
        fact = draw(rng, rng.choice(list(CORE)), split, held=held)
        if rng.random() < statements:
            return fact, rng.choice("01")
        keys = (key.split(".") for key in templates("en"))
        variants = [way for frame, way in keys if frame == fact.frame and way not in "01" and "+" not in way]
        variant = rng.choice(variants or ["0"])
        if len(variant) > 1 or fact[variant] or variant == "0":
            return fact, variant


@cache
def tellings(task: str, split: str, count: int) -> tuple[Told, ...]:
    """The sentences of a split, each once; half of the entity task's test has names that were never seen."""
    rng = Random(f"tagging/{task}/{split}")
    found: dict[str, Told] = {}
    while len(found) < count:
        held = task == "panx" and split == "test" and len(found) % 2 == 0
        telling = draw_telling(rng, split, 0.95 if task == "panx" else 0.7, held)
        # The English grammar has no category for "how many" and "how old".
        if task != "ccg" or telling[1] not in "nk":
            found.setdefault(say(telling[0], "en", telling[1]), telling)
    return tuple(found.values())


def entity_tags(tokens: list[Token]) -> list[str]:
    """B-/I-/O tags; a new slot starts a new entity."""
    tags: list[str] = []
    previous = Token("", "")
    for token in tokens:
        inside = (token.entity, token.slot) == (previous.entity, previous.slot)
        tags.append(f"{'I' if inside else 'B'}-{token.entity}" if token.entity else "O")
        previous = token
    return tags


def rows(task: str, split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `tokens` and `pos_tags` (udpos), `ner_tags` (panx) or `tags` (ccg), one a token."""
    return [_row(task, f"{split}-{i}", told, language) for i, told in enumerate(tellings(task, split, count))]


def _row(task: str, identity: str, told: Told, language: str) -> dict[str, Any]:
    tokens = realise(*told, language)
    row: dict[str, Any] = {"id": identity, "tokens": [token.text for token in tokens]}
    if task == "udpos":
        return {**row, "pos_tags": [token.pos for token in tokens]}
    if task == "panx":
        return {**row, "ner_tags": entity_tags(tokens)}
    return {**row, "tags": [token.category for token in tokens]}
