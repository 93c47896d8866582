"""Tiny translation models of real classes whose greedy output is their input, so that what comes out is known.

The weights are set, not trained: cross-attention looks from position i of the output to position i of the input, by the
sinusoids of the position embeddings, and hands on the word embedding that it finds there. Words live in dimensions
where the sinusoids hardly change, positions in the others.
"""

import json
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers

LINES = (
    "The old baker sells warm bread near the river.",
    "A young doctor reads nine letters in the quiet garden.",
    "Who paints the green boat on Monday morning?",
    "Anna Silva bought a red car in Rome in 1990, and Ivan King sold it to Eva.",
    "What did Carlos buy? Where was Mark Rossi born? Whom did Sara see on Thursday?",
    "Viktor has washed the dog; he lives in Paris and works for [Omega].",
    "Maria did not travel to Berlin on Sunday. She is a teacher of 38.",
)
WIDTH, POSITIONS = 512, 160
_WORDS = slice(WIDTH // 2 - 64, WIDTH // 2)
"""Dimensions of the sines of the lowest frequencies."""


def sentence_pieces(folder: Path, size: int = 150) -> Path:
    """A unigram model over LINES; single letters are in it, so that it can write what it has not seen."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = "".join(chr(i) for i in range(33, 127))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 5),
        model_prefix=str(folder / "source"),
        vocab_size=size,
        required_chars=letters,
        character_coverage=1.0,
        minloglevel=2,
    )
    return folder / "source.model"


def pieces_of(path: Path) -> list[str]:
    """The words of a sentencepiece model, without its special ones."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [model.IdToPiece(i) for i in range(3, len(model))]


def make_marian(folder: Path, *, words: tuple[str, ...] = (), target: str | None = None) -> Path:
    """A Marian model: of one pair of languages, or with `words` such as `>>deu<<` of several (which it copies too)."""
    path = sentence_pieces(folder / "spm")
    names = ["</s>", "<unk>", *words, *pieces_of(path), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    tokenizer = transformers.MarianTokenizer(
        source_spm=str(path),
        target_spm=str(path),
        vocab=str(folder / "vocab.json"),
        source_lang="en",
        target_lang=target,
    )
    pad = len(names) - 1
    config = transformers.MarianConfig(
        **_sizes(len(names)), pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=None
    )
    return save(folder, transformers.MarianMTModel(config), tokenizer)


def make_m2m100(folder: Path) -> Path:
    """An M2M-100 model with its hundred languages."""
    path = sentence_pieces(folder / "spm")
    names = ["<s>", "<pad>", "</s>", "<unk>", *pieces_of(path)]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    tokenizer = transformers.M2M100Tokenizer(str(folder / "vocab.json"), str(path))
    config = transformers.M2M100Config(**_sizes(len(names) + 108), **_M2M)
    return save(folder, transformers.M2M100ForConditionalGeneration(config), tokenizer)


def make_nllb(folder: Path) -> Path:
    """An NLLB model: the classes of M2M-100 with another tokenizer."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    letters = [chr(i) for i in range(33, 127)]
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=special, initial_alphabet=letters, show_progress=False)
    trained.train_from_iterator(LINES, trainer)
    made = json.loads(trained.to_str())["model"]
    tokenizer = transformers.NllbTokenizer(vocab=made["vocab"], merges=[tuple(pair) for pair in made["merges"]])
    config = transformers.M2M100Config(**_sizes(len(tokenizer)), **_M2M)
    return save(folder, transformers.M2M100ForConditionalGeneration(config), tokenizer)


def _sizes(vocabulary: int) -> dict[str, Any]:
    layers = {f"{side}_{name}": 1 for side in ("encoder", "decoder") for name in ("layers", "attention_heads")}
    return layers | {
        "vocab_size": vocabulary,
        "d_model": WIDTH,
        "encoder_ffn_dim": 8,
        "decoder_ffn_dim": 8,
        "max_position_embeddings": POSITIONS,
        "scale_embedding": False,
        "dropout": 0.0,
    }


_M2M = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}


def save(folder: Path, model: Any, tokenizer: Any) -> Path:
    """Set the weights and write both."""
    set_weights(model)
    model.generation_config.update(max_length=POSITIONS)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@torch.no_grad()
def set_weights(model: Any) -> None:
    """Make a copier."""
    for layer in (*model.model.encoder.layers, *model.model.decoder.layers):
        for part in (layer.self_attn.out_proj, layer.fc2):
            part.weight.zero_()
            part.bias.zero_()
    words = torch.randn(model.config.vocab_size, _WORDS.stop - _WORDS.start, generator=torch.Generator().manual_seed(0))
    words = torch.nn.functional.normalize(words - words.mean(1, keepdim=True))
    shared = model.get_input_embeddings().weight
    shared.zero_()
    shared[:, _WORDS] = words
    shared[model.config.pad_token_id] = 0
    attention = model.model.decoder.layers[0].encoder_attn
    for part in (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj):
        part.weight.zero_()
        part.bias.zero_()
    places = torch.cat([torch.arange(_WORDS.start), WIDTH // 2 + torch.arange(_WORDS.start)])
    attention.k_proj.weight[places, places] = 1.0
    attention.q_proj.weight[places, places] = 200.0
    inside = torch.arange(_WORDS.start, _WORDS.stop)
    attention.v_proj.weight[inside, inside] = 1.0
    attention.out_proj.weight[inside, inside] = 1000.0
