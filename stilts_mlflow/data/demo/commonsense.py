"""What everybody knows in the demo world (English): kinds of things (CommonsenseQA), what people do before and after
(Social IQa), what leads to what (COPA).

Each maker draws cases, and a case belongs to one split by its content, so that none is in two.
"""

import zlib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import SPLITS, objects
from stilts_mlflow.data.demo.lexicon import concepts, entry, names
from stilts_mlflow.data.demo.scripts import PRONOUNS, activities

Rows = list[dict[str, Any]]
Draw = Callable[[Random], tuple[str, str, tuple[str, ...]]]
"""A case: what is told or asked, the right choice, the wrong ones."""

LETTERS = "ABCDE"


def split_of(*parts: str) -> str:
    """Split that a case belongs to."""
    bucket = zlib.crc32(" ".join(parts).encode()) % 10
    return next(split for split, buckets in SPLITS.items() if bucket in buckets)


def cases(task: str, split: str, count: int, make: Draw) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Told text, choices in random order and the place of the right one; no case twice."""
    rng = Random(f"{task}/{split}")
    seen: set[tuple[str, ...]] = set()
    while len(seen) < count:
        told, right, wrong = make(rng)
        key = (told, right, *sorted(wrong))
        if split_of(*key) != split or key in seen:
            continue
        seen.add(key)
        place = rng.randrange(len(wrong) + 1)
        yield told, (*wrong[:place], right, *wrong[place:]), place


def _thing(name: str) -> str:
    """A noun as it is written, with its article."""
    forms = entry("en", name)
    words = [piece.partition(":")[0] for piece in forms["sg"].split()]
    return " ".join([forms["art"], *words])


def _person(rng: Random) -> tuple[str, str]:
    """First name or full name, and pronoun."""
    first = rng.choice(names("first"))
    family = rng.choice(("", *names("family")))
    return " ".join(entry("en", each)["nom"] for each in (first, family) if each), PRONOUNS[concepts()[first].group]


def _of(kind: str, member: bool = True) -> list[str]:
    """Things of a kind, or those of the other kinds."""
    return [name for name in objects() if (concepts()[name].group == kind) == member]


def _kind(rng: Random) -> tuple[str, str, tuple[str, ...]]:
    """Which thing is of a kind, which is not, of what kind a thing is."""
    thing = rng.choice(objects())
    kind = concepts()[thing].group
    name, _ = _person(rng)
    way = rng.randrange(3)
    if way == 0:
        wrong = rng.sample(_of(kind, False), 4)
        return f"{name} is looking for {_thing(kind)}. What could it be?", _thing(thing), tuple(map(_thing, wrong))
    if way == 1:
        other = rng.choice(sorted({concepts()[each].group for each in objects()} - {kind}))
        wrong = rng.sample(_of(other), 4)
        told = f"{name} has one of these. Which one is not {_thing(other)}?"
        return told, _thing(thing), tuple(map(_thing, wrong))
    kinds = sorted({concepts()[each].group for each in objects()} - {kind})
    return f"{name} has {_thing(thing)}. What is that?", _thing(kind), tuple(map(_thing, rng.sample(kinds, 4)))


def kind_rows(split: str, language: str, count: int) -> Rows:
    """CommonsenseQA: `id`, `question`, `question_concept`, `choices` (`label`, `text`), `answerKey`."""
    return [
        {
            "id": f"{split}-{i}",
            "question": told,
            "question_concept": choices[place].partition(" ")[2],
            "choices": {"label": list(LETTERS), "text": list(choices)},
            "answerKey": LETTERS[place],
        }
        for i, (told, choices, place) in enumerate(cases("commonsense_qa", split, count, _kind))
    ]


def _step(activity: str, number: int) -> str:
    """A step without its subject: `fills the kettle with fresh water.`"""
    return activities()[activity][number].removeprefix("{P} ").removeprefix("{s} ")


def _others(rng: Random, activity: str, count: int) -> tuple[str, ...]:
    """Steps of other activities."""
    chosen = rng.sample([each for each in activities() if each != activity], count)
    return tuple(_step(each, rng.randrange(1, len(activities()[each]))) for each in chosen)


def _before_or_after(rng: Random) -> tuple[str, str, tuple[str, ...]]:
    """One step of an activity; asked is the one before it or the one after it. One wrong choice is of the activity."""
    activity = rng.choice(tuple(activities()))
    steps = activities()[activity]
    number = rng.randrange(2, len(steps) - 1)
    name, pronoun = _person(rng)
    after = rng.random() < 0.5
    shift = 1 if after else -1
    question = f"What will {name} do next?" if after else f"What did {name} do just before?"
    context = " ".join((steps[0].format(s=name, P=pronoun), f"{pronoun} {_step(activity, number)}"))
    wrong = [_step(activity, number - shift), *_others(rng, activity, 1)]
    rng.shuffle(wrong)
    return f"{context}\n{question}", _step(activity, number + shift), tuple(wrong)


def people_rows(split: str, language: str, count: int) -> Rows:
    """Social IQa: `context`, `question`, `answerA` to `answerC`, `label` "1" to "3"."""
    return [
        {
            "id": f"{split}-{i}",
            "context": told.partition("\n")[0],
            "question": told.partition("\n")[2],
            **{f"answer{letter}": choice for letter, choice in zip("ABC", choices, strict=True)},
            "label": str(place + 1),
        }
        for i, (told, choices, place) in enumerate(cases("social_iqa", split, count, _before_or_after))
    ]


def _cause_or_effect(rng: Random) -> tuple[str, str, tuple[str, ...]]:
    """A step of an activity with its neighbour; the wrong choice is a step of another activity."""
    activity = rng.choice(tuple(activities()))
    number = rng.randrange(1, len(activities()[activity]) - 1)
    name, pronoun = _person(rng)
    asked = rng.choice(("cause", "effect"))
    told, right = (number, number + 1) if asked == "effect" else (number + 1, number)
    (wrong,) = _others(rng, activity, 1)
    premise = f"{name} {_step(activity, told)}"
    return f"{asked}\n{premise}", f"{pronoun} {_step(activity, right)}", (f"{pronoun} {wrong}",)


def cause_rows(split: str, language: str, count: int) -> Rows:
    """COPA: `idx`, `premise`, `choice1`, `choice2`, `question` cause or effect, `label` 0 or 1."""
    return [
        {
            "idx": i,
            "premise": told.partition("\n")[2],
            "choice1": choices[0],
            "choice2": choices[1],
            "question": told.partition("\n")[0],
            "label": place,
        }
        for i, (told, choices, place) in enumerate(cases("copa", split, count, _cause_or_effect))
    ]
