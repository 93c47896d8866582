"""When a question has no answer in its context: the threshold of SQuAD v2.0.

    threshold = best_threshold(gaps, answers, references)   # on English dev
    decide("Paris", gap, threshold)                         # "Paris" or ""

A gap is the score of no answer minus that of the best span (Devlin et al. 2019, section 4.3).
"""

from collections.abc import Sequence

from stilts_mlflow.answers import answer_f1, squad_words

THRESHOLD = "no_answer_threshold"
"""Name of the value among the dev metrics and in `meta.json`."""


def best_threshold(gaps: Sequence[float], answers: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Gap above which no answer is given: the one with the highest F1 on these questions.

    `find_best_thresh` of SQuAD v2.0's evaluate-v2.0.py. Its `best_f1` is optimistic on the questions that the
    threshold was found on; here those are English dev, and other splits are scored with it as it is. Below every gap:
    never answer.
    """
    f1 = answer_f1(squad_words)
    score = best = float(sum(not gold for gold in references))  # nothing answered
    threshold = min(gaps, default=0.0) - 1
    for i in sorted(range(len(gaps)), key=lambda i: gaps[i]):
        score += f1(answers[i], references[i], "en") / 100 if references[i] else -bool(answers[i])
        if score > best:
            best, threshold = score, gaps[i]
    return threshold


def decide(answer: str, gap: float, threshold: float) -> str:
    """The answer, or nothing where no answer is better by more than the threshold."""
    return "" if gap > threshold else answer
