"""Span question answering: windows over long contexts, start and end scores, n-best decoding.

Protocol: Devlin et al. 2019, section 4.2-4.3, as in the SQuAD scripts of XTREME: windows overlap by
`doc_stride`; a window without the answer points at position 0; the answer is the best-scoring span of
at most 30 sub-words in any window; the score of no answer is that of position 0 in the window where it
is lowest. For a training task whose questions may lack an answer (`may_lack_answer`: SQuAD v2.0), no answer is
predicted where its score beats the best span's by more than a threshold, tuned on English dev as SQuAD's
evaluate-v2.0.py does; all others always answer. Answers are cut out of the original context by character
offsets, never detokenised.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from stilts_mlflow.answers import best_threshold, v2_f1
from stilts_mlflow.task_types.task_type import (
    Batch,
    Collation,
    Features,
    Head,
    Limits,
    Loss,
    Outputs,
    Prediction,
    TaskType,
    no_labels,
    pad,
    pad_rows,
)
from stilts_mlflow.tasks.examples import Example, QuestionExample

MAX_QUESTION = 64
MAX_ANSWER = 30
N_BEST = 20
KEPT = 5
"""Answers in a prediction's details."""
Scored = tuple[float, str]
"""Score and text of an answer."""


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """One input a window; `offsets`: characters of each context sub-word, None elsewhere; `start`, `end`: positions."""
    asked = [example for example in examples if isinstance(example, QuestionExample)]
    if not asked:
        return []
    encoded = tokenizer(
        [_shortened(example.question, tokenizer, limits.max_length) for example in asked],
        [example.context for example in asked],
        truncation="only_second",
        max_length=limits.max_length,
        stride=min(limits.doc_stride, limits.max_length // 4),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    rows = []
    for window, number in enumerate(encoded["overflow_to_sample_mapping"]):
        parts = encoded.sequence_ids(window)
        offsets = [
            list(span) if part == 1 else None
            for span, part in zip(encoded["offset_mapping"][window], parts, strict=True)
        ]
        row: Features = {"input_ids": encoded["input_ids"][window], "offsets": offsets, "example": number}
        if "token_type_ids" in encoded:
            row["token_type_ids"] = encoded["token_type_ids"][window]
        row["start"], row["end"] = gold_positions(asked[number], offsets)
        row["length"] = len(row["input_ids"])
        rows.append(row)
    return rows


def _shortened(question: str, tokenizer: Any, max_length: int) -> str:
    """The question, cut to MAX_QUESTION sub-words and to half of the input, so that the context has room for a stride.

    A question with no more characters than that has no more sub-words.
    """
    most = min(MAX_QUESTION, max_length // 2 - 2)
    if len(question) <= most:
        return question
    cut = tokenizer(question, add_special_tokens=False, truncation=True, max_length=most)
    span = cut.token_to_chars(len(cut["input_ids"]) - 1)
    return question if span is None else question[: span.end]


def gold_positions(example: QuestionExample, offsets: Sequence[Sequence[int] | None]) -> tuple[int, int]:
    """First and last sub-word of the first gold answer, or (0, 0) when this window does not hold all of it."""
    if not example.answers:
        return 0, 0
    first = example.answer_starts[0]
    last = first + len(example.answers[0])
    # Some tokenizers give a sub-word the space before it, so overlap is the test, not equality.
    inside = [i for i, span in enumerate(offsets) if span and span[0] < last and span[1] > first]
    if not inside or offsets[inside[0]][0] > first or offsets[inside[-1]][1] < last:  # type: ignore[index]
        return 0, 0
    return inside[0], inside[-1]


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`labels`: windows x 2 (start, end); `allowed`: windows x length, 1 where an answer may begin or end."""
    batch = pad(features, collation)
    batch["labels"] = torch.tensor([[feature["start"], feature["end"]] for feature in features])
    # Position 0 stays open: it says "not in this window".
    batch["allowed"] = pad_rows([[1] + [int(o is not None) for o in f["offsets"][1:]] for f in features], 0)
    return batch


class QuestionHead(Head):
    """One linear layer a sub-word: a start and an end score."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, 2)

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: windows x length x 2; the question and padding are shut out."""
        scores = self.out(self.dropout(hidden)).float()
        return {"logits": scores.masked_fill(batch["allowed"].unsqueeze(-1) == 0, -1e4)}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Mean of the start and the end cross-entropy, over windows."""
    both = functional.cross_entropy(
        outputs["logits"].transpose(1, 2).flatten(0, 1), batch["labels"].flatten(), reduction="sum"
    )
    return Loss(both / 2, torch.tensor(batch["labels"].shape[0], device=batch["labels"].device))


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Best span over all windows of an example.

    `details`: `null_gap` = score of no answer minus best span; `n_best`: the KEPT best answers that differ, each with
    its score (sum of its start and end score), best first.
    """
    best: dict[int, list[Scored]] = {}
    null: dict[int, float] = {}
    for feature, output in zip(features, outputs, strict=True):
        number = feature["example"]
        example = examples[number]
        assert isinstance(example, QuestionExample)
        null[number] = min(null.get(number, float("inf")), float(output["logits"][0].sum()))
        best.setdefault(number, []).extend(best_spans(output["logits"], feature["offsets"], example.context))
    predictions = []
    for number in range(len(examples)):
        # Sorting is stable: of equal scores the first window's stays first.
        answers = distinct(sorted(best[number], key=lambda scored: -scored[0]))
        score, text = answers[0] if answers else (float("-inf"), "")
        gap = null[number] - score
        # Logistic of the gap: an order over answers for reports, not a calibrated probability.
        confidence = 1 / (1 + math.exp(max(-50.0, min(50.0, gap))))
        n_best = [[answer, round(value, 4)] for value, answer in answers]
        predictions.append(Prediction(text, confidence, {"null_gap": round(gap, 6), "n_best": n_best}))
    return predictions


def distinct(answers: Sequence[Scored]) -> list[Scored]:
    """The first KEPT answers of which none is a repetition."""
    found: dict[str, float] = {}
    for score, text in answers:
        found.setdefault(text, score)
        if len(found) == KEPT:
            break
    return [(score, text) for text, score in found.items()]


def with_no_answers(predictions: Sequence[Prediction], threshold: float) -> list[Prediction]:
    """The predictions with "" for a span that no answer beats by more than `threshold`; `span`: what it would be."""
    found = []
    for one in predictions:
        details = {**one.details, "span": one.value}
        if one.details["null_gap"] > threshold:
            found.append(Prediction("", 1 - one.confidence, details))
        else:
            found.append(Prediction(one.value, one.confidence, details))
    return found


def tuned_threshold(examples: Sequence[Example], predictions: Sequence[Prediction]) -> float:
    """Threshold of no answer with the best F1 on these labelled examples (`answers.best_threshold`)."""
    asked = [example for example in examples if isinstance(example, QuestionExample)]
    gaps = [one.details["null_gap"] for one in predictions]
    f1s = [v2_f1(one.value, example.answers or (), "en") for example, one in zip(asked, predictions, strict=True)]
    return best_threshold(gaps, f1s, [bool(example.answers) for example in asked])[1]


def best_spans(logits: Tensor, offsets: Sequence[tuple[int, int] | None], context: str) -> list[Scored]:
    """The best legal spans among the N_BEST starts and ends, best first, with their texts; none where none is legal."""
    scores = logits[: len(offsets)].double().numpy()  # small arrays: NumPy calls cost a fraction of torch's
    inside = np.array([i for i, span in enumerate(offsets) if span is not None], dtype=np.int64)
    starts = inside[np.argsort(-scores[inside, 0], kind="stable")[:N_BEST]]
    ends = inside[np.argsort(-scores[inside, 1], kind="stable")[:N_BEST]]
    distance = ends[None, :] - starts[:, None]
    pairs = np.where((distance >= 0) & (distance < MAX_ANSWER), scores[starts, 0][:, None] + scores[ends, 1], -np.inf)
    found: list[Scored] = []
    for place in np.argsort(-pairs, axis=None, kind="stable")[: 2 * KEPT]:
        value = float(pairs.flat[place])
        if value == float("-inf"):
            break
        first, last = offsets[starts[place // len(ends)]], offsets[ends[place % len(ends)]]
        assert first is not None
        assert last is not None
        found.append((value, context[first[0] : last[1]].strip()))
    return found


QUESTION_ANSWERING = TaskType(
    name="question_answering",
    version=2,
    featurize=featurize,
    collate=collate,
    make_head=QuestionHead,
    loss=loss,
    decode=decode,
    reference=lambda example: example.answers,
    collect_labels=no_labels,
)
