"""Scores: one tidy record a number, and the averages that XTREME makes of them.

    scores = [Score("run", "xnli", "en", "test", "accuracy", 88.0, 5010), ...]
    transfer_gap(scores, "xnli", "accuracy")  # English minus the mean of the other languages

Averages are over languages, unweighted, English included (google-research/xtreme `evaluate.py`) unless a name says
otherwise. Means by family, script or resource class belong here too, once a table of languages gives the groups.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import METRICS

PIVOT = "en"
"""The language of all training data: every other one is zero-shot."""

_QUESTION_PAIRS = (("exact_match", "f1"), ("mlqa_exact_match", "mlqa_f1"), ("v2_exact_match", "v2_f1"))
# XTREME: F1 where there is one. The last is for pairs without a dev set to tune on.
_MAJOR = (
    *("pos_f1", "span_f1", "f1", "accuracy_and_f1", "accuracy", "token_accuracy"),
    *("mining_f1", "map_at_20", "oracle_mining_f1"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """`value` of `metric` (points, 0-100) on the `n` examples of a task's split in one language, by run `run_id`.

    Raises ValueError for NaN and infinite values: they are never logged.
    """

    run_id: str
    task: str
    language: str
    split: str
    metric: str
    value: float
    n: int

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.task}/{self.language}/{self.split}/{self.metric}: value is {self.value}")


def metric_key(score: Score) -> str:
    """`zero_shot/<task>/<metric>/<language>`: MLflow groups charts at the last slash."""
    return f"zero_shot/{score.task}/{score.metric}/{score.language}"


def to_rows(scores: Iterable[Score]) -> list[dict[str, Any]]:
    """One dict a score; raises ValueError when a score comes twice."""
    return [asdict(score) for score in check_unique(scores)]


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Score]:
    """Inverse of `to_rows`; raises InputError on a missing or surplus column, ValueError on duplicates."""
    names = [field.name for field in fields(Score)]
    scores = []
    for row in rows:
        if set(row) != set(names):
            raise InputError(f"score with columns {', '.join(sorted(row))}; expected {', '.join(names)}")
        scores.append(Score(**{**row, "value": float(row["value"]), "n": int(row["n"])}))
    return check_unique(scores)


def write_jsonl(path: Path, scores: Iterable[Score]) -> None:
    """One JSON object a line, UTF-8."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in to_rows(scores)]
    path.write_text("".join(lines), encoding="utf-8")


def read_jsonl(path: Path) -> list[Score]:
    """Scores of a file of `write_jsonl`; raises InputError with the file's name where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: U+2028 may stand inside a string
        return from_rows(json.loads(line) for line in lines if line.strip())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error


def check_unique(scores: Iterable[Score]) -> list[Score]:
    """The scores as a list; raises ValueError when run, task, language, split and metric occur twice."""
    seen: dict[tuple[str, ...], Score] = {}
    for score in scores:
        key = (score.run_id, score.task, score.language, score.split, score.metric)
        if key in seen:
            raise ValueError(f"score {'/'.join(key)} comes twice: {seen[key].value} and {score.value}")
        seen[key] = score
    return list(seen.values())


def in_order(languages: Iterable[str]) -> list[str]:
    """English first, the others by code; each once."""
    return sorted(set(languages), key=lambda language: (language != PIVOT, language))


def by_language(scores: Iterable[Score], task: str, metric: str) -> dict[str, float]:
    """Value of `metric` in each language of `task`, in order; ValueError when one has two (runs or splits mixed)."""
    values: dict[str, float] = {}
    for score in scores:
        if (score.task, score.metric) == (task, metric):
            if score.language in values:
                raise ValueError(f"{task}/{score.language}: two values of {metric}; keep one run and one split")
            values[score.language] = score.value
    return {language: values[language] for language in in_order(values)}


def mean_over_languages(scores: Iterable[Score], task: str, metric: str) -> float:
    """XTREME's average: English included; InputError when there is no score."""
    return _mean(_some(by_language(scores, task, metric), f"{task}: no scores of {metric}"))


def zero_shot_mean(scores: Iterable[Score], task: str, metric: str) -> float:
    """Mean without English; InputError when no other language was scored."""
    values = by_language(scores, task, metric)
    return _mean(_some({k: value for k, value in values.items() if k != PIVOT}, f"{task}: no {metric} but in English"))


def transfer_gap(scores: Iterable[Score], task: str, metric: str) -> float:
    """Cross-lingual transfer gap: English minus the mean of the others; InputError when either is missing."""
    scores = list(scores)
    english = _some(
        by_language([s for s in scores if s.language == PIVOT], task, metric), f"{task}: no {metric} in English"
    )
    return english[PIVOT] - zero_shot_mean(scores, task, metric)


def worst_language(scores: Iterable[Score], task: str, metric: str) -> tuple[str, float]:
    """Language with the worst value, and the value; the first in order of a tie; InputError when there is none."""
    values = _some(by_language(scores, task, metric), f"{task}: no scores of {metric}")
    is_lower_better = metric in METRICS and not METRICS[metric].higher_is_better
    worst = (max if is_lower_better else min)(values, key=values.__getitem__)
    return worst, values[worst]


def language_scores(scores: Iterable[Score], task: str) -> dict[str, float]:
    """One figure a language: the mean of exact match and F1 for question answering, else the major metric."""
    scores = list(scores)
    values = [by_language(scores, task, metric) for metric in headline_metrics(scores, task)]
    shared = in_order(set(values[0]).intersection(*values))
    return {language: math.fsum(value[language] for value in values) / len(values) for language in shared}


def task_score(scores: Iterable[Score], task: str) -> float:
    """XTREME's task score: (average EM + average F1) / 2 for question answering, else the average major metric."""
    return _mean(_some(language_scores(scores, task), f"{task}: no language has all of its metrics"))


def headline_metrics(scores: Iterable[Score], task: str) -> tuple[str, ...]:
    """The metrics that `task_score` averages, whatever the order of the scores; InputError when there is none."""
    present = list(dict.fromkeys(score.metric for score in scores if score.task == task))
    if not present:
        raise InputError(f"{task}: no scores")
    for pair in _QUESTION_PAIRS:
        if set(pair) <= set(present):
            return pair
    return (next((name for name in _MAJOR if name in present), min(present)),)


def _some(values: dict[str, float], complaint: str) -> dict[str, float]:
    if not values:
        raise InputError(complaint)
    return values


def _mean(values: Mapping[str, float]) -> float:
    return math.fsum(values.values()) / len(values)
