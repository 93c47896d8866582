"""Answers in translated contexts: found at one place or not at all, never inside a word."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.projection import find, marked, phrase, unmarked


@pytest.mark.parametrize(
    ("context", "answer", "expected"),
    [
        ("Sie kam 1990 nach Roma.", "Roma", "Roma"),
        ("Sie kam 1990 nach Roma.", " roma", "Roma"),
        ("Roma liegt bei roma.", "Roma", "Roma"),
        ("ROMA liegt bei roma.", "Roma", None),
        ("Rom und Rom", "Rom", None),
        ("Romanze in Rom", "Rom", "Rom"),
        ("Roma'da oturuyor", "Roma", "Roma"),
        ("im Jahr 1990", "90", None),
        ("der  rote\nWagen", "rote Wagen", "rote\nWagen"),
        ("他1990年在北京工作。", "北京", "北京"),
        ("ที่กรุงเทพในปี", "กรุงเทพ", "กรุงเทพ"),
        ("कमी कम", "कम", "कम"),
        ("कमी", "कम", None),
        ("a b", "", None),
        ("a b", " \n ", None),
        ("er fragt (warum?)", "(warum?)", "(warum?)"),
        ("aXaXa aXa", "aXa", "aXa"),
    ],
)
def test_find(context: str, answer: str, expected: str | None) -> None:
    place = find(context, answer)
    assert (place and context[slice(*place)]) == expected


def test_a_full_stop_that_the_model_added_goes() -> None:
    assert phrase("Rom.", "Rome") == phrase("Rom", "Rome") == "Rom"
    assert phrase("北京。", "Beijing") == "北京"
    assert phrase("USA.", "U.S.") == "USA."


texts = st.text(alphabet="ab A.äИ北京ี1\n", max_size=30)


@given(texts, texts)
def test_what_is_found_says_the_same(context: str, answer: str) -> None:
    place = find(context, answer)
    if place is not None:
        said = " ".join(context[slice(*place)].casefold().split())
        assert " ".join(answer.casefold().split()) == said
        assert 0 <= place[0] < place[1] <= len(context)


@given(
    st.text(alphabet="xy z", max_size=20),
    st.text(alphabet="xy z", max_size=20),
    st.from_regex(r"[ab]{1,5}", fullmatch=True),
)
def test_a_word_that_stands_once_is_found_where_it_stands(before: str, behind: str, word: str) -> None:
    assert find(f"{before} {word} {behind}", word) == (len(before) + 1, len(before) + 1 + len(word))


@given(texts, texts, texts)
def test_marks_come_off_again(before: str, answer: str, behind: str) -> None:
    text = before + answer + behind
    made = marked(text, (len(before), len(before) + len(answer)))
    assert made is not None
    assert (unmarked(made) or "") == answer.strip()
    assert re.sub(r"[\[\]]", "", made) == text


def test_brackets_that_do_not_tell_an_answer() -> None:
    assert marked("a [b] c", (0, 1)) is None
    assert unmarked("das [rote] Auto [hier]") is None
    assert unmarked("das rote Auto") is None
    assert unmarked("[ ]") is None
    assert unmarked("他在【北京】工作") == "北京"
