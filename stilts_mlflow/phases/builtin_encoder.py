"""The built-in encoder: a byte-pair tokenizer and a small BERT, trained from nothing on the demo world."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

from stilts_mlflow.checkpoint import Loaded
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.mixture import TaskData
from stilts_mlflow.model import Model
from stilts_mlflow.phases.config import PretrainConfig
from stilts_mlflow.phases.fit import fit_model, load_data
from stilts_mlflow.phases.resolve import Training
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import BitextExample, TextExample
from stilts_mlflow.tasks.tables import TASKS

LONGEST = 128
PAIR_LENGTH = 80
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def build(
    config: PretrainConfig,
    source: DataSource,
    folder: Path,
    meta: Mapping[str, Any],
    metrics: Callable[[Mapping[str, float], int], None],
) -> None:
    """Train tokenizer and encoder; the checkpoint is `folder`/checkpoint."""
    text, bitext = TASKS["masked_lm"], TASKS["bitext"]
    tasks = [replace(task, train_languages=available_languages(task, "train", source)) for task in (text, bitext)]
    tokenizer = train_tokenizer(texts(source), config.vocabulary)
    torch.manual_seed(config.seed)
    model = Model(transformers.BertModel(architecture(config, len(tokenizer)), add_pooling_layer=False))
    training = plan(config)
    data = load_data(model, tokenizer, tasks, source, training)
    data[0] = with_pairs(data[0], bitexts(source), tokenizer)
    start = Loaded(model, tokenizer, {})
    fit_model(start, data, training, folder / "state", folder / "checkpoint", meta, metrics=metrics)


def with_pairs(text: TaskData, pairs: Sequence[BitextExample], tokenizer: Any) -> TaskData:
    """Masked LM also over translation pairs in one input (TLM, Conneau and Lample 2019): it aligns words too."""
    lines = [TextExample(pair.id, f"{pair.source} {pair.target}", "") for pair in pairs]
    features = TASK_TYPES[text.task.type].featurize(lines, (), tokenizer, Limits(PAIR_LENGTH))
    return replace(text, train=[*text.train, *features])


def bitexts(source: DataSource) -> list[BitextExample]:
    """Translation pairs of every language with English."""
    task = TASKS["bitext"]
    found = [load_examples(task, "train", code, source) for code in available_languages(task, "train", source)]
    return [pair for pairs in found for pair in pairs if isinstance(pair, BitextExample)]


def texts(source: DataSource) -> list[str]:
    """Raw text of every language and both sides of the translation pairs."""
    found = []
    for name in ("masked_lm", "bitext"):
        for language in available_languages(TASKS[name], "train", source):
            for example in load_examples(TASKS[name], "train", language, source):
                if isinstance(example, TextExample):
                    found.append(example.text)
                elif isinstance(example, BitextExample):
                    found += [side for side in (example.source, example.target) if side]
    return found


def train_tokenizer(lines: Sequence[str], size: int) -> transformers.PreTrainedTokenizerFast:
    """Byte-pair encoding within words, Han characters alone: a word is cut alike in a sentence and on its own.

    Unigram and WordPiece training are not repeatable: ties are broken by the order of a hash map.
    """
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    backend.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.BertPreTokenizer(), tokenizers.pre_tokenizers.Metaspace(split=False)]
    )
    backend.decoder = tokenizers.decoders.Metaspace()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=size, special_tokens=list(SPECIALS), show_progress=False)
    backend.train_from_iterator(sorted(set(lines)), trainer)
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        model_max_length=LONGEST,
    )


def architecture(config: PretrainConfig, vocabulary: int) -> transformers.BertConfig:
    """A small BERT; little dropout, since so small a model underfits rather than overfits."""
    return transformers.BertConfig(
        vocab_size=vocabulary,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=max(1, config.hidden_size // 32),
        intermediate_size=4 * config.hidden_size,
        max_position_embeddings=LONGEST,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        type_vocab_size=1,
        pad_token_id=1,
    )


def plan(config: PretrainConfig) -> Training:
    """Two tasks, one step each in turn."""
    return Training(
        recipe="demo",
        epochs=(1, 1),
        max_steps=config.max_steps,
        learning_rate=config.learning_rate,
        batch_sizes=(config.batch_size, config.batch_size),
        max_lengths=(48, 48),
        warmup=0.1,
        weight_decay=0.01,
        doc_stride=32,
        eval_every=0,
        eval_examples=0,
        patience=0,
        accumulation=1,
        save_every=config.save_every,
        precision="auto",
        lora_rank=0,
        lora_alpha=16,
        seed=config.seed,
    )
