"""MultiCheckList (XTREME-R): questions made from the templates of `checklist_templates.tsv`, in 50 languages.

The file has a column a language and, where the wording depends on what is filled in, further pairs of columns
`<lang>`, `<lang>-placeholders`: a cell is for the English fillings that its placeholders list, or for all of them. Six
tests; of each, `CASES` cases are drawn, the same ones in every language, each with one of the contexts and questions.

The benchmark fills names in from lists of another package, by language; they are not in this file, so ours are few,
in Latin letters. Cases are left out whose wording the file does not have, or whose answer is not in the context
as it stands (inflection). Figures are thus those of a diagnostic of our own, and do not compare with published ones.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource, words

Rows = list[dict[str, Any]]
Cells = dict[str, list[tuple[str, str]]]
"""Wordings of a row by language: text and placeholders."""

log = logging.getLogger(__name__)

CASES = 100
NAMES = words("Adam Ali Anton Boris David Felix Jonas Karim Leo Marco Martin Oscar Omar Pablo Samuel Viktor")
"""Of men: the file has adjectives and professions in the masculine."""
COMMA = re.compile(r"\s*[,،，၊]+\s*")
FILLING = re.compile(r"\{(?:\w:)?([^}]*)\}")
SENTENCE = re.compile(r"(^|[.!?]\s+)(\w)")
SPOKEN = ("Context", "Question", "Answer")
PROPERTY = "property"
"""In the test that has these, two are drawn, with a value of each."""


@dataclass
class Template:
    """One test: the rows of each field (`Context`, `Question`, `Answer`, and what is filled in)."""

    name: str
    rows: dict[str, list[Cells]] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What is filled in by its field, in all languages; values of a property under `v1`, `v2`."""

    chosen: Mapping[str, Cells]
    names: Sequence[str]
    context: Cells
    number: int


