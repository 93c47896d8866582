"""Code-switched text of the demo world: sentences of one language with words of others, as bilingual people talk.

    lines("train", 1, ("en", "de", "ru"))  # ['Мария купила ein rotes Auto on Wednesday.'] or the like

The slots of a fact are the same in every language, so a slot's words may come from another one, in the form that they
have there. A masked word in such a line can be told from a context in any language, which makes the encoder treat
words and their translations alike (code switching for alignment: Qin et al. 2020, CoSDA-ML, arXiv 2006.06402).
"""

from itertools import pairwise
from random import Random

from stilts_mlflow.data.demo.facts import Fact
from stilts_mlflow.data.demo.reading import draw_question
from stilts_mlflow.data.demo.sentences import realise, text
from stilts_mlflow.data.demo.texts import draw_line

SWITCHED = 0.5
"""Share of the slots whose words are those of another language."""
TALKS = 0.4
"""Share of the lines in which one asks in a language and another answers in his."""


def mixed(rng: Random, fact: Fact, variant: str, language: str, languages: tuple[str, ...]) -> str:
    """The sentence in `language`, words of some slots in others; all words apart, as one writes between scripts."""
    tokens = realise(fact, variant, language)
    for slot, _ in fact.slots:
        places = [i for i, token in enumerate(tokens) if token.slot == slot]
        is_one_phrase = all(after == before + 1 for before, after in pairwise(places))
        if places and is_one_phrase and rng.random() < SWITCHED:
            other = rng.choice([code for code in languages if code != language])
            foreign = [token for token in realise(fact, variant, other) if token.slot == slot]
            tokens[places[0] : places[-1] + 1] = foreign or tokens[places[0] : places[-1] + 1]
    return text(tokens, "en")


def lines(split: str, count: int, languages: tuple[str, ...]) -> list[str]:
    """One to three code-switched sentences, or a question and its answer in two languages."""
    rng = Random(f"mixed/{split}")
    return [_line(rng, split, languages) for _ in range(count)]


def _line(rng: Random, split: str, languages: tuple[str, ...]) -> str:
    told = []
    if rng.random() < TALKS:
        fact, asked = draw_question(rng, split)
        told = [text(realise(fact, variant, rng.choice(languages)), "en") for variant in (asked, rng.choice("01"))]
        if rng.random() < 0.5:
            told.reverse()
    for _ in range(rng.choice((0, 1) if told else (1, 2, 3))):
        told.insert(0, mixed(rng, *draw_line(rng, split), rng.choice(languages), languages))
    return " ".join(told)
