"""From facts to sentences of a language: templates filled with stored forms, token by token.

    text(realise(fact, "0", "fi"), "fi")  # 'Maria osti punaisen auton Berliinissä maanantaina.'

A template is a row of items: `word`, `word:UPOS^category`, `{slot.form}` and optional groups `[...]` that appear
when the fact has all their slots. `{a.acc@o}` takes the form `acc_` + gender of `o`, `{q.=v}` the form that the
verb governs, `{a/o.art}` the first of two slots that is told, `{indef.@o}` a closed-class word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from stilts_mlflow.data.demo.facts import Fact
from stilts_mlflow.data.demo.lexicon import Entry, categories, concepts, entry, templates

PUNCTUATION = frozenset(".,?¿।。，？·؟،")
TAGS = {"s": "PROPN", "q": "PROPN", "c": "PROPN", "g": "PROPN", "v": "VERB", "a": "ADJ", "y": "NUM", "k": "NUM"}
TAGS |= {"n": "NUM"}
ENTITIES = {"s": "PER", "q": "PER", "c": "LOC", "g": "ORG"}
CATEGORIES = {"ADJ": "N/N", "DET": "NP[nb]/N", "NUM": "N/N", "NOUN": "N", "PROPN": "N"}
# Forms that belong to the grammar of a slot, not to its meaning (articles, classifiers, postpositions, aspect).
GRAMMAR = frozenset({"art", "cl", "post", "prep", "mid", "aux"})
ITEM = re.compile(r"\[|\]|\{[^}]*\}(?:[:^][^\s\]]+)?|[^\s\]]+")
RTL = {"?": "؟", ",": "،"}


@dataclass(frozen=True)
class Token:
    """A word or mark: UPOS tag, CCG category (English), entity type ("" for none) and the slot it renders."""

    text: str
    pos: str
    category: str = ""
    entity: str = ""
    slot: str = ""


@cache
def _groups(template: str) -> tuple[tuple[bool, tuple[str, ...]], ...]:
    """Items of a template in groups, each with whether it is optional."""
    groups: list[tuple[bool, tuple[str, ...]]] = []
    items: list[str] = []
    for item in ITEM.findall(template):
        if item in "[]":
            groups.append((item == "]", tuple(items)))
            items = []
        else:
            items.append(item)
    return tuple(group for group in [*groups, (False, tuple(items))] if group[1])


@cache
def _slots_of(item: str) -> str:
    """Slots of an item whose absence makes its optional group disappear."""
    name = item[1:].partition(".")[0].rstrip("}:")
    return name if item.startswith("{") and len(name) == 1 else ""


@cache
def _token(piece: str, pos: str, entity: str = "", slot: str = "") -> Token:
    """Token written as `text:UPOS^category`."""
    piece, _, category = piece.partition("^")
    word, _, own = piece.partition(":")
    if word in PUNCTUATION:
        return Token(word, "PUNCT", word, entity, slot)
    tag = own or pos
    return Token(word, tag, categories().get(category, CATEGORIES.get(tag, "")), entity, slot)


def _entry(fact: Fact, slot: str, language: str) -> Entry:
    """Forms for the value of a slot."""
    value = fact[slot]
    if slot in "yk":
        return {"": value, "dot": f"{value}."}
    return entry(language, value.partition("@")[0].partition("+")[0] if value else slot)


def _gender(fact: Fact, slot: str, language: str) -> str:
    """Gender or noun class that words agreeing with the slot take."""
    if slot == "s":
        return concepts()[fact[slot].partition("+")[0]].group
    return _entry(fact, slot, language)["g"]


def _form(fact: Fact, spec: str, language: str) -> str:
    """Name of a form from its specification in a template."""
    if spec.startswith("="):
        return _entry(fact, spec[1:], language)["gov"]
    form, at, controller = spec.partition("@")
    return "_".join(part for part in (form, _gender(fact, controller, language)) if part) if at else form


def _pieces(fact: Fact, slot: str, form: str, language: str) -> list[str]:
    """Written tokens of a slot in a form."""
    forms = _entry(fact, slot, language)
    if slot == "s" and "+" in fact["s"]:
        family = entry(language, fact["s"].partition("+")[2])
        return [forms["nom"], *family[form].split()]
    if slot == "g":
        city = entry(language, fact["g"].partition("@")[2])
        words = (city[word[1:]] if word.startswith("*") else word for word in forms[form].split())
        return " ".join(words).split()
    return forms[form].split()


def _fill(fact: Fact, item: str, language: str) -> tuple[Token, ...]:
    """Tokens of one `{...}` item, remembered by the values of the slots that decide on its form."""
    return _filled(item, language, fact.frame, tuple([fact[slot] for slot in _deciding(item)]))


@cache
def _deciding(item: str) -> tuple[str, ...]:
    """Slots that an item names: its own, the one it agrees with, the one that governs it."""
    return tuple(re.findall(r"(?<![a-z])[a-z](?![a-z])", item.partition("}")[0]))


@cache
def _filled(item: str, language: str, frame: str, values: tuple[str, ...]) -> tuple[Token, ...]:
    fact = Fact(frame, tuple(zip(_deciding(item), values, strict=True)))
    return tuple(_tokens(fact, item, language))


def _tokens(fact: Fact, item: str, language: str) -> Iterator[Token]:
    """Tokens of one `{...}` item."""
    body, _, own = item[1:].partition("}")
    name, _, spec = body.partition(".")
    slot = next((each for each in name.split("/") if fact[each]), name)
    form = _form(fact, spec, language)
    slot_or_none = slot if form.partition("_")[0] not in GRAMMAR and len(slot) == 1 else ""
    own, _, category = own.partition("^")
    tag = own[1:] or TAGS.get(slot, "NOUN")
    for piece in _pieces(fact, slot, form, language):
        token = _token(piece, tag, ENTITIES.get(slot, ""), slot_or_none)
        yield replace(token, category=categories()[category]) if category and "^" not in piece else token


def _names_inside(tokens: list[Token]) -> list[Token]:
    """CCG: all but the last word of a run of names are modifiers."""
    for i, (token, following) in enumerate(pairwise(tokens)):
        if token.pos == following.pos == "PROPN" and token.slot == following.slot:
            tokens[i] = replace(token, category="N/N")
    return tokens


def realise(fact: Fact, variant: str, language: str) -> list[Token]:
    """Tokens of the sentence that tells (or asks for) a fact; the first letter is a capital.

    `variant`: a key of `lexicon.templates` without its frame; "1" falls back to "0" where there is one order only.
    """
    table = templates(language)
    template = table.get(f"{fact.frame}.{variant}") or table[f"{fact.frame}.0"]
    tokens: list[Token] = []
    for optional, items in _groups(template):
        if optional and not all(fact[slot] for item in items if (slot := _slots_of(item))):
            continue
        for item in items:
            tokens += _fill(fact, item, language) if item.startswith("{") else (_token(item, "X"),)
    if language == "ar":
        tokens = [replace(token, text=RTL[token.text]) if token.text in RTL else token for token in tokens]
    at = 1 if tokens[0].pos == "PUNCT" else 0
    tokens[at] = _capital(tokens[at], language)
    return _names_inside(tokens) if language == "en" else tokens


@cache
def _capital(token: Token, language: str) -> Token:
    """The token with a capital letter; a dotted i keeps its dot in Turkish."""
    first = "İ" if language == "tr" and token.text[0] == "i" else token.text[0].upper()
    return replace(token, text=first + token.text[1:])


def offsets(tokens: list[Token], language: str) -> list[int]:
    """Character at which each token starts in `text(tokens, language)`."""
    starts: list[int] = []
    end, glued = 0, True
    for token in tokens:
        left = token.text in PUNCTUATION and token.text != "¿"
        end += 0 if glued or left or language == "zh" else 1
        starts.append(end)
        end += len(token.text)
        glued = token.text in "¿·"
    return starts


def text(tokens: list[Token], language: str) -> str:
    """The sentence as it is written: no spaces in Chinese, none before marks elsewhere."""
    starts = offsets(tokens, language)
    out = ""
    for token, start in zip(tokens, starts, strict=True):
        out += " " * (start - len(out)) + token.text
    return out


def say(fact: Fact, language: str, variant: str = "0") -> str:
    """Text of `realise`."""
    return text(realise(fact, variant, language), language)


def paragraph(sentences: list[str], language: str) -> str:
    """Sentences one after the other."""
    return ("" if language == "zh" else " ").join(sentences)
