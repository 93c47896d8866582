"""The scorers against their official formulas, written down here a second time, on random predictions; and by hand.

The formulas follow the descriptions of `evaluate_squad.py` (SQuAD v1.1), `evaluate-v2.0.py`, `evaluate_mlqa.py` and the
chunking rule of seqeval 0.0.12, as loops over words and letters where the scorers take regular expressions and bags.
"""

import math
import string
import unicodedata
from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.chance import chance
from stilts_mlflow.metrics import compute, per_example
from stilts_mlflow.tasks.task import words
from stilts_mlflow.tasks.xtreme import NER, UPOS

ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "de": "ein eine einen einem eines einer der die das den dem des",
    "vi": "của là cái chiếc những",
}
_PIECES = words(
    "the The a an der Die los una của ال الكتاب كتاب ؟ 北京 市 。 ， กรุงเทพ ๆ 東京 へ မြန်မာ Denver denver U.S. don't "
    "$5 x+y — « » İ ß १२ ।"
)
PIECES = st.sampled_from((*_PIECES, "\u00a0", "\ufeff"))
TEXT = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "  "])), max_size=7).map(
    lambda parts: "".join(piece + space for piece, space in parts)
)
LANGUAGES = st.sampled_from(["en", "es", "de", "vi", "ar", "hi", "zh"])


def without_words(text: str, articles: Sequence[str]) -> str:
    """Whole words that are articles become a space; a word ends where a letter, digit or underscore does."""
    out, word = "", ""
    for letter in [*text, ""]:
        if letter and (letter.isalnum() or letter == "_"):
            word += letter
            continue
        out += (" " if word in articles else word) + letter
        word = ""
    return out


def squad(text: str, language: str) -> list[str]:
    """Lower case; no ASCII punctuation; no English articles; words between white space."""
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return without_words(text, ARTICLES["en"].split()).split()


def mlqa(text: str, language: str) -> list[str]:
    """Lower case; no punctuation of any script; the language's articles; Chinese letter by letter."""
    marks = set(string.punctuation) | {c for c in text.lower() if unicodedata.category(c).startswith("P")}
    text = "".join(letter for letter in text.lower() if letter not in marks)
    if language in ARTICLES:
        text = without_words(text, ARTICLES[language].split())
    if language == "ar":
        text = " ".join(text.split("ال"))
    if language != "zh":
        return text.split()
    found, run = [], ""
    for letter in text + " ":
        if "\u4e00" <= letter <= "\u9fa5" or letter.isspace():
            found += [run] if run else []
            found += [] if letter.isspace() else [letter]
            run = ""
        else:
            run += letter
    return found


def word_f1(predicted: list[str], gold: list[str]) -> float:
    """2PR / (P + R) over words, each counted as often as both have it."""
    left, same = list(gold), 0
    for word in predicted:
        if word in left:
            left.remove(word)
            same += 1
    if not same:
        return 0.0
    precision, recall = same / len(predicted), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def means(
    normalise: Callable[[str, str], list[str]], pairs: Sequence[tuple[str, Sequence[str]]], language: str
) -> tuple[float, float]:
    """Mean over the questions of the best F1 and of the best exact match among the references."""
    f1 = exact = 0.0
    for prediction, references in pairs:
        said = normalise(prediction, language)
        f1 += max(word_f1(said, normalise(reference, language)) for reference in references)
        exact += max(" ".join(said) == " ".join(normalise(reference, language)) for reference in references)
    return 100 * f1 / len(pairs), 100 * exact / len(pairs)


ANSWERED = st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(ANSWERED, LANGUAGES)
def test_answers_equal_the_official_formulas(pairs: list[tuple[str, list[str]]], language: str) -> None:
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    found = compute(("f1", "exact_match", "mlqa_f1", "mlqa_exact_match"), predictions, references, language)
    expected = (*means(squad, pairs, language), *means(mlqa, pairs, language))
    assert list(found.values()) == pytest.approx(expected, abs=1e-9)
    aware = compute(("aware_f1", "aware_exact_match"), predictions, references, language)
    assert list(aware.values()) == pytest.approx(expected[2:], abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=2)), min_size=1, max_size=5))
