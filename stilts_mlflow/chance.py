"""Chance levels: what a metric gives to an answer that never looked at the text, in points.

    chance("accuracy", ["entailment", "neutral", "neutral"])  # 66.66666666666667, always "neutral"
    chance("accuracy", [0, 3, 1], choices=4)                  # 25.0, any choice
    chance("f1", [("Paris",)], contexts=["Paris is big"])     # mean F1 of all spans of the context

A demo run, or a language that a model does not know, is compared with these before anything is read into it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from stilts_mlflow.answers import Words, aware_words, mlqa_words, squad_words
from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import METRICS, compute

_QUESTION_METRICS: dict[str, tuple[Words, bool]] = {
    "f1": (squad_words, False),
    "exact_match": (squad_words, True),
    "mlqa_f1": (mlqa_words, False),
    "mlqa_exact_match": (mlqa_words, True),
    "aware_f1": (aware_words, False),
    "aware_exact_match": (aware_words, True),
    "v2_f1": (squad_words, False),
    "v2_exact_match": (squad_words, True),
    "has_answer_f1": (squad_words, False),
    "has_answer_exact_match": (squad_words, True),
    "no_answer_f1": (squad_words, False),
}
_LABEL_METRICS = ("accuracy", "duplicate_f1", "accuracy_and_f1")
_TAG_METRICS = ("token_accuracy", "pos_f1", "span_f1")


def chance(
    metric: str,
    references: Sequence[Any],
    *,
    language: str = "en",
    choices: int = 0,
    contexts: Sequence[str] = (),
    max_words: int = 30,
) -> float:
    """Chance level of `metric` on these references, in points.

    Labels: the most frequent one (`choices` > 0: 100 / choices). Tags: every word gets the most frequent tag;
    for span_f1 that is O, so 0. Questions: expectation over the spans of 1 to `max_words` normalised words of the
    context, all equally likely (an unanswerable question gives 0, since a span is never empty).
    Raises InputError where `compute` does, without contexts for questions, and for metrics without a chance level.
    """
    if metric in _LABEL_METRICS:
        label = _most_frequent(references)
        guesses = [label] * len(references)
        return 100.0 / choices if choices else compute((metric,), guesses, references, language)[metric]
    if metric in _TAG_METRICS:
        tag = _most_frequent([tag for tags in references for tag in tags or ()])
        return compute((metric,), [[tag] * len(tags or ()) for tags in references], references, language)[metric]
    if metric in _QUESTION_METRICS:
        return _random_span(metric, references, language, contexts, max_words)
    raise InputError(f"{metric}: no chance level; there is one for accuracy, tags and questions")


def _most_frequent(labels: Sequence[Any]) -> Any:
    if not labels:
        raise InputError("no examples to score")
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], str(label)))


def _random_span(
    metric: str, references: Sequence[Any], language: str, contexts: Sequence[str], max_words: int
) -> float:
    if len(contexts) != len(references):
        raise InputError(f"{metric}: {len(contexts)} contexts, {len(references)} labels")
    compute((metric,), [""] * len(references), references, language)  # the same complaints about the references
    pairs = [(c, r) for c, r in zip(contexts, references, strict=True) if METRICS[metric].counts(r)]
    words, is_exact = _QUESTION_METRICS[metric]
    values = [
        _expected(words(context, language), [words(answer, language) for answer in answers], max_words, is_exact)
        for context, answers in pairs
    ]
    return math.fsum(values) / len(values) if values else 0.0


def _expected(context: list[str], answers: list[list[str]], max_words: int, is_exact: bool) -> float:
    """Mean over the spans of the best value among the answers; one pass over the lengths for every first word."""
    values = []
    for first in range(len(context)):
        span = context[first : first + max_words]
        columns = [_exact_from(span, answer) if is_exact else _f1_from(span, answer) for answer in answers]
        values += [max(column) for column in zip(*columns, strict=True)] if columns else [0.0] * len(span)
    return math.fsum(values) / len(values) if values else 0.0


def _f1_from(words: list[str], answer: list[str]) -> list[float]:
    """F1 of `words[:1]`, `words[:2]`, ... with the answer."""
    left, common, values = Counter(answer), 0, []
    for length, word in enumerate(words, start=1):
        if left[word] > 0:
            left[word] -= 1
            common += 1
        values.append(200.0 * common / (length + len(answer)))
    return values


def _exact_from(words: list[str], answer: list[str]) -> list[float]:
    """100 for the prefix of `words` that is the answer, 0 for the others."""
    return [100.0 * (length == len(answer) and words[:length] == answer) for length in range(1, len(words) + 1)]
