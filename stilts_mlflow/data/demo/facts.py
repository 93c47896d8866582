"""Facts of the demo world: who did what where and when, in no language.

A fact belongs to one split, decided by a stable hash of its core slots, so that no core event of the test
data is ever told in the training data: `draw(random.Random("x"), "ACT", "train")`.
"""

import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

from stilts_mlflow.data.demo.lexicon import concepts, names

CORE = {
    "ACT": "svo",
    "ACTN": "svo",
    "PACT": "svq",
    "GIVE": "svqo",
    "WORK": "sg",
    "LIVE": "sc",
    "BORN": "s",
    "GO": "sc",
    "PROF": "sj",
    "AGE": "sk",
    "FOUND": "gy",
}
EXTRA = {"ACT": "acd", "PACT": "pd", "GIVE": "ad", "BORN": "cy", "GO": "md", "PROF": "c", "ACTN": "nc"}
NEEDED = {"ACTN": "n", "BORN": "y"}
"""Slots outside the core without which there is no sentence."""

FULL_NAMES = frozenset({"ACT", "ACTN", "PACT", "GIVE", "WORK", "LIVE", "BORN", "GO", "PROF"})
"""Frames whose subject may carry a family name (kept in the nominative or ergative in every language)."""

KINDS = {"c": "city", "d": "day", "p": "place", "m": "means", "j": "prof", "n": "num"}
VERBS = {"ACT": "verb", "ACTN": "verb", "PACT": "pverb", "GIVE": "dverb"}
YEARS = tuple(str(year) for year in range(1900, 2016, 5))
# Russian wants another word for "years" after 1-4; these all take the same.
AGES = tuple(str(age) for age in range(25, 90) if age % 10 in (0, 5, 6, 7, 8, 9))
# What does not go with the adjective group or the number in every language (Russian counts animals in the genitive).
UNFIT = {"age": {"animal", "fruit"}, "weight": {"animal"}}
SPLITS = {"train": range(8), "dev": range(8, 9), "test": range(9, 10)}


@dataclass(frozen=True)
class Fact:
    """A frame with its slots filled: concepts, digits (`y`, `k`), `first+family` names, `type@city` organisations."""

    frame: str
    slots: tuple[tuple[str, str], ...]

    def __getitem__(self, slot: str) -> str:
        """Value of a slot; "" where the fact says nothing."""
        for name, value in self.slots:
            if name == slot:
                return value
        return ""

    def having(self, **changes: str) -> "Fact":
        """The same fact with other values; "" removes a slot."""
        slots = {**dict(self.slots), **changes}
        return Fact(self.frame, tuple(sorted((slot, value) for slot, value in slots.items() if value)))

    @property
    def core(self) -> str:
        """What identifies the event, whatever else is told of it."""
        return " ".join([self.frame, *(self[slot] for slot in CORE[self.frame])])

    @property
    def split(self) -> str:
        """Split whose sentences may tell this fact."""
        bucket = zlib.crc32(self.core.encode()) % 10
        return next(split for split, buckets in SPLITS.items() if bucket in buckets)

    @cached_property
    def people(self) -> set[str]:
        """First names in it."""
        return {self[slot].partition("+")[0] for slot in "sq" if self[slot]}


@cache
def objects() -> tuple[str, ...]:
    """Nouns that have a hypernym, which is all but the hypernyms themselves."""
    return tuple(name for name in names("noun") if concepts()[name].group)


@cache
def fitting_adjectives(noun: str) -> tuple[str, ...]:
    """Adjectives that make sense with a noun."""
    category = concepts()[noun].group or noun
    return tuple(name for name in names("adj") if category not in UNFIT.get(concepts()[name].group, ()))


def draw_person(rng: Random, full: bool, held: bool = False) -> str:
    """A first name, or `first+family`."""
    first = rng.choice(names("first", held))
    return f"{first}+{rng.choice(names('family', held))}" if full else first


def draw_value(rng: Random, fact: Fact, slot: str, held: bool = False) -> str:
    """A value for a slot that fits the rest of the fact."""
    if slot in KINDS:
        return rng.choice(names(KINDS[slot], held and slot == "c"))
    if slot == "s":
        return draw_person(rng, fact.frame in FULL_NAMES and rng.random() < 0.4, held)
    if slot == "q":
        others = [name for name in names("first", held) if name not in fact.people]
        return rng.choice(others)
    if slot == "v":
        return rng.choice(names(VERBS[fact.frame]))
    if slot == "o":
        # Animals take another case after a number in Russian.
        return rng.choice([o for o in objects() if fact.frame != "ACTN" or concepts()[o].group != "animal"])
    if slot == "a":
        return rng.choice(fitting_adjectives(fact["o"]))
    if slot == "g":
        return f"{rng.choice(names('org'))}@{rng.choice(names('city', held))}"
    return rng.choice(YEARS if slot == "y" else AGES)


def draw(rng: Random, frame: str, split: str, extra: float = 0.6, held: bool = False) -> Fact:
    """A random fact of a split; each slot outside the core is told with probability `extra`."""
    fact = Fact(frame, ())
    while not fact.slots or not (held or fact.split == split):
        fact = Fact(frame, ())
        for slot in CORE[frame]:
            fact = fact.having(**{slot: draw_value(rng, fact, slot, held)})
    for slot in EXTRA.get(frame, ""):
        if slot in NEEDED.get(frame, "") or rng.random() < extra:
            fact = fact.having(**{slot: draw_value(rng, fact, slot, held)})
    return fact
