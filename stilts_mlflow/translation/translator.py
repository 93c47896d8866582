"""A Hugging Face sequence-to-sequence model that translates English: Marian, NLLB or M2M-100.

    translator = Translator("folder or Hub id", beams=4)
    translator.to("de").translate(["Who sells bread?"])

Every family is told its languages in another way; `direction` is the one place that knows.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES, language
from stilts_mlflow.translation.codes import is_named, marian_words, nllb_code

SOURCE = "en"


@dataclass(frozen=True)
class Direction:
    """How a model is told to translate from English: words in front, language of the source, first token."""

    prefix: str = ""
    source: str | None = None
    first_token: int | None = None


def direction(tokenizer: Any, kind: str, code: str) -> Direction:
    """English -> `code`; InputError when the model has no such language. `kind`: the model's `model_type`."""
    if kind == "marian":
        return marian_direction(tokenizer, code)
    if hasattr(tokenizer, "lang_code_to_id"):
        names = (SOURCE, code)
        known = dict(tokenizer.lang_code_to_id)
    else:
        names = (nllb_code(SOURCE), nllb_code(code))
        known = {name: i for name, i in tokenizer.get_vocab().items() if name in names}
    for name, own in zip(names, (SOURCE, code), strict=True):
        if name not in known:
            raise InputError(f"the model has no language {own!r} (it would be called {name!r})")
    return Direction(source=names[0], first_token=known[names[1]])


def marian_direction(tokenizer: Any, code: str) -> Direction:
    """The word that asks for a language, or none for a model of one language pair."""
    known = tokenizer.supported_language_codes
    if known:
        word = next((word for word in marian_words(code) if word in known), None)
        if word is None:
            raise InputError(f"the model has no language {code!r}; it has {' '.join(sorted(known)[:40])}")
        return Direction(prefix=f"{word} ")
    # Models for a family of languages name the family, which says nothing here.
    row, target = language(code), str(tokenizer.target_lang or "")
    if any(is_named(target, other) for other in LANGUAGES.values()) and not is_named(target, row):
        raise InputError(f"the model translates into {target!r}, not into {code!r}")
    return Direction()


class Translator:
    """A model on a device; `to` sets the language."""

    def __init__(
        self,
        place: Path | str,
        *,
        device: Any = "cpu",
        beams: int = 4,
        max_length: int = 256,
        batch_size: int = 16,
        check: Callable[[], None] = lambda: None,
        autocast: Callable[[], Any] = nullcontext,
    ) -> None:
        """`check` runs between batches and may raise to stop."""
        self.kind, self.model, self.tokenizer = load(place)
        self.model.to(device).eval()
        self.beams, self.batch_size, self.check, self.autocast = beams, batch_size, check, autocast
        longest = getattr(self.model.config, "max_position_embeddings", None) or max_length
        self.limit = min(max_length, longest)
        # Start token and language come first in the decoder.
        self.room = longest - 2
        self.direction = Direction()

    def to(self, code: str) -> "Translator":
        """Translate into this language from now on."""
        self.direction = direction(self.tokenizer, self.kind, code)
        if self.direction.source is not None:
            self.tokenizer.src_lang = self.direction.source
        return self

    def fits(self, text: str) -> bool:
        """Whether the model takes a text whole."""
        return len(self.tokenizer(self.direction.prefix + text)["input_ids"]) <= self.limit

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Translations in the order of the texts; batches hold texts of similar length, the longest first."""
        order = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), i))
        found = [""] * len(texts)
        for first in range(0, len(order), self.batch_size):
            self.check()
            numbers = order[first : first + self.batch_size]
            for number, words in zip(numbers, self.batch([texts[i] for i in numbers]), strict=True):
                found[number] = words
        return found

    def batch(self, texts: Sequence[str]) -> list[str]:
        """One call of the model; the search never samples."""
        import torch

        given = [self.direction.prefix + text for text in texts]
        inputs = self.tokenizer(given, return_tensors="pt", padding=True, truncation=True, max_length=self.limit)
        inputs = inputs.to(self.model.device)
        first = {} if self.direction.first_token is None else {"forced_bos_token_id": self.direction.first_token}
        # A model that falls into repeating itself would go on to its limit for a text of three words.
        length = min(self.room, 2 * inputs["input_ids"].shape[1] + 16)
        with torch.inference_mode(), self.autocast():
            ids = self.model.generate(
                **inputs, num_beams=self.beams, do_sample=False, max_new_tokens=length, max_length=None, **first
            )
        # Not every tokenizer counts its language codes among the special tokens.
        ids = ids[:, 1 + len(first) :]
        return [text.strip() for text in self.tokenizer.batch_decode(ids, skip_special_tokens=True)]


def load(place: Path | str) -> tuple[str, Any, Any]:
    """Kind, model and tokenizer; InputError for anything but a translation model of a known family."""
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(str(place))
    except (OSError, ValueError) as error:
        raise InputError(f"model={str(place)!r}: {' '.join(str(error).split())[:200]}") from error
    kind = str(config.model_type)
    if kind not in ("marian", "m2m_100"):
        what = "no encoder-decoder" if not config.is_encoder_decoder else "no translation model of a known family"
        raise InputError(f"model={str(place)!r} is {what} ({kind}): give a Marian, NLLB or M2M-100 model")
    try:
        model = transformers.AutoModelForSeq2SeqLM.from_pretrained(str(place))
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(place))
    except (OSError, ValueError) as error:
        raise InputError(f"model={str(place)!r}: {' '.join(str(error).split())[:200]}") from error
    return kind, model, tokenizer
