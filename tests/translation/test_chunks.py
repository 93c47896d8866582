"""Pieces of texts and how they are put together again."""

from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.translation.chunks import joined, pieces, sentences


def words_within(count: int):  # type: ignore[no-untyped-def]
    return lambda text: len(text.split()) <= count


def said(text: str, count: int = 100) -> list[str]:
    return [text[start:end] for start, end in pieces(text, words_within(count))]


def test_sentences() -> None:
    text = ' Mr. J. Smith came at 3.5 p.m. He left.  "Why?" she asked. It was 1999!\nNew line'
    assert [text[start:end] for start, end in sentences(text)] == [
        "Mr. J. Smith came at 3.5 p.m.",
        "He left.",
        '"Why?" she asked.',
        "It was 1999!",
        "New line",
    ]
    assert sentences("  \n ") == []


def test_long_sentences_are_parted_between_words_at_commas() -> None:
    assert said("one two three four, five six seven eight", 4) == ["one two three four,", "five six seven eight"]
    assert said("one two three four five", 2) == ["one two", "three", "four five"] or said(
        "one two three four five", 2
    ) == ["one two", "three four", "five"]
    assert said("abcdef", 0) == list("abcdef")


@given(st.text(alphabet="ab. ,\nA?", max_size=60), st.integers(1, 5))
def test_nothing_gets_lost(text: str, count: int) -> None:
    spans = pieces(text, words_within(count))
    parts = [text[start:end] for start, end in spans]
    assert all(len(part.split()) <= count and part == part.strip() and part for part in parts)
    document = joined(text, spans, parts, spaced=True)
    assert document.text == text
    assert document.starts == tuple(start for start, _ in spans)
    assert all(document.piece_of(span) == number for number, span in enumerate(spans))


def test_languages_without_spaces_get_none() -> None:
    text = "Ann came. She left.\nEnd."
    document = joined(text, pieces(text, words_within(9)), ["安来了。", "她走了。", "完。"], spaced=False)
    assert document.text == "安来了。她走了。\n完。"
    assert document.starts == (0, 4, 9)
    assert document.piece_of((4, 12)) is None
