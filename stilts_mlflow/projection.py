"""Where an answer stands in the translation of its context.

    find("Sie kam 1990 nach Roma.", "roma")   # (18, 22)
    unmarked("Sie kam nach [Roma].")           # "Roma"

Translate the answer alone and look for it; where that fails, translate the sentence with the answer in brackets and
look for what comes out between them ("mark-then-translate", Chen et al. 2023, "Frustratingly Easy Label Projection for
Cross-lingual Transfer"). Only one match counts: two places may mean two things, and a wrong span teaches wrongly.
"""

import re
import unicodedata

Span = tuple[int, int]
"""First character and the one behind the last."""

UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Letters of scripts that write no spaces: Thai, Lao, Burmese, Khmer, Kana, Han."""
ENDINGS = ".。!！?？,，;；:：।؟、"
_OPEN, _CLOSE = "[［【", "]］】"


def find(context: str, answer: str) -> Span | None:
    """The one place of the answer: as it is, else in another case, else with other white space; None without one."""
    for pattern, flags in _patterns(answer.strip()):
        places = occurrences(context, pattern, flags)
        if places:
            return places[0] if len(places) == 1 else None
    return None


def phrase(translation: str, source: str) -> str:
    """A translated phrase without the full stop that a model likes to add; `source`: what it was made of."""
    return translation if source.rstrip().endswith(tuple(ENDINGS)) else translation.strip().rstrip(ENDINGS)


def _patterns(text: str) -> list[tuple[str, int]]:
    if not text:
        return []
    loose = r"\s+".join(map(re.escape, text.split()))
    return [(re.escape(text), 0), (re.escape(text), re.IGNORECASE), (loose, re.IGNORECASE)]


def occurrences(context: str, pattern: str, flags: int = 0) -> list[Span]:
    """Places of a pattern, overlapping ones too, that do not begin or end inside a word."""
    found = (match.span(1) for match in re.finditer(f"(?=({pattern}))", context, flags))
    return [(start, end) for start, end in found if not is_inside(context, start) and not is_inside(context, end)]


def is_inside(text: str, at: int) -> bool:
    """Whether position `at` divides a word; in scripts without spaces any two letters may be parted."""
    if not 0 < at < len(text):
        return False
    before, behind = text[at - 1], text[at]
    # Marks (vowel signs, accents) belong to the letter before them in every script.
    if unicodedata.category(behind)[0] == "M":
        return True
    letters = all(unicodedata.category(letter)[0] in "LMN" for letter in (before, behind))
    return letters and not UNSPACED.match(before) and not UNSPACED.match(behind)


def marked(text: str, span: Span) -> str | None:
    """The text with the span in brackets; None for a text that has brackets already."""
    if any(letter in _OPEN + _CLOSE for letter in text):
        return None
    start, end = span
    return f"{text[:start]}[{text[start:end]}]{text[end:]}"


def unmarked(text: str) -> str | None:
    """What a translation has between its one pair of brackets."""
    found = re.findall(f"[{re.escape(_OPEN)}]([^{re.escape(_OPEN + _CLOSE)}]+)[{re.escape(_CLOSE)}]", text)
    return found[0].strip() or None if len(found) == 1 else None
