"""Spans in tag sequences and their F1, by the rule of seqeval 0.0.12 that XTREME's published figures rest on.

    spans(["B-PER", "I-PER", "O"])    # {("PER", 0, 1)}
    spans(["NOUN", "NOUN", "SYM", "SYM"])  # {("NOUN", 0, 1), ("SYM", 2, 2), ("SYM", 3, 3)}

XTREME calls it on unprefixed part-of-speech tags too. The first letter then passes for the prefix: NOUN and VERB
stand for no rule and run together, while the S of SCONJ and SYM means "single", so that each word is its own span.
Later versions of seqeval cut the first letter off instead, and CCONJ and SCONJ become one type (another score).
"""

from collections.abc import Sequence

Span = tuple[str, int, int]
"""Type, first word, last word (inclusive)."""
Counts = tuple[int, int, int]
"""Spans that are right, predicted, and in the reference."""

_ALONE = ("E", "S")  # a span ends after them
_OUTSIDE = ("O", ".")


def spans(tags: Sequence[str]) -> set[Span]:
    """Spans of one sentence; `tag[0]` is the prefix, what follows the last hyphen (or the whole tag) the type."""
    found, begin, previous, previous_type = set(), 0, "O", "O"
    for i, tag in enumerate([*tags, "O"]):
        prefix, kind = tag[:1], tag.split("-")[-1]
        if _ends(previous, prefix, previous_type != kind):
            found.add((previous_type, begin, i - 1))
        if _starts(previous, prefix, previous_type != kind):
            begin = i
        previous, previous_type = prefix, kind
    return found


def _ends(previous: str, prefix: str, is_new_type: bool) -> bool:
    if previous in _ALONE or (previous in ("B", "I") and prefix in ("B", "S", "O")):
        return True
    return previous not in _OUTSIDE and is_new_type


def _starts(previous: str, prefix: str, is_new_type: bool) -> bool:
    if prefix in ("B", "S") or (previous in ("E", "S", "O") and prefix in ("E", "I")):
        return True
    return prefix not in _OUTSIDE and is_new_type


def span_counts(prediction: Sequence[str], reference: Sequence[str]) -> Counts:
    """Counts of one sentence; they add up over sentences, which is all that a corpus F1 (or a bootstrap) needs."""
    predicted, gold = spans(prediction), spans(reference)
    return len(predicted & gold), len(predicted), len(gold)


def f1_of_counts(right: int, predicted: int, gold: int) -> float:
    """F1 in points; 0 when nothing is right (as seqeval, also when there is no span at all)."""
    return 200.0 * right / (predicted + gold) if right else 0.0


def corpus_f1(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], language: str) -> float:
    """Micro F1 over the spans of all sentences."""
    counts = [span_counts(p, r) for p, r in zip(predictions, references, strict=True)]
    return f1_of_counts(*(sum(column) for column in zip(*counts, strict=True)))


def sentence_f1(prediction: Sequence[str], reference: Sequence[str], language: str) -> float:
    """F1 of one sentence; 100 where neither side has a span, since there is nothing to get wrong."""
    counts = span_counts(prediction, reference)
    return f1_of_counts(*counts) if any(counts) else 100.0
