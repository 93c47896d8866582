"""Metrics: pure functions of (predictions, references, language), per example first, corpus second.

Every value is in points, 0-100, as the official scorers print them (perplexity is not a share: 1 and up).

    compute(("f1", "exact_match"), ["Denver Broncos"], [("the Denver Broncos",)], "en")
    # {'f1': 100.0, 'exact_match': 100.0}

Protocol: google-research/xtreme `evaluate.py` (accuracy; SQuAD v1.1, MLQA v1 and seqeval F1). The answers' rules
are in `answers.py`, the spans' in `spans.py`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stilts_mlflow.answers import (
    answer_exact_match,
    answer_f1,
    aware_words,
    mlqa_words,
    squad_words,
    v2_exact_match,
    v2_f1,
)
from stilts_mlflow.errors import InputError, unknown
from stilts_mlflow.rankings import average_precision_at_20, pair_f1, pair_precision, pair_recall
from stilts_mlflow.spans import corpus_f1, sentence_f1

PerExample = Callable[[Any, Any, str], float]
Corpus = Callable[[Sequence[Any], Sequence[Any], str], float]

LARGEST_LOSS = 700.0  # exp(709.8) is the largest float; a diverged language model must not stop a run


@dataclass(frozen=True)
class Metric:
    """A metric in points.

    `corpus` takes sequences of equal length, `per_example` one of each; `per_example` is None where a single
    example has no value of its own. `definition` is the sentence that reports print. With `needs_references`
    False the predictions say everything and references may be None. `counts` says which references are part of the
    metric; where none is, there is no value.
    """

    name: str
    corpus: Corpus
    per_example: PerExample | None
    definition: str
    higher_is_better: bool = True
    needs_references: bool = True
    counts: Callable[[Any], bool] = lambda reference: True


def mean_of(per_example: PerExample) -> Corpus:
    """Corpus value of a metric that is the mean of its examples."""

    def corpus(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
        values = [per_example(p, r, language) for p, r in zip(predictions, references, strict=True)]
        return math.fsum(values) / len(values)

    return corpus


def is_right(prediction: str | int, reference: str | int, language: str) -> float:
    """100 or 0: are two labels (strings, or 0-based choices) equal? A string never meets a number: ValueError."""
    if isinstance(prediction, str) != isinstance(reference, str):
        raise ValueError(f"a label and a number cannot be compared: predicted {prediction!r}, reference {reference!r}")
    return 100.0 * bool(prediction == reference)


def right_tags(prediction: Sequence[str], reference: Sequence[str], language: str) -> float:
    """Share of the words of one sentence that carry the right tag."""
    same = sum(p == r for p, r in zip(prediction, reference, strict=True))
    return 100.0 * same / len(reference) if reference else 100.0


def token_accuracy(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """Share of all words that carry the right tag; every word counts the same, not every sentence."""
    pairs = [pair for p, r in zip(predictions, references, strict=True) for pair in zip(p, r, strict=True)]
    same = sum(bool(predicted == tag) for predicted, tag in pairs)
    return 100.0 * same / max(1, len(pairs))


def duplicate_f1(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """F1 of the class `duplicate`, as scikit-learn's for two classes; 0 where it is neither predicted nor there."""
    pairs = list(zip(predictions, references, strict=True))
    right = sum(p == r == "duplicate" for p, r in pairs)
    return 200.0 * right / sum((p == "duplicate") + (r == "duplicate") for p, r in pairs) if right else 0.0


def accuracy_and_f1(predictions: Sequence[Any], references: Sequence[Any], language: str) -> float:
    """Mean of accuracy and the F1 of `duplicate`."""
    accuracy = mean_of(is_right)(predictions, references, language)
    return (accuracy + duplicate_f1(predictions, references, language)) / 2


def perplexity(predictions: Sequence[float], references: Sequence[Any], language: str) -> float:
    """`exp` of the mean over texts of their mean negative log-likelihood (nats), capped at exp(700)."""
    return math.exp(min(LARGEST_LOSS, math.fsum(predictions) / len(predictions)))


def text_perplexity(prediction: float, reference: Any, language: str) -> float:
    """Perplexity of one text from its mean negative log-likelihood (nats)."""
    return perplexity([prediction], [reference], language)


