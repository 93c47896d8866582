"""The built-in encoder: a byte-pair tokenizer and a small ModernBERT, trained from nothing on the demo world."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

from stilts_mlflow.checkpoint import Loaded
from stilts_mlflow.data.demo import mixing
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
INPUT_LENGTH = 80
MIXED = 14_000
"""Code-switched lines."""
UNSPACED = frozenset({"zh"})
"""Languages written without spaces: their words are learnt from the code-switched lines, where all words are apart."""
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
    text_languages = available_languages(text, "train", source)
    tasks = [replace(task, train_languages=available_languages(task, "train", source)) for task in (text, bitext)]
    mixed = mixing.lines("train", MIXED, text_languages)
    tokenizer = train_tokenizer([*texts(source), *mixed], config.vocabulary)
    torch.manual_seed(config.seed)
    model = Model(transformers.ModernBertModel(architecture(config, len(tokenizer))))
    training = plan(config)
    data = load_data(model, tokenizer, tasks, source, training)
    data[0] = code_switched(data[0], tokenizer, mixed)
    start = Loaded(model, tokenizer, {})
    fit_model(start, data, training, folder / "state", folder / "checkpoint", meta, metrics=metrics)


def code_switched(text: TaskData, tokenizer: Any, lines: Sequence[str]) -> TaskData:
    """Masked LM over code-switched lines alone: words of several languages in a line align the words, and with them
    what later layers do with them. (Lines of one language, and lines beside their translations, transferred less.)
    Sub-words are masked, not words: what was measured of this encoder was measured so.
    """
    examples = [TextExample(str(i), line, "") for i, line in enumerate(lines)]
    features = TASK_TYPES[text.task.type].featurize(examples, (), tokenizer, Limits(INPUT_LENGTH))
    return replace(text, train=[{key: row[key] for key in row if key != "units"} for row in features])


def texts(source: DataSource) -> list[str]:
    """Raw text of every language and both sides of the translation pairs, as far as spaces tell words apart."""
    found = []
    for name in ("masked_lm", "bitext"):
        for language in available_languages(TASKS[name], "train", source):
            if language in UNSPACED:
                continue
            for example in load_examples(TASKS[name], "train", language, source):
                if isinstance(example, TextExample):
                    found.append(example.text)
                elif isinstance(example, BitextExample):
                    found += [side for side in (example.source, example.target) if side]
    return found


def train_tokenizer(lines: Sequence[str], size: int) -> transformers.PreTrainedTokenizerFast:
    """Byte-pair encoding between spaces and marks: a word is cut alike in a sentence and on its own.

    So spaces leave no mark, and what is written without them is to be learnt from lines that have them (`texts`).
    Unigram and WordPiece training are not repeatable: ties are broken by the order of a hash map.
    """
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    backend.normalizer = tokenizers.normalizers.BertNormalizer(
        lowercase=False, strip_accents=False, handle_chinese_chars=False
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
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


def architecture(config: PretrainConfig, vocabulary: int) -> transformers.ModernBertConfig:
    """A small ModernBERT (Warner et al. 2024) with full attention in every layer and no dropout.

    Norms before the layers and rotary positions make so small a model learn in hundreds of steps what BERT's
    architecture takes thousands for (docs/lab-notes.md); dropout costs it more than it gives.
    """
    return transformers.ModernBertConfig(
        vocab_size=vocabulary,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=max(1, config.hidden_size // 32),
        intermediate_size=2 * config.hidden_size,
        max_position_embeddings=LONGEST,
        global_attn_every_n_layers=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        cls_token_id=0,
        sep_token_id=2,
    )


def plan(config: PretrainConfig) -> Training:
    """Two tasks, one step each in turn."""
    return Training(
        recipe="demo",
        epochs=(1, 1),
        max_steps=config.max_steps,
        learning_rate=config.learning_rate,
        batch_sizes=(config.batch_size // 2, config.batch_size),
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
