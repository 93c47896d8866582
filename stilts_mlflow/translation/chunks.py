"""Texts as pieces that a translation model takes: sentences, and parts of those that are too long.

Translation models are trained on sentences; of a paragraph they often leave out some. The white space between the
pieces is put back, but for a single space in front of a language that writes none.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stilts_mlflow.projection import Span
from stilts_mlflow.tasks.task import words

Fits = Callable[[str], bool]
"""Whether a text is within the length of the model."""

_END = re.compile(r"""[.!?]+["'”’)\]]*(?=\s)|\n+""")
_TITLES = frozenset(words("mr mrs ms dr prof st no vs etc e.g i.e u.s jr sr inc ltd co gen col rev fig"))


@dataclass(frozen=True)
class Document:
    """A text and its translation; `spans`: its pieces, `starts`: where the translation of each begins in `text`."""

    source: str
    spans: tuple[Span, ...]
    pieces: tuple[str, ...]
    starts: tuple[int, ...]
    text: str

    def piece_of(self, span: Span) -> int | None:
        """Number of the piece that holds a span of the source whole."""
        inside = (i for i, (start, end) in enumerate(self.spans) if start <= span[0] and span[1] <= end)
        return next(inside, None)


def pieces(text: str, fits: Fits) -> tuple[Span, ...]:
    """Sentences without the white space around them; those that do not fit are parted between words."""
    return tuple(part for span in sentences(text) for part in parted(text, span, fits))


def sentences(text: str) -> list[Span]:
    """Sentences of an English text, by their end marks; not behind a title or an initial."""
    cuts = [0, *(match.end() for match in _END.finditer(text) if _ends(text, match)), len(text)]
    return [span for start, end in pairwise(cuts) if (span := trimmed(text, start, end))]


def _ends(text: str, match: re.Match[str]) -> bool:
    behind = text[match.end() :].lstrip()
    if match[0] != "." or behind[:1].islower():
        return "\n" in match[0] or not behind[:1].islower()
    word = re.search(r"\S*$", text[: match.start()])
    last = word[0].lower().strip("(\"'") if word else ""
    return last not in _TITLES and not (len(last) == 1 and last.isalpha())


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; None for one of white space alone."""
    part = text[start:end]
    inner = part.strip()
    first = start + len(part) - len(part.lstrip())
    return (first, first + len(inner)) if inner else None


def parted(text: str, span: Span, fits: Fits) -> list[Span]:
    """The span, halved as often as it takes: behind a comma near the middle, else between words, else in a word."""
    start, end = span
    if end - start < 2 or fits(text[start:end]):
        return [span]
    middle = (start + end) // 2
    spaces = [start + match.start() for match in re.finditer(r"\s+", text[start:end])]
    commas = [at for at in spaces if text[at - 1] in ",;:" and abs(at - middle) <= (end - start) // 4]
    cut = min(commas or spaces, key=lambda at: abs(at - middle), default=middle)
    halves = (trimmed(text, start, cut), trimmed(text, cut, end))
    return [part for half in halves if half for part in parted(text, half, fits)]


def joined(source: str, spans: Sequence[Span], translations: Sequence[str], spaced: bool) -> Document:
    """The translations with what stood between their pieces; `spaced`: whether the language writes spaces."""
    text, starts, last = "", [], 0
    for (start, end), piece in zip(spans, translations, strict=True):
        gap = source[last:start]
        text += "" if gap == " " and not spaced else gap
        starts.append(len(text))
        text += piece
        last = end
    return Document(source, tuple(spans), tuple(translations), tuple(starts), text + source[last:])