def _metric(name: str, definition: str, per_example: PerExample, corpus: Corpus | None = None) -> Metric:
    return Metric(name, corpus or mean_of(per_example), per_example, definition)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _metric("accuracy", "share of the examples with the right label, choice or nearest sentence", is_right),
        _metric(
            "f1",
            "word overlap of the answer with the nearest reference (SQuAD v1.1: lower case, no ASCII punctuation, "
            "no English articles, words between white space in every language); unanswerable: right when empty",
            answer_f1(squad_words),
        ),
        _metric(
            "exact_match",
            "share of the answers equal to a reference after the same normalisation as f1",
            answer_exact_match(squad_words),
        ),
        _metric(
            "v2_f1",
            "f1 by SQuAD v2.0's script: references of which nothing is left after normalisation do not count",
            v2_f1,
        ),
        _metric("v2_exact_match", "exact match by SQuAD v2.0's script", v2_exact_match),
        Metric(
            "has_answer_f1", mean_of(v2_f1), None, "v2_f1 over the questions that have an answer (HasAns)", counts=bool
        ),
        Metric(
            "has_answer_exact_match",
            mean_of(v2_exact_match),
            None,
            "v2_exact_match over the questions that have an answer (HasAns)",
            counts=bool,
        ),
        Metric(
            "no_answer_f1",
            mean_of(v2_f1),
            None,
            "share of the questions without an answer that get none (NoAns; exact match is the same)",
            counts=lambda reference: not reference,
        ),
        Metric(
            "accuracy_and_f1",
            accuracy_and_f1,
            None,
            "mean of accuracy and duplicate_f1, the major metric of QQP in jiant (AccAndF1EvaluationScheme)",
        ),
        Metric("duplicate_f1", duplicate_f1, None, "F1 of the class duplicate (GLUE)"),
        _metric(
            "mlqa_f1",
            "word overlap by MLQA's rules: Unicode punctuation, articles of the language, Chinese by character",
            answer_f1(mlqa_words),
        ),
        _metric(
            "mlqa_exact_match",
            "share of the answers equal to a reference after MLQA's normalisation",
            answer_exact_match(mlqa_words),
        ),
        _metric(
            "aware_f1",
            "mlqa_f1 in all languages: without articles where MLQA has none; Japanese, Burmese, Thai by letter (ours)",
            answer_f1(aware_words),
        ),
        _metric(
            "aware_exact_match",
            "share of the answers equal to a reference after the same normalisation as aware_f1 (ours)",
            answer_exact_match(aware_words),
        ),
        _metric(
            "pos_f1",
            "F1 of spans of equal part-of-speech tags by the rule of seqeval 0.0.12, which XTREME's UD-POS figures "
            "use; not the share of right words (that is token_accuracy)",
            sentence_f1,
            corpus_f1,
        ),
        _metric(
            "span_f1", "F1 of named entities: type and both borders must be right (conlleval)", sentence_f1, corpus_f1
        ),
        _metric("token_accuracy", "share of the words with the right tag", right_tags, token_accuracy),
        Metric(
            "perplexity",
            perplexity,
            text_perplexity,
            "exp of the mean negative log-likelihood of masked tokens; lower is better",
            higher_is_better=False,
            needs_references=False,
        ),
        _metric("accuracy_to_english", "share of the foreign sentences whose nearest English one is right", is_right),
        Metric(
            "mining_f1",
            pair_f1,
            None,
            "F1 of the mined sentence pairs (BUCC), the threshold tuned on the development set of the language pair",
        ),
        Metric("mining_precision", pair_precision, None, "share of the mined pairs that are gold"),
        Metric("mining_recall", pair_recall, None, "share of the gold pairs that were mined"),
        Metric(
            "mining_f1_best_layer",
            pair_f1,
            None,
            "mining_f1 at the layer that is best on the development set of the language pair",
        ),
        Metric(
            "oracle_mining_f1",
            pair_f1,
            None,
            "F1 of the mined pairs with the threshold tuned on the gold pairs that it is scored on: optimistic",
        ),
        _metric(
            "map_at_20",
            "mean average precision of the first 20 candidates; with one right candidate the mean reciprocal rank",
            average_precision_at_20,
        ),
    )
}


def compute(
    names: Sequence[str], predictions: Sequence[Any], references: Sequence[Any], language: str
) -> dict[str, float]:
    """Corpus value of each metric of `names`, but for those that none of the references is part of.

    Raises InputError on an unknown name, unequal lengths, no examples, or an unlabelled (None) reference.
    """
    values = {}
    for metric in _checked(names, predictions, references):
        pairs = [(p, r) for p, r in zip(predictions, references, strict=True) if metric.counts(r)]
        if pairs:
            values[metric.name] = metric.corpus([p for p, _ in pairs], [r for _, r in pairs], language)
    return values


def per_example(name: str, predictions: Sequence[Any], references: Sequence[Any], language: str) -> list[float]:
    """Value of every example, in order; raises as `compute` does."""
    (metric,) = _checked((name,), predictions, references)
    if metric.per_example is None:
        raise InputError(f"{name}: has no value for a single example")
    return [metric.per_example(p, r, language) for p, r in zip(predictions, references, strict=True)]


def _checked(names: Sequence[str], predictions: Sequence[Any], references: Sequence[Any]) -> list[Metric]:
    for name in names:
        if name not in METRICS:
            raise InputError(unknown("metric", name, METRICS))
    if len(predictions) != len(references):
        raise InputError(f"{len(predictions)} predictions, {len(references)} labels")
    if not references:
        raise InputError("no examples to score")
    metrics = [METRICS[name] for name in names]
    if any(metric.needs_references for metric in metrics):
        _check_labelled(predictions, references)
    return metrics


def _check_labelled(predictions: Sequence[Any], references: Sequence[Any]) -> None:
    unlabelled = sum(reference is None for reference in references)
    if unlabelled:
        raise InputError(f"{unlabelled} of {len(references)} examples are unlabelled; a labelled split is needed")
    for i, (prediction, reference) in enumerate(zip(predictions, references, strict=True)):
        is_tagged = isinstance(prediction, list | tuple) and isinstance(reference, list | tuple)
        if is_tagged and len(prediction) != len(reference):
            raise InputError(f"sentence {i}: {len(prediction)} predicted tags, {len(reference)} words")
