"""English Examples -> the same in another language, and what became of each.

    translate_block(examples, translate, fits, spaced=True)

Every text is translated on its own, as in XNLI's machine-translated training set; so are the choices of a multiple
choice task, also where they go on with the sentence of their context (HellaSwag). Answers of span questions are found
again by `stilts_mlflow.projection`. Tags do not survive translation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stilts_mlflow.projection import Span, find, marked, phrase, unmarked
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample
from stilts_mlflow.translation.chunks import Document, Fits, joined, pieces

Translate = Callable[[Sequence[str]], list[str]]
"""Pieces -> their translations, in order."""
Outcome = Literal["kept", "alone", "marked", "lost", "empty"]
"""kept: nothing to find; alone, marked: the answer was found by its own translation, by its brackets; the rest is
dropped: no answer found at one place, or a text of which the model made nothing."""
TRANSLATABLE = ("classification", "multiple_choice", "question_answering")
"""Task types."""


@dataclass(frozen=True)
class Line:
    """A translated Example, or None with the reason."""

    id: str
    outcome: Outcome
    example: Example | None = None


class Documents:
    """Translated texts, each once, in as few calls of the model as there are `add`s."""

    def __init__(self, translate: Translate, fits: Fits, spaced: bool) -> None:
        self.translate, self.fits, self.spaced = translate, fits, spaced
        self.known: dict[str, Document] = {}

    def add(self, texts: Iterable[str]) -> None:
        """Translate those that are new."""
        spans = {text: pieces(text, self.fits) for text in dict.fromkeys(texts) if text not in self.known}
        wanted = list(dict.fromkeys(text[start:end] for text in spans for start, end in spans[text]))
        words = dict(zip(wanted, self.translate(wanted), strict=True)) if wanted else {}
        for text, parts in spans.items():
            self.known[text] = joined(text, parts, [words[text[start:end]] for start, end in parts], self.spaced)

    def __getitem__(self, text: str) -> Document:
        return self.known[text]


def translate_block(examples: Sequence[Example], translate: Translate, fits: Fits, spaced: bool) -> list[Line]:
    """A Line an Example, in order."""
    documents = Documents(translate, fits, spaced)
    documents.add(text for example in examples for text in texts_of(example))
    documents.add(text for example in examples for text in marked_texts(example, documents))
    return [translated(example, documents) for example in examples]


def texts_of(example: Example) -> list[str]:
    """Everything of an Example that is to be translated."""
    if isinstance(example, PairExample):
        return [example.text_a, example.text_b]
    if isinstance(example, ChoiceExample):
        return [example.context, example.question, *example.choices]
    if isinstance(example, QuestionExample):
        return [example.question, example.context, *(example.answers or ())]
    raise TypeError(f"{type(example).__name__} cannot be translated")


def spans_of(example: QuestionExample) -> list[Span]:
    """Different answers of a question, as places of its context."""
    places = zip(example.answers or (), example.answer_starts, strict=True)
    return list(dict.fromkeys((start, start + len(answer)) for answer, start in places))


def marked_texts(example: Example, documents: Documents) -> Iterator[str]:
    """Sentences with brackets, for the answers that are not found by their own translation."""
    if isinstance(example, QuestionExample):
        document = documents[example.context]
        for span in spans_of(example):
            text = marked_sentence(document, span)
            if text is not None and alone(document, span, documents) is None:
                yield text


def marked_sentence(document: Document, span: Span) -> str | None:
    """The piece around a span with the span in brackets; None when the span goes over several pieces."""
    number = document.piece_of(span)
    if number is None:
        return None
    start, end = document.spans[number]
    return marked(document.source[start:end], (span[0] - start, span[1] - start))


def alone(document: Document, span: Span, documents: Documents) -> Span | None:
    """Place of an answer by its own translation."""
    answer = document.source[slice(*span)]
    return locate(document, span, phrase(documents[answer].text, answer))


def locate(document: Document, span: Span, answer: str) -> Span | None:
    """Place of a translated answer: in the translation of the sentence that the answer is in, else anywhere."""
    number = document.piece_of(span)
    if number is not None and (found := find(document.pieces[number], answer)):
        return found[0] + document.starts[number], found[1] + document.starts[number]
    return find(document.text, answer)


def translated(example: Example, documents: Documents) -> Line:
    """One Example, once all texts are translated."""
    if isinstance(example, QuestionExample):
        return translated_question(example, documents)
    given = texts_of(example)
    texts = [documents[text].text for text in given]
    if is_empty(given, texts):
        return Line(example.id, "empty")
    if isinstance(example, PairExample):
        return Line(example.id, "kept", replace(example, text_a=texts[0], text_b=texts[1]))
    assert isinstance(example, ChoiceExample)
    made = replace(example, context=texts[0], question=texts[1], choices=tuple(texts[2:]))
    return Line(example.id, "kept", made)


def translated_question(example: QuestionExample, documents: Documents) -> Line:
    """A question with the answers that were found; "marked" as soon as one needed the brackets."""
    document = documents[example.context]
    question = documents[example.question].text
    if is_empty([example.question, example.context], [question, document.text]):
        return Line(example.id, "empty")
    outcomes: list[Outcome] = []
    places = []
    for span in spans_of(example):
        place, outcome = place_of(span, document, documents)
        if place is not None:
            places.append(place)
            outcomes.append(outcome)
    if example.answers and not places:
        return Line(example.id, "lost")
    found = dict.fromkeys(places)
    answers = tuple(document.text[start:end] for start, end in found)
    made = replace(
        example,
        question=question,
        context=document.text,
        answers=None if example.answers is None else answers,
        answer_starts=tuple(start for start, _ in found),
    )
    return Line(example.id, max(outcomes, default="kept"), made)


def place_of(span: Span, document: Document, documents: Documents) -> tuple[Span | None, Outcome]:
    """Where an answer is, and how it was found."""
    if place := alone(document, span, documents):
        return place, "alone"
    text = marked_sentence(document, span)
    inner = unmarked(documents[text].text) if text is not None else None
    return (locate(document, span, inner) if inner else None), "marked"


def is_empty(given: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the model made nothing of a text."""
    return any(text.strip() and not words.strip() for text, words in zip(given, texts, strict=True))
