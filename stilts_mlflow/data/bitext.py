"""Sentence retrieval: two files of sentences -> rows `source` (foreign), `target` (English), `source_order`.

Rows come in the alphabetical order of the English side, as XTREME writes it (`utils_preprocess.py:
tatoeba_preprocess`); `source_order` is the line of the foreign file. Order decides ties between sentences.

BUCC's files have ids and sentences without a translation: `id` is then those of both sides with a space between.
"""

import logging
import statistics
from collections.abc import Iterable, Sequence
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


def read_mining(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """BUCC's files: `id TAB sentence` on both sides, and in `options["order"]` the gold pairs, `id TAB English id`.

    InputError with file and line: no tab, an id that occurs twice, a gold id that neither side has.
    """
    if labels is None:
        raise InputError(f"{path}: the English side is missing")
    foreign, english = numbered_sentences(path), numbered_sentences(labels)
    gold_path = Path(str(source.options["order"]))
    pairs = []
    for number, line in enumerate(lines_of(gold_path), 1):
        cells = line.strip().split("\t")
        if len(cells) != 2:
            raise InputError(f"{gold_path}:{number}: {len(cells)} columns; expected 2: id, English id")
        for name, side, file in ((cells[0], foreign, path), (cells[1], english, labels)):
            if name not in side:
                raise InputError(f"{gold_path}:{number}: id {name!r} is not in {file}")
        pairs.append((cells[0], cells[1]))
    if not pairs:
        raise InputError(f"{gold_path}: no gold pairs")
    return mining_rows(list(foreign.items()), list(english.items()), pairs)


def numbered_sentences(path: Path) -> dict[str, str]:
    """Sentences by id, in the order of the file. Of more columns the second counts, as `run_bucc2018.sh` cuts it."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines_of(path), 1):
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].strip() or " " in cells[0].strip():
            raise InputError(f"{path}:{number}: expected an id without spaces, a tab and a sentence")
        if cells[0].strip() in found:
            raise InputError(f"{path}:{number}: id {cells[0].strip()!r} occurs twice")
        found[cells[0].strip()] = cells[1]
    return found


def mining_rows(
    foreign: Sequence[tuple[str, str]], english: Sequence[tuple[str, str]], gold: Iterable[tuple[str, str]]
) -> Rows:
    """Rows of two pools of (id, sentence): one a gold pair, one a sentence of either side without a translation.

    The three kinds are interleaved, each in the order of its file, so that any beginning (a cap) has its share of each.
    Who has several translations comes once with each.
    """
    lines = {name: line for line, (name, _) in enumerate(foreign)}
    partners: dict[str, list[int]] = {}
    for first, second in dict.fromkeys(gold):
        partners.setdefault(second, []).append(lines[first])
    paired = {line for several in partners.values() for line in several}
    kinds: tuple[Rows, Rows, Rows] = ([], [], [])
    for name, sentence in english:
        for line in sorted(partners.get(name, [])):
            other, source = foreign[line]
            kinds[0].append({"id": f"{other} {name}", "source": source, "target": sentence, "source_order": line})
        if name not in partners:
            kinds[1].append({"id": name, "source": None, "target": sentence, "source_order": None})
    for line, (name, sentence) in enumerate(foreign):
        if line not in paired:
            kinds[2].append({"id": name, "source": sentence, "target": None, "source_order": line})
    placed = [((i + 0.5) / len(rows), kind, row) for kind, rows in enumerate(kinds) for i, row in enumerate(rows)]
    return [row for _, _, row in sorted(placed, key=lambda each: each[:2])]
