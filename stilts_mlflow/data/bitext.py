"""Sentence retrieval: two files of sentences -> rows `source` (foreign), `target` (English), `source_order`.

Rows come in the alphabetical order of the English side, as XTREME writes it (`utils_preprocess.py:
tatoeba_preprocess`); `source_order` is the line of the foreign file. Order decides ties between sentences.
"""

import logging
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

Rows = list[dict[str, Any]]

log = logging.getLogger(__name__)

CLEARLY = 0.2
"""Difference of two correlations that tells which reading of an index file is right."""


def read_aligned(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """The originals (LASER's `data/tatoeba/v1`): line i of the foreign file translates line i of `labels`, English."""
    foreign, english = both(path, labels)
    order = sorted(range(len(english)), key=english.__getitem__)
    return [pair(place, line, foreign, english[line]) for place, line in enumerate(order)]


def read_ordered(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """XTREME's files: the foreign one as it was, the English one sorted; `options["order"]` names the file of indices.

    Official reading (`evaluate.py`): line i of the indices belongs to English line i and names the foreign line,
    from 0. Files written the other way round exist, and both are permutations; translations are about equally
    long relative to their neighbours, so the lengths tell which reading is right.
    """
    foreign, english = both(path, labels)
    order_path = Path(str(source.options["order"]))
    found = [line.strip() for line in lines_of(order_path)]
    if sorted(found) != sorted(map(str, range(len(foreign)))):
        raise InputError(f"{order_path}: expected each of 0 to {len(foreign) - 1} once, the lines of {path}")
    order = list(map(int, found))
    inverse = sorted(range(len(order)), key=order.__getitem__)
    if agreement(foreign, english, inverse) > agreement(foreign, english, order) + CLEARLY:
        log.warning("%s: read as the English line of each foreign one, as the sentences' lengths tell", order_path)
        order = inverse
    return [pair(place, line, foreign, english[place]) for place, line in enumerate(order)]


def both(path: Path, labels: Path | None) -> tuple[list[str], list[str]]:
    """Foreign and English lines without outer spaces; InputError when they are not equally many."""
    if labels is None:
        raise InputError(f"{path}: the English side is missing")
    foreign, english = ([line.strip() for line in lines_of(file)] for file in (path, labels))
    if len(foreign) != len(english):
        raise InputError(f"{labels}: {len(english)} lines for the {len(foreign)} of {path}")
    return foreign, english


def pair(place: int, line: int, foreign: Sequence[str], english: str) -> dict[str, Any]:
    """Row of the English sentence at `place` and its translation in `line` of the foreign file."""
    return {"id": str(place), "source": foreign[line], "target": english, "source_order": line}


def agreement(foreign: Sequence[str], english: Sequence[str], order: Sequence[int]) -> float:
    """Correlation of the lengths of English sentences and those that `order` gives them; 0 where there is none."""
    ours, theirs = [len(foreign[line]) for line in order], list(map(len, english))
    if len(set(ours)) < 2 or len(set(theirs)) < 2:
        return 0.0
    return statistics.correlation(ours, theirs)