def read_multichecklist(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """SQuAD's rows in the language `options["language"]`; InputError where the file has no such column."""
    language = str(source.options["language"])
    found: Rows = []
    for number, template in enumerate(templates(path, path.stat().st_mtime_ns)):
        if language not in template.rows["Context"][0]:
            raise InputError(f"{path}: no column {language!r} in the header")
        rng = Random(f"multichecklist/{number}")
        for place in range(CASES):
            row = question(template, draw(template, rng), language)
            if row is not None:
                found.append({"id": f"{number}-{place}", "title": template.name, **row})
    log.info("%s: %d questions in %s", path, len(found), language)
    return found


@lru_cache(maxsize=2)
def templates(path: Path, changed: int) -> tuple[Template, ...]:
    """The tests of the file, in its order. One without fillings has those of the test before it (animals, vehicles)."""
    header, *lines = [line.split("\t") for line in lines_of(path)] or [[]]
    if header[:2] != ["Field", "en"]:
        raise InputError(f"{path}: expected a first line that begins with Field, en; found {', '.join(header[:3])}")
    found: list[Template] = []
    for number, cells in enumerate(lines, 2):
        if len(cells) > len(header):
            raise InputError(f"{path}:{number}: {len(cells)} columns; the header has {len(header)}")
        kind, row = cells[0].strip(), [*cells, *[""] * (len(header) - len(cells))]
        if kind == "Name":
            found.append(Template(row[1]))
        elif kind and kind != "Capability" and found:
            found[-1].rows.setdefault(kind, []).append(by_language(header, row))
    for before, template in pairwise(found):
        if set(template.rows) == set(SPOKEN):
            template.rows |= {kind: rows for kind, rows in before.rows.items() if kind not in SPOKEN}
    short = [template.name for template in found if not set(SPOKEN) < set(template.rows)]
    if short or not found:
        raise InputError(f"{path}: expected tests with {', '.join(SPOKEN)}; incomplete: {', '.join(short) or 'all'}")
    return tuple(found)


def by_language(header: Sequence[str], row: Sequence[str]) -> Cells:
    """Wordings of a row: each with the cell of placeholders behind it, where there is one."""
    cells: Cells = {}
    columns = [*zip(header, row, strict=True), ("", "")][1:]
    for (name, text), (following, placeholders) in pairwise(columns):
        if not name.endswith("-placeholders"):
            given = placeholders if following == f"{name}-placeholders" else ""
            cells.setdefault(name, []).append((text.strip(), given.strip()))
    return cells


def draw(template: Template, rng: Random) -> Case:
    """A case; how much is drawn does not depend on a language."""
    kinds = {kind: rows for kind, rows in template.rows.items() if kind not in SPOKEN}
    chosen = {kind: rng.choice(rows) for kind, rows in kinds.items()}
    if PROPERTY in kinds:
        one, two = rng.sample(kinds[PROPERTY], 2)
        chosen = {"obj": chosen["obj"], "p1": one, "p2": two, "v1": chosen[english(one)], "v2": chosen[english(two)]}
    names = rng.sample(NAMES, 3)
    return Case(chosen, names, rng.choice(template.rows["Context"]), rng.randrange(len(template.rows["Question"])))


def english(cells: Cells) -> str:
    """The English wording."""
    return cells["en"][0][0]


def question(template: Template, case: Case, language: str) -> dict[str, Any] | None:
    """`context`, `question`, `answers` of a case in a language; None where the file has no wording that fits."""
    values = fillings(template, case, language)
    asked = {kind: cells for kind, cells in case.chosen.items() if kind != f"p{2 - case.number}"}
    other = f"{{p.p{2 - case.number}}}"
    questions = [cell for cell in template.rows["Question"][case.number][language] if other not in cell[0]]
    context = filled(wording(case.context[language], case.chosen, template), values)
    asks = filled(wording(questions, asked, template), values)
    answer = filled(wording(template.rows["Answer"][case.number][language], case.chosen, template), values)
    if not context or not asks or not answer:
        return None
    context = SENTENCE.sub(lambda match: match[1] + capital(match[2]), context)
    start = max(context.find(one) for one in (answer, capital(answer[0]) + answer[1:]))
    if start < 0:
        return None
    answer = context[start : start + len(answer)]
    return {"context": context, "question": asks, "answers": {"text": [answer], "answer_start": [start]}}


def fillings(template: Template, case: Case, language: str) -> dict[str, str]:
    """Text of each `{...}`; one that has no wording in the language is left out."""
    values = {f"first_name{i or ''}": name for i, name in enumerate(case.names)}
    for kind, cells in case.chosen.items():
        text = wording(cells[language], case.chosen, template)
        if text:
            key = {"state": "s"}.get(kind, f"p.{kind}" if kind[1:] in ("1", "2") else kind)
            values[key] = text
            parts = COMMA.split(text) if COMMA.search(text) else text.split()
            values |= {f"{kind}[{i}]": part for i, part in enumerate(parts)}
    return values


def wording(cells: Sequence[tuple[str, str]], chosen: Mapping[str, Cells], template: Template) -> str:
    """The first wording that is for what was chosen, "" if there is none.

    Placeholders restrict the kinds of fillings whose English words are among them.
    """
    for text, placeholders in cells:
        listed = set(COMMA.split(placeholders)) - {""}
        if text and all(fits(cells, listed, template) for cells in chosen.values()):
            return text
    return ""


def fits(cells: Cells, listed: set[str], template: Template) -> bool:
    """Whether a filling is listed, or none of its kind is."""
    kind = next(rows for rows in template.rows.values() if cells in rows)
    return not any(listed & names(one) for one in kind) or bool(listed & names(cells))


def names(cells: Cells) -> set[str]:
    """What placeholders may call a filling: its English words, and its noun alone (`a sofa, the sofa`: sofa)."""
    listed = COMMA.split(english(cells))
    return {*listed, listed[-1].rpartition(" ")[2]}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its fillings, "" where one is missing."""
    if any(name not in values for name in FILLING.findall(text)):
        return ""
    return FILLING.sub(lambda match: values[match[1]], text)


def capital(letter: str) -> str:
    """The capital of Latin, Greek and Cyrillic letters; Georgian sentences begin without one."""
    return letter.upper() if letter < "\u0530" else letter