def test_unanswerable_questions_equal_the_formula_of_v2(pairs: list[tuple[str, list[str]]]) -> None:
    """References of which nothing is left do not count; with none, the prediction must be nothing too."""
    values = []
    for prediction, references in pairs:
        golds = [squad(reference, "en") for reference in references if squad(reference, "en")] or [[]]
        said = squad(prediction, "en")
        values.append(max(float(said == gold) if not said or not gold else word_f1(said, gold) for gold in golds))
    found = compute(("v2_f1",), [p for p, _ in pairs], [r for _, r in pairs], "en")["v2_f1"]
    assert found == pytest.approx(100 * sum(values) / len(values), abs=1e-9)


def chunks(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """seqeval 0.0.12 by its two tables: between which neighbours a chunk ends, and where one starts."""
    found, start = set(), None
    for i in range(len(tags) + 1):
        before, here = tags[i - 1] if i else "O", tags[i] if i < len(tags) else "O"
        old, new = before[0], here[0]
        other = before.split("-")[-1] != here.split("-")[-1]
        ends = (old, new) in {*product("ES", "BIESO"), *product("BI", "BSO")} or old in "ES"
        ends = ends or (old not in "O." and other)
        starts = new in "BS" or (old, new) in set(product("ESO", "EI")) or (new not in "O." and other)
        if ends and start is not None:
            found.add((before.split("-")[-1], start, i - 1))
            start = None
        if starts:
            start = i
    return found


def chunk_f1(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """2PR / (P + R) over the chunks of all sentences, as one text with sentences apart."""
    found = {(i, *chunk) for i, tags in enumerate(predictions) for chunk in chunks(tags)}
    gold = {(i, *chunk) for i, tags in enumerate(references) for chunk in chunks(tags)}
    right = len(found & gold)
    if not right:
        return 0.0
    precision, recall = right / len(found), right / len(gold)
    return 200 * precision * recall / (precision + recall)


def sentences(tags: Sequence[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    return st.lists(
        st.lists(st.tuples(st.sampled_from(tags), st.sampled_from(tags)), min_size=1, max_size=9),
        min_size=1,
        max_size=5,
    )


@settings(max_examples=150, deadline=None)
@given(sentences(UPOS), sentences(NER))
def test_tags_equal_the_official_formulas(
    pos: list[list[tuple[str, str]]], entities: list[list[tuple[str, str]]]
) -> None:
    for metric, told in (("pos_f1", pos), ("span_f1", entities)):
        predictions, references = [[[pair[side] for pair in one] for one in told] for side in (0, 1)]
        found = compute((metric, "token_accuracy"), predictions, references, "en")
        assert found[metric] == pytest.approx(chunk_f1(predictions, references), abs=1e-9)
        flat = [pair for one in told for pair in one]
        assert found["token_accuracy"] == pytest.approx(100 * sum(p == r for p, r in flat) / len(flat), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_labels_and_choices_equal_the_share_of_right_ones(pairs: list[tuple[int, int]]) -> None:
    expected = 100 * sum(p == r for p, r in pairs) / len(pairs)
    found = compute(("accuracy",), [p for p, _ in pairs], [r for _, r in pairs], "en")["accuracy"]
    named = compute(("accuracy",), [str(p) for p, _ in pairs], [str(r) for _, r in pairs], "en")["accuracy"]
    assert found == named == pytest.approx(expected, abs=1e-9)


def test_part_of_speech_f1_by_hand() -> None:
    """Three sentences, counted by hand.

    1. Gold DET NOUN NOUN VERB: chunks DET, NOUN 1-2, VERB. Predicted DET NOUN PROPN VERB: DET, NOUN 1, PROPN, VERB.
       Right: DET, VERB.
    2. Gold CCONJ SCONJ SCONJ PUNCT: CCONJ, SCONJ 1, SCONJ 2 (a tag with S stands alone), PUNCT. Predicted CCONJ CCONJ
       SCONJ PUNCT: CCONJ 0-1, SCONJ 2, PUNCT. Right: SCONJ 2, PUNCT.
    3. Gold SYM SYM: SYM 0, SYM 1. Predicted the same. Right: 2.
    Right 6, predicted 4 + 3 + 2 = 9, gold 3 + 4 + 2 = 9: F1 = 2 * 6 / 18 = 2/3. Right words: 3 + 3 + 2 of 10.
    """
    gold = [["DET", "NOUN", "NOUN", "VERB"], ["CCONJ", "SCONJ", "SCONJ", "PUNCT"], ["SYM", "SYM"]]
    predicted = [["DET", "NOUN", "PROPN", "VERB"], ["CCONJ", "CCONJ", "SCONJ", "PUNCT"], ["SYM", "SYM"]]
    found = compute(("pos_f1", "token_accuracy"), predicted, gold, "sw")
    assert found == {"pos_f1": pytest.approx(200 / 3, abs=1e-9), "token_accuracy": pytest.approx(80, abs=1e-9)}


def test_entity_f1_by_hand() -> None:
    """Gold: PER 0-1, LOC 3; ORG 0-2. Predicted: PER 0 and PER 1 (each B begins one), LOC 3; ORG 0-2, LOC 4.

    Right: LOC 3 and ORG, since an I with nothing of its type before it begins a span. F1 = 2 * 2 / (5 + 3).
    """
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "I-ORG", "I-ORG", "O", "O"]]
    predicted = [["B-PER", "B-PER", "O", "I-LOC"], ["I-ORG", "I-ORG", "I-ORG", "O", "B-LOC"]]
    assert compute(("span_f1",), predicted, gold, "yo")["span_f1"] == pytest.approx(50, abs=1e-9)


@pytest.mark.parametrize(
    ("language", "prediction", "references", "official", "aware"),
    [
        # XQuAD in Thai: one word of four against one of six (no spaces); by letter 7 common of 7 and 10: F1 = 14/17.
        ("th", "กรุงเทพ", ("กรุงเทพมหานคร",), 0, 100 * 2 * 7 / (7 + 13)),
        # Arabic in XQuAD: the article is no English one and stays; MLQA's rule cuts it.
        ("ar", "الكتاب", ("كتاب",), 0, 100),
        # Chinese: the full stop is not ASCII, so the one word differs; by letter 2 of 2.
        ("zh", "北京。", ("北京",), 0, 100),
        # Korean: words between spaces in both; the mark 》 goes with Unicode's rule only. 1 of 2 common.
        ("ko", "서울 》시", ("서울 시",), 50, 100),
        # Russian: quotation marks are Unicode punctuation; TyDiQA's official rule keeps them inside the word.
        ("ru", "«Война и мир»", ("Война и мир",), 100 * 2 * 1 / (3 + 3), 100),
        # Telugu, Bengali and the like: no article is cut, "a" neither.
        ("te", "a హైదరాబాద్", ("హైదరాబాద్",), 100, 100 * 2 * 1 / (2 + 1)),
        # Japanese: by letter 2 common of 2 and 3.
        ("ja", "東京", ("東京都",), 0, 80),
        # The best of the references counts, repeated words as often as in both: 2 of 3 and 2.
        ("fi", "no no no", ("yes", "no no"), 80, 80),
        # Nothing said.
        ("sw", "", ("Nairobi",), 0, 0),
    ],
)
def test_answers_in_languages_that_mlqa_does_not_have_and_in_some_it_has(
    language: str, prediction: str, references: tuple[str, ...], official: float, aware: float
) -> None:
    found = compute(("f1", "aware_f1", "exact_match", "aware_exact_match"), [prediction], [references], language)
    assert found["f1"] == pytest.approx(official, abs=1e-9)
    assert found["aware_f1"] == pytest.approx(aware, abs=1e-9)
    assert (found["exact_match"], found["aware_exact_match"]) == (100 * (official == 100), 100 * (aware == 100))


def test_chance_of_the_aware_metrics() -> None:
    """Six spans of three letters; with one letter of reference: F1 1 (that letter), 2/3 twice, 1/2, else 0."""
    level = chance("aware_f1", [("京",)], language="ja", contexts=["東京都"])
    assert level == pytest.approx(100 * (1 + 2 / 3 + 2 / 3 + 1 / 2) / 6)
    assert chance("aware_exact_match", [("京",)], language="ja", contexts=["東京都"]) == pytest.approx(100 / 6)


@settings(max_examples=40, deadline=None)
@given(ANSWERED, LANGUAGES)
def test_the_corpus_value_is_the_mean_of_the_examples(pairs: list[tuple[str, list[str]]], language: str) -> None:
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    for metric in ("f1", "exact_match", "mlqa_f1", "aware_f1", "aware_exact_match"):
        each = per_example(metric, predictions, references, language)
        assert compute((metric,), predictions, references, language)[metric] == pytest.approx(
            math.fsum(each) / len(each)
        )
