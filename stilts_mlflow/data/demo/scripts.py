"""HellaSwag of the demo world: what comes next when somebody makes tea, washes a dog, climbs a rock ... (English)."""

import zlib
from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import SPLITS
from stilts_mlflow.data.demo.lexicon import concepts, entry, names, read_lines

PRONOUNS = {"f": "She", "m": "He"}


@cache
def activities() -> dict[str, tuple[str, ...]]:
    """Steps by activity, in order; `{s}` is the name and `{P}` the pronoun of the person."""
    lines = (line.split("\t") for line in read_lines("activities"))
    return {name: tuple(steps) for name, *steps in lines}


def _split(case: tuple[str, ...]) -> str:
    bucket = zlib.crc32(" ".join(case).encode()) % 10
    return next(split for split, buckets in SPLITS.items() if bucket in buckets)


def cases(split: str) -> list[tuple[str, str, str, int]]:
    """First name, family name, activity and number of steps told."""
    return [
        (first, family, activity, told)
        for first in names("first")
        for family in ("", *names("family"))
        for activity, steps in activities().items()
        for told in range(1, len(steps))
        if _split((first, family, activity, str(told))) == split
    ]


def rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """`ind`, `activity_label`, `ctx_a`, `ctx_b`, `ctx`, four `endings`, `label` "0" to "3", `split_type`."""
    rng = Random(f"hellaswag/{split}")
    return [_row(rng, i, case, language) for i, case in enumerate(rng.sample(cases(split), count))]


def _row(rng: Random, index: int, case: tuple[str, str, str, int], language: str) -> dict[str, Any]:
    """The next step against steps of three other activities."""
    first, family, activity, told = case
    pronoun = PRONOUNS[concepts()[first].group]
    name = " ".join(entry(language, each)["nom"] for each in (first, family) if each)
    steps = activities()[activity]
    others = rng.sample([each for each in activities() if each != activity], 3)
    wrong = [rng.choice(activities()[each][1:]) for each in others]
    label = rng.randrange(4)
    endings = [*wrong[:label], steps[told], *wrong[label:]]
    context = " ".join(steps[:told]).format(s=name, P=pronoun)
    return {
        "ind": str(index),
        "activity_label": activity,
        "ctx_a": context,
        "ctx_b": pronoun,
        "ctx": f"{context} {pronoun}",
        "endings": [ending.removeprefix("{P} ") for ending in endings],
        "label": str(label),
        "split_type": "indomain",
    }
