"""Answers of span questions: normalisation and overlap as the official scorers of SQuAD v1.1 and MLQA v1 do.

    answer_f1(squad_words)("Denver", ("Denver Broncos",), "en")  # 66.66666666666667

XTREME scores XQuAD and TyDiQA with SQuAD's English rules in every language (`third_party/evaluate_squad.py`), so
F1 is near exact match where words are not set off by spaces; MLQA has rules by language (`evaluate_mlqa.py`).
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from stilts_mlflow.errors import InputError

Words = Callable[[str, str], list[str]]
"""(text, language) -> normalised words."""
Answers = Callable[[str, Sequence[str], str], float]
"""(prediction, references, language) -> points; no reference at all means unanswerable."""

_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ENGLISH_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MLQA_ARTICLES = {
    "en": _ENGLISH_ARTICLES,
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    # The script's first branch asks for a line start after the article and never matches: it cuts the two
    # letters wherever they stand, inside words too. Kept, for figures that compare.
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}
_HAN = re.compile("([\u4e00-\u9fa5])")
_UNSPACED = {
    "ja": re.compile("([\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d])"),
    "my": re.compile("([\u1000-\u109f])"),
    "th": re.compile("([\u0e00-\u0e7f])"),
}
"""Letters of the other languages that set no spaces between words."""


def squad_words(text: str, language: str) -> list[str]:
    """Words by SQuAD v1.1's rules, the same for every language."""
    return _ENGLISH_ARTICLES.sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split()


def mlqa_words(text: str, language: str) -> list[str]:
    """Words by MLQA v1's rules; raises InputError for a language that the data set does not have."""
    if language not in _MLQA_ARTICLES:
        raise InputError(f"MLQA's metric has no rule for language {language!r}; known: {', '.join(_MLQA_ARTICLES)}")
    text = _unmarked(text)
    articles = _MLQA_ARTICLES[language]
    text = articles.sub(" ", text) if articles else text
    return (_HAN.sub(r" \1 ", text) if language == "zh" else text).split()


def aware_words(text: str, language: str) -> list[str]:
    """Words by MLQA v1's rules in its languages; in others without articles, Japanese, Burmese and Thai by letter.

    An extension of ours to every language, beside the official metrics, for figures that do not depend on spaces.
    """
    if language in _MLQA_ARTICLES:
        return mlqa_words(text, language)
    text = _unmarked(text)
    return (_UNSPACED[language].sub(r" \1 ", text) if language in _UNSPACED else text).split()


def _unmarked(text: str) -> str:
    """Lower case, without punctuation of ASCII (symbols too) and of Unicode."""
    return "".join(c for c in text.lower() if c not in string.punctuation and unicodedata.category(c)[0] != "P")


def overlap(prediction: Sequence[str], reference: Sequence[str]) -> float:
    """F1 (points) of two bags of words; 0 without a common word, also when both are empty, as the scripts have it."""
    common = (Counter(prediction) & Counter(reference)).total()
    return 200.0 * common / (len(prediction) + len(reference)) if common else 0.0


def answer_f1(words: Words) -> Answers:
    """F1 with the best of the references; unanswerable: 100 when no word is predicted (SQuAD v2.0), else 0."""

    def f1(prediction: str, references: Sequence[str], language: str) -> float:
        predicted = words(prediction, language)
        if not references:
            return 100.0 * (not predicted)
        return max(overlap(predicted, words(reference, language)) for reference in references)

    return f1


def filled(references: Sequence[str], words: Words, language: str) -> list[str]:
    """SQuAD v2.0 leaves out references of which normalisation leaves nothing; without any other, none is right."""
    return [reference for reference in references if words(reference, language)]


def v2_f1(prediction: str, references: Sequence[str], language: str) -> float:
    """`f1_raw` of SQuAD's evaluate-v2.0.py, in points."""
    return answer_f1(squad_words)(prediction, filled(references, squad_words, language), language)


def v2_exact_match(prediction: str, references: Sequence[str], language: str) -> float:
    """`exact_raw` of SQuAD's evaluate-v2.0.py, in points."""
    return answer_exact_match(squad_words)(prediction, filled(references, squad_words, language), language)


def best_threshold(gaps: Sequence[float], f1s: Sequence[float], answerable: Sequence[bool]) -> tuple[float, float]:
    """F1 (points) with the best threshold, and the threshold: above it a question gets no answer.

    `find_best_thresh` of SQuAD's evaluate-v2.0.py. `gaps`: score of no answer minus that of the best span; `f1s`:
    F1 of the span, in points; a span is never empty. The official script starts at 0, since it is given probabilities;
    scores start below the lowest of them, where no question gets an answer.
    """
    if not gaps:
        raise InputError("no examples to tune the threshold of no answer on")
    score = best = 100.0 * sum(not has for has in answerable)
    threshold = min(gaps) - 1.0
    for gap, f1, has in sorted(zip(gaps, f1s, answerable, strict=True), key=lambda each: each[0]):
        score += f1 if has else -100.0
        if score > best:
            best, threshold = score, gap
    return best / len(gaps), threshold


def answer_exact_match(words: Words) -> Answers:
    """100 when the normalised words equal those of a reference, or both say "unanswerable"; else 0."""

    def exact_match(prediction: str, references: Sequence[str], language: str) -> float:
        predicted = words(prediction, language)
        return 100.0 * any(predicted == words(reference, language) for reference in references or ("",))

    return exact_match
