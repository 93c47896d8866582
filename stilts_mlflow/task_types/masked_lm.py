"""Masked language modelling (Devlin et al. 2019): 15 % of the sub-words; of these 80 % masked, 10 % random.

Whole words are chosen, as in BERT's later models, where the tokenizer knows words; what becomes of each sub-word of a
chosen word is drawn for itself. A "word" of many sub-words is a sentence in a script without spaces: there, and where
features carry no `units`, single sub-words are chosen, as XLM-R was trained.
"""

from collections import Counter
from collections.abc import Callable, Sequence
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
    no_labels,
    pad,
    pad_rows,
)
from stilts_mlflow.tasks.examples import Example, TextExample

RATE = 0.15
LONGEST_WORD = 6
"""Sub-words of the longest run that counts as a word."""


def featurize(examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits) -> list[Features]:
    """One input a line of text, cut at the longest length; `units`: for each sub-word where its word begins."""
    texts = [example.text for example in examples if isinstance(example, TextExample)]
    if not texts:
        return []
    encoded = tokenizer(texts, truncation=True, max_length=limits.max_length)
    keys = [key for key in ("input_ids", "token_type_ids") if key in encoded]
    rows: list[Features] = [{key: encoded[key][i] for key in keys} for i in range(len(texts))]
    for index, row in enumerate(rows):
        row.update(example=index, length=len(row["input_ids"]))
        if encoded.is_fast:  # others cannot tell
            row["units"] = units_of(encoded.word_ids(index))
    return rows


def units_of(words: Sequence[int | None]) -> list[int]:
    """Position where the word of each position begins; its own for special tokens and for sub-words of long runs."""
    starts: list[int] = []
    for position, word in enumerate(words):
        inside = position > 0 and word is not None and word == words[position - 1]
        starts.append(starts[-1] if inside else position)
    sizes = Counter(starts)
    return [first if sizes[first] <= LONGEST_WORD else i for i, first in enumerate(starts)]


def collate(features: Sequence[Features], collation: Collation) -> Batch:
    """`labels`: the original ids at chosen positions, IGNORE elsewhere; masks come from `collation.generator`."""
    if collation.mask_id is None:
        raise ValueError("masked_lm: the tokenizer has no mask token")
    batch = pad(features, collation)
    ids = batch["input_ids"]
    open_places = (
        torch.isin(ids, torch.tensor(sorted(collation.special_ids))).logical_not() & batch["attention_mask"].bool()
    )
    draw = torch.rand(ids.shape, generator=collation.generator)
    if "units" in features[0]:
        draw = draw.gather(1, pad_rows([feature["units"] for feature in features], 0))
    chosen = (draw < RATE) & open_places
    if not bool(chosen.any()):  # a batch of very short lines would have no loss at all
        chosen = open_places & (draw == draw.masked_fill(~open_places, 2).min())
    batch["labels"] = ids.masked_fill(~chosen, IGNORE)
    how = torch.rand(ids.shape, generator=collation.generator)
    noise = ordinary_ids(ids.shape, collation)
    ids = torch.where(chosen & (how < 0.8), torch.tensor(collation.mask_id), ids)
    batch["input_ids"] = torch.where(chosen & (how >= 0.9), noise, ids)
    return batch


def ordinary_ids(shape: torch.Size, collation: Collation) -> Tensor:
    """Random ids, none of a special token."""
    specials = sorted(i for i in collation.special_ids if i < collation.vocabulary)
    ids = torch.randint(collation.vocabulary - len(specials), shape, generator=collation.generator)
    for special in specials:  # in rising order, each makes room for itself
        ids += ids >= special
    return ids


class MaskedHead(Head):
    """Transform, then the encoder's own embeddings as output layer (tied), at the chosen positions only.

    The published heads of BERT, XLM-R and ModernBERT are of this form; `labels` is the size of the vocabulary.
    """

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(labels))
        self.activation: Callable[[Tensor], Tensor] = functional.gelu
        self.scale = 1.0

    def follow(self, config: Any) -> None:
        """Activation and epsilon of the published head; T5 scales what it multiplies with tied embeddings."""
        from transformers.activations import ACT2FN

        kind = str(config.model_type)
        eps = getattr(config, "layer_norm_eps", getattr(config, "norm_eps", None))
        name = getattr(
            config, "classifier_activation", getattr(config, "hidden_act", getattr(config, "activation", ""))
        )
        if kind == "distilbert":
            eps = 1e-12
        if isinstance(eps, float):
            self.norm.eps = eps
        if isinstance(name, str) and name in ACT2FN and "roberta" not in kind and kind != "camembert":
            self.activation = ACT2FN[name]
        if kind.endswith("t5"):
            self.scale = float(self.dense.in_features) ** -0.5

    def forward(self, hidden: Tensor, batch: Batch, embeddings: Tensor) -> Outputs:
        """`logits`: chosen positions x vocabulary."""
        chosen = hidden[batch["labels"] != IGNORE]
        ready = self.norm(self.activation(self.dense(chosen))) * self.scale
        return {"logits": ready @ embeddings.T + self.bias}


def loss(outputs: Outputs, batch: Batch) -> Loss:
    """Cross-entropy over the chosen positions."""
    gold = batch["labels"][batch["labels"] != IGNORE]
    total = functional.cross_entropy(outputs["logits"].float(), gold, reduction="sum")
    return Loss(total, torch.tensor(gold.shape[0], device=gold.device))


def decode(
    examples: Sequence[Example], features: Sequence[Features], outputs: Sequence[dict[str, Any]], labels: Sequence[str]
) -> list[Prediction]:
    """Masked text is trained on, not predicted."""
    raise TypeError("masked_lm has no predictions; it is trained on in a mixture")


MASKED_LM = TaskType(
    name="masked_lm",
    featurize=featurize,
    collate=collate,
    make_head=MaskedHead,
    loss=loss,
    decode=decode,
    reference=lambda example: None,
    collect_labels=no_labels,
)
