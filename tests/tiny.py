"""A tiny tokenizer and model made on the spot: real classes, random weights, no files."""

from functools import cache
from typing import Any

import torch
import transformers

from stilts_mlflow.model import Model
from stilts_mlflow.phases.builtin_encoder import train_tokenizer

LINES = (
    "the old baker sells warm bread near the river",
    "a young doctor reads nine letters in the quiet garden",
    "who paints the green boat on monday morning",
    "Der alte Bäcker verkauft warmes Brot am Fluss",
    "старый пекарь продаёт тёплый хлеб у реки",
    "老面包师在河边卖热面包",
    "الخباز العجوز يبيع الخبز قرب النهر",
)


@cache
def tokenizer() -> Any:
    """A unigram tokenizer over a few lines of ours."""
    return train_tokenizer(LINES * 3, 200)


def model(dropout: float = 0.0, seed: int = 0, width: int = 32) -> Model:
    """A two-layer BERT with random weights and no heads."""
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer()),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=64,
        type_vocab_size=1,
        pad_token_id=1,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    return Model(transformers.BertModel(config, add_pooling_layer=False))
