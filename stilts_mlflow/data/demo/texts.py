"""Raw text and translations of the demo world, for pretraining and for retrieval."""

from functools import cache
from itertools import islice
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import CORE, Fact, draw, draw_value, fitting_adjectives
from stilts_mlflow.data.demo.inference import shorten
from stilts_mlflow.data.demo.reading import draw_question
from stilts_mlflow.data.demo.sentences import paragraph, realise, say, text
from stilts_mlflow.data.demo.tagging import Told, draw_telling

DISTRACTORS = 50
TWINS = 0.6
"""Share of the sentences to be found that differ from another one by one word."""
TALKS = 0.4
"""Share of the raw lines in which somebody asks and somebody answers."""
CANDIDATES = 6000
"""Sentences among which those for the raw training text of a language are chosen."""


def draw_line(rng: Random, split: str) -> Told:
    """A sentence; some speak of animals and vehicles in general, as the hypotheses of NLI do."""
    fact, variant = draw_telling(rng, split, 0.75)
    if variant in ("0", "1", "not") and fact["o"] and rng.random() < 0.3:
        fact = shorten(rng, fact, keep=0.3)
    return fact, variant


def _covering(rng: Random, split: str, language: str, count: int) -> list[str]:
    """Sentences of `count` lines; of more candidates, those with a new word come first, so that every word occurs."""
    chosen: list[str] = []
    others: list[str] = []
    seen: set[str] = set()
    for _ in range(CANDIDATES if split == "train" else count * 3 // 2):
        tokens = realise(*draw_line(rng, split), language)
        words = {token.text for token in tokens}
        (others if words <= seen else chosen).append(text(tokens, language))
        seen |= words
    return [*chosen, *others]


def _talk(rng: Random, split: str, language: str) -> list[str]:
    """A question and the sentence that answers it, often after a sentence on something else, as people talk."""
    fact, asked = draw_question(rng, split)
    talk = [say(fact, language, asked), say(fact, language, rng.choice("01"))]
    if rng.random() < 0.5:
        talk.reverse()
    if rng.random() < 0.5:
        other, variant = draw_line(rng, split)
        talk.insert(0, say(other, language, variant))
    return talk


def raw_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `text`, `language`: one or two sentences a line, or a talk; other facts in every language."""
    rng = Random(f"text/{split}/{language}")
    sentences = iter(_covering(rng, split, language, count))
    talks = round(TALKS * count)
    lines = [paragraph(list(islice(sentences, rng.choice((1, 1, 2)))), language) for _ in range(count - talks)]
    lines += [paragraph(_talk(rng, split, language), language) for _ in range(talks)]
    rng.shuffle(lines)
    return [{"id": f"{split}-{language}-{i}", "text": line, "language": language} for i, line in enumerate(lines)]


@cache
def _bitext(split: str, count: int) -> dict[str, Told]:
    """Sentences to translate by their English, each once."""
    rng = Random(f"bitext/{split}")
    found: dict[str, Told] = {}
    while len(found) < count:
        told = draw_line(rng, split)
        found.setdefault(say(told[0], "en", told[1]), told)
    return found


def bitext_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `source` (in `language`), `target` (English), `source_order`, `language`."""
    return [
        {
            "id": f"{split}-{i}",
            "source": say(fact, language, variant),
            "target": english,
            "source_order": i,
            "language": language,
        }
        for i, (english, (fact, variant)) in enumerate(_bitext(split, count).items())
    ]


@cache
def _pool(split: str, count: int) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Facts with different English sentences, in their order, and facts that differ from one of them by one slot."""
    rng = Random(f"tatoeba/{split}")
    found: dict[str, Fact] = {}
    while len(found) < count:
        is_twin = bool(found) and rng.random() < TWINS
        fact = _close(rng, rng.choice(list(found.values()))) if is_twin else draw(rng, rng.choice(list(CORE)), split)
        if fact.split == split:
            found.setdefault(say(fact, "en"), fact)
    close: dict[str, Fact] = {}
    while len(close) < DISTRACTORS:
        fact = _close(rng, rng.choice(list(found.values())))
        if say(fact, "en") not in found:
            close.setdefault(say(fact, "en"), fact)
    return tuple(found[sentence] for sentence in sorted(found)), tuple(close.values())


def _close(rng: Random, fact: Fact) -> Fact:
    """The fact with one slot changed; the adjective still fits a changed noun."""
    slot = rng.choice([slot for slot, _ in fact.slots])
    fact = fact.having(**{slot: draw_value(rng, fact, slot)})
    return fact if not fact["a"] or fact["a"] in fitting_adjectives(fact["o"]) else fact.having(a="")


def retrieval_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`id`, `source`, `target`, `source_order`: English in alphabetical order, then sources without a translation."""
    facts, distractors = _pool(split, count)
    order = list(range(len(facts) + len(distractors)))
    Random(f"order/{split}/{language}").shuffle(order)
    targets = [*(say(fact, "en") for fact in facts), *(None for _ in distractors)]
    return [
        {"id": f"{split}-{i}", "source": say(fact, language), "target": target, "source_order": position}
        for i, (fact, target, position) in enumerate(zip((*facts, *distractors), targets, order, strict=True))
    ]
