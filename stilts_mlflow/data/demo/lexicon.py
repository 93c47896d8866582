"""The demo world's words and templates: tab-separated tables in `tables/`, a block per language.

A new language is one more block in every table. A form may hold several tokens; a token is written
`text`, `text:UPOS` or `text:UPOS^category` where its tag differs from that of its kind, and `*field`
stands for the city of an organisation in that form.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Entry = dict[str, str]
"""Forms of a concept in one language by the name of the form (`nom`, `acc`, `g` for the gender ...)."""

WORDS = ("names", "places", "nouns", "adjectives", "verbs", "others")
TEMPLATES = ("statements", "questions")


@dataclass(frozen=True)
class Concept:
    """What the words of all languages share; `group`: gender of a name, hypernym of a noun, scale of an adjective."""

    kind: str
    name: str
    group: str = ""
    held: bool = False


def read_lines(table: str) -> list[str]:
    """Lines of a table of the package."""
    return (files(__package__) / "tables" / f"{table}.tsv").read_text(encoding="utf-8").splitlines()


@cache
def concepts() -> dict[str, Concept]:
    """All concepts by name; `held` ones (names) occur in the test split of the entity task only."""
    rows = [[*line.split("\t"), "", ""] for line in read_lines("concepts") if not line.startswith("#")]
    return {row[1]: Concept(row[0], row[1], row[2], row[3] == "held") for row in rows}


@cache
def names(kind: str, held: bool = False) -> tuple[str, ...]:
    """Concepts of a kind, in the order of the table."""
    return tuple(each.name for each in concepts().values() if each.kind == kind and each.held == held)


@cache
def _words() -> dict[str, dict[str, Entry]]:
    """Entries by language and concept; closed-class words (`func`) lie among them."""
    words: dict[str, dict[str, Entry]] = {}
    for table in WORDS:
        for line in read_lines(table):
            first, *cells = line.split("\t")
            if first.startswith("# "):
                _, language, kind = first.split(" ")
                fields = cells
            else:
                entry = dict(zip(fields, cells, strict=True))
                words.setdefault(language, {})[first] = {"kind": kind, **entry}
    return words


@cache
def templates(language: str) -> dict[str, str]:
    """Templates by key: `FRAME.0`, `FRAME.1` (other word order), `FRAME.not`, `FRAME.slot` (question for the slot)."""
    found: dict[str, str] = {}
    for table in TEMPLATES:
        block = ""
        for line in read_lines(table):
            if line.startswith("# "):
                block = line[2:]
            elif block == language:
                key, _, template = line.partition("\t")
                found[key] = template
    return found


def entry(language: str, concept: str) -> Entry:
    """Forms of a concept in a language."""
    return _words()[language][concept]


@cache
def categories() -> dict[str, str]:
    """CCG categories by the short names that the English templates use."""
    return dict(line.split("\t", 1) for line in read_lines("ccg"))
