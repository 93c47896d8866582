"""Model: one shared encoder, a head per task; sentence vectors of any layer.

Heads are ours, on the encoder's hidden states, so XLM-R, BERT, mT5's encoder and others work alike
and the encoder stays a plain Hugging Face model.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stilts_mlflow.errors import InputError
from stilts_mlflow.task_types.task_type import Batch, Collation, Outputs
from stilts_mlflow.task_types.types import TASK_TYPES

log = logging.getLogger(__name__)

T5_FAMILY = frozenset({"t5", "mt5", "umt5"})
_NO_POOLER = frozenset({"bert", "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "electra"})
_ENCODER_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Model(nn.Module):
    """`heads[name]` belongs to the training task `name`; `labels[name]` is the order of its outputs.

    `thresholds[name]`: where the score of no answer beats the best span's by more than that, the head of a question
    task gives none; a head without a threshold always answers.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict()
        self.types: dict[str, str] = {}
        self.labels: dict[str, tuple[str, ...]] = {}
        self.thresholds: dict[str, float] = {}

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return int(self.encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]

    @property
    def vocabulary(self) -> int:
        """Rows of the embedding matrix."""
        return int(self.encoder.get_input_embeddings().weight.shape[0])  # type: ignore[operator]

    @property
    def longest(self) -> int:
        """Most sub-words that the encoder's positions allow."""
        config: Any = self.encoder.config
        limit = getattr(config, "max_position_embeddings", None)
        if limit is None or config.model_type in T5_FAMILY:  # relative positions
            return 1 << 20
        # RoBERTa counts positions from padding_idx + 1.
        offset = 2 if "roberta" in config.model_type or config.model_type == "camembert" else 0
        return int(limit) - offset

    def add_head(self, name: str, task_type: str, labels: Sequence[str]) -> None:
        """A new, randomly initialised head; seed torch before."""
        config: Any = self.encoder.config
        dropout = float(getattr(config, "hidden_dropout_prob", getattr(config, "dropout_rate", 0.1)))
        outputs = self.vocabulary if task_type == "masked_lm" else len(labels)
        head = TASK_TYPES[task_type].make_head(self.width, outputs, dropout)
        head.follow(config)
        self.heads[name] = head
        self.types[name] = task_type
        self.labels[name] = tuple(labels)

    def forward(self, name: str, batch: Batch) -> Outputs:
        """Outputs of the head `name` for a batch of its type."""
        inputs = {key: batch[key] for key in _ENCODER_INPUTS if key in batch}
        hidden = self.encoder(**inputs).last_hidden_state
        embeddings = self.encoder.get_input_embeddings().weight  # type: ignore[operator]
        outputs: Outputs = self.heads[name](hidden, batch, embeddings)
        return outputs

    def sentence_vectors(self, batch: Batch, pooling: str = "mean") -> Tensor:
        """Unit vectors of every layer, embeddings first: layers + 1 x sentences x width (float32)."""
        inputs = {key: batch[key] for key in _ENCODER_INPUTS if key in batch}
        layers = self.encoder(**inputs, output_hidden_states=True).hidden_states
        mask = batch["attention_mask"].unsqueeze(-1).float()
        if pooling == "cls":
            vectors = [layer[:, 0].float() for layer in layers]
        else:
            vectors = [(layer.float() * mask).sum(1) / mask.sum(1).clamp(min=1) for layer in layers]
        return nn.functional.normalize(torch.stack(vectors), dim=-1)


def load_encoder(source: Path | str) -> tuple[nn.Module, Any, dict[str, list[str]]]:
    """Encoder and tokenizer of a folder or Hub id, and which tensors were new or unused."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    try:
        config = transformers.AutoConfig.from_pretrained(source)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source)
        options = {"add_pooling_layer": False} if config.model_type in _NO_POOLER else {}
        # "Text encoding" is AutoModel, but for the T5 family it is the encoder alone.
        kind = transformers.AutoModelForTextEncoding if config.model_type in T5_FAMILY else transformers.AutoModel
        encoder, info = kind.from_pretrained(source, output_loading_info=True, dtype=torch.float32, **options)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"model {str(source)!r} could not be loaded: {first}") from error
    missing, unused = sorted(info["missing_keys"]), sorted(info["unexpected_keys"])
    log.info("encoder %s: %d tensors new %s, %d unused %s", source, len(missing), missing, len(unused), unused)
    return encoder, tokenizer, {"new": missing, "unused": unused}


def collation(tokenizer: Any, vocabulary: int, generator: torch.Generator | None = None) -> Collation:
    """What collating needs from a tokenizer."""
    return Collation(
        pad_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0,
        mask_id=mask_token(tokenizer),
        special_ids=frozenset(tokenizer.all_special_ids),
        vocabulary=min(vocabulary, len(tokenizer)),  # T5 models have rows that no token uses
        generator=generator,
    )


def mask_token(tokenizer: Any) -> int | None:
    """Id of the mask token; T5 has none, there its first sentinel (Raffel et al. 2020) serves; None without either."""
    if tokenizer.mask_token_id is not None:
        return int(tokenizer.mask_token_id)
    ids = (tokenizer.convert_tokens_to_ids(token) for token in ("<extra_id_0>", "▁<extra_id_0>"))
    return next((i for i in ids if i is not None and i != tokenizer.unk_token_id), None)
