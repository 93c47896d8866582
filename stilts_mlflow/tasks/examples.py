"""Examples: one normalised record of a task type, text only.

Every reader returns one of these; `task_types/` turns them into token ids. `None` as a label, tags
or answers means *unlabelled* and may only be predicted, never scored or trained on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PairExample:
    """Classification of a sentence pair (NLI, paraphrase); `text_b` is empty for single sentences."""

    id: str
    text_a: str
    text_b: str
    label: str | None


@dataclass(frozen=True, slots=True)
class ChoiceExample:
    """Multiple choice: `label` is the 0-based index of the right one of `choices`."""

    id: str
    context: str
    question: str
    choices: tuple[str, ...]
    label: int | None


@dataclass(frozen=True, slots=True)
class TaggingExample:
    """A sentence as words with one tag a word (`len(tags) == len(words)`)."""

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class QuestionExample:
    """Span question: `context[start : start + len(answer)] == answer` for each pair of the two tuples.

    Empty tuples mean unanswerable (SQuAD v2.0); `answers is None` means unlabelled.
    """

    id: str
    question: str
    context: str
    answers: tuple[str, ...] | None
    answer_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TextExample:
    """A line of raw text in `language` for masked language modelling."""

    id: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class BitextExample:
    """A translation pair; a missing side makes the other one a distractor of its pool.

    Examples come in the order of the target (English) file; `source_order` is the position of the
    source sentence in the source (foreign) file, so that both pools keep the order of their files,
    which decides ties. -1 where there is no source.
    """

    id: str
    source: str | None
    target: str | None
    source_order: int


@dataclass(frozen=True, slots=True)
class PassageExample:
    """A query or a candidate of a ranking task, in `language`.

    A candidate is right for a query when they share one of their `keys` (LAReQA: the question's id, over all languages;
    Mewsli-X: the entity). `context` is the paragraph of a candidate sentence, which some protocols encode with it.
    """

    id: str
    text: str
    context: str
    language: str
    is_query: bool
    keys: tuple[str, ...]


Example = PairExample | ChoiceExample | TaggingExample | QuestionExample | TextExample | BitextExample | PassageExample
