"""Tagging: the first sub-word of a word carries its tag; long sentences are split and joined again.

Protocol: XTREME's `third_party/utils_tag.py` and `utils_preprocess.py`: words are cut into sub-words one
by one, a word that yields none becomes the unknown token, sentences over the length are split between
words. (The code behind Phang et al. 2020 truncates instead.)
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from stilts_mlflow.task_types.task_type import (
    IGNORE,
    Batch,
    Collation,
    Features,
    Head,
    Limits,
    Loss,
    Outputs,
    Prediction,
    TaskType,
    pad,
    pad_rows,
)
from stilts_mlflow.tasks.examples import Example, TaggingExample

log = logging.getLogger(__name__)


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """One or more inputs a sentence; `starts`: position of each word's first sub-word; `tags`: its label.

    Tags outside `labels` (CCG categories that training does not have) can only be predicted wrong.
    """
    sentences = [example for example in examples if isinstance(example, TaggingExample)]
    prefix, suffix = specials(tokenizer)
    pieces = word_pieces({word for sentence in sentences for word in sentence.words}, tokenizer)
    index = {label: i for i, label in enumerate(labels)}
    room = limits.max_length - len(prefix) - len(suffix)
    rows = []
    for number, sentence in enumerate(sentences):
        for first, last in parts([len(pieces[word]) for word in sentence.words], room):
            ids, starts = list(prefix), []
            for word in sentence.words[first:last]:
                starts.append(len(ids))
                ids.extend(pieces[word][:room])
            tags = sentence.tags[first:last] if sentence.tags is not None else ()
            row: Features = {"input_ids": [*ids, *suffix], "example": number, "starts": starts}
            row["tags"] = [index.get(tag, IGNORE) for tag in tags] or [IGNORE] * len(starts)
            row["length"] = len(row["input_ids"])
            rows.append(row)
    return rows


def warn_of_unseen(sentences: Sequence[Example], labels: Sequence[str]) -> int:
    """Number of words that carry a tag for which the head has no output; told in a warning."""
    known = set(labels)
    tagged = [example for example in sentences if isinstance(example, TaggingExample)]
    unseen = Counter(tag for sentence in tagged for tag in sentence.tags or () if tag not in known)
    if unseen:
        words = sum(len(sentence.words) for sentence in tagged)
        shown = ", ".join(sorted(unseen)[:3])
        log.warning(
            "%d of %d words have one of %d tags that the training data do not have (%s ...): counted as wrong",
            unseen.total(),
            words,
            len(unseen),
            shown,
        )
    return unseen.total()


def specials(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Ids that the tokenizer puts before and after a single text."""
    ids = list(tokenizer("")["input_ids"])
    return (ids[:1], ids[1:]) if len(ids) > 1 else ([], ids)


def word_pieces(words: set[str], tokenizer: Any) -> dict[str, list[int]]:
    """Sub-words of each word cut alone; the unknown token where there is none."""
    listed = sorted(words)
    if not listed:
        return {}
    encoded = tokenizer(listed, add_special_tokens=False)["input_ids"]
    return {word: list(ids) or [tokenizer.unk_token_id] for word, ids in zip(listed, encoded, strict=True)}


def parts(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Word ranges whose sub-words fit into `room`; a single word that does not fit is cut to it."""
    first, used = 0, 0
    for position, size in enumerate(sizes):
        size = min(size, room)
        if used + size > room:
            yield first, position
            first, used = position, 0
        used += size
    if first < len(sizes):
        yield first, len(sizes)


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`labels`: sequences x length, IGNORE but at first sub-words; `starts`: their positions, padded with 0."""
    batch = pad(features, collation)
    batch["labels"] = torch.full_like(batch["input_ids"], IGNORE)
    for row, feature in enumerate(features):
        batch["labels"][row, feature["starts"]] = torch.tensor(feature["tags"])
    batch["starts"] = pad_rows([feature["starts"] for feature in features], 0)
    return batch


class TaggingHead(Head):
    """One linear layer a token."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, labels)

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: sequences x words x labels, padded behind the last word of a sequence."""
        positions = batch["starts"].unsqueeze(-1).expand(-1, -1, hidden.shape[-1])
        return {"logits": self.out(self.dropout(hidden.gather(1, positions)))}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Cross-entropy over the labelled words."""
    tags = batch["labels"].gather(1, batch["starts"])
    # Padding repeats position 0, the sentence token, which never carries a label - unless the tokenizer has no
    # prefix (T5): there a repeated 0 after the first word is padding as well.
    repeated = batch["starts"][:, 1:] == 0
    tags[:, 1:] = tags[:, 1:].masked_fill(repeated, IGNORE)
    logits = outputs["logits"].float()
    total = functional.cross_entropy(logits.flatten(0, 1), tags.flatten(), ignore_index=IGNORE, reduction="sum")
    return Loss(total, (tags != IGNORE).sum())


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """A tag for every word of every sentence; confidence is the mean over words. `details`: `confidences`, by word."""
    tags: list[list[str]] = [[] for _ in examples]
    sure: list[list[float]] = [[] for _ in examples]
    sizes = [len(feature["starts"]) for feature in features]
    logits = [output["logits"][:size] for output, size in zip(outputs, sizes, strict=True)]
    if logits:  # all words at once: one call a sentence would take longer than the model
        probabilities, best = torch.softmax(torch.cat(logits).double(), -1).max(-1)
        every, which, first = probabilities.tolist(), best.tolist(), 0
        for feature, size in zip(features, sizes, strict=True):
            tags[feature["example"]].extend(labels[i] for i in which[first : first + size])
            sure[feature["example"]].extend(every[first : first + size])
            first += size
    return [
        Prediction(tuple(t), sum(s) / max(1, len(s)), {"confidences": [round(p, 4) for p in s]})
        for t, s in zip(tags, sure, strict=True)
    ]


def collect_labels(examples: Sequence[Example]) -> tuple[str, ...]:
    """Tags that occur, sorted."""
    return tuple(sorted({tag for e in examples if isinstance(e, TaggingExample) for tag in e.tags or ()}))


TAGGING = TaskType(
    name="tagging",
    featurize=featurize,
    collate=collate,
    make_head=TaggingHead,
    loss=loss,
    decode=decode,
    reference=lambda example: example.tags,
    collect_labels=collect_labels,
)
