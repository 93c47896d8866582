"""Metrics: golden values worked out by hand, and properties that hold for any input."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.answers import answer_f1, squad_words
from stilts_mlflow.chance import chance
from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import METRICS, compute, per_example
from stilts_mlflow.spans import f1_of_counts, span_counts, spans
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.xtreme import UPOS

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]

words = st.lists(
    st.sampled_from(["the", "a", "cat", "dog.", "ran,", "北京", "Ürün", "İ", "x-y", "an"]), max_size=6
).map(" ".join)


def tagged(tags: Sequence[str]) -> st.SearchStrategy[list[tuple[list[str], list[str]]]]:
    """Sentences as (predicted tags, reference tags) of equal length."""
    pair = st.tuples(st.sampled_from(tags), st.sampled_from(tags))
    sentence = st.lists(pair, min_size=1, max_size=8).map(lambda pairs: ([p for p, _ in pairs], [r for _, r in pairs]))
    return st.lists(sentence, min_size=1, max_size=4)


def score(name: str, predictions: Sequence[object], references: Sequence[object], language: str = "en") -> float:
    """The one value of one metric."""
    return compute((name,), predictions, references, language)[name]


def test_every_task_has_known_metrics() -> None:
    for task in TASKS.values():
        assert set(task.metrics) <= set(METRICS), task.name
    assert all(name == metric.name and metric.definition for name, metric in METRICS.items())


def test_accuracy() -> None:
    assert score("accuracy", ["a", "b", "c"], ["a", "b", "b"]) == pytest.approx(200 / 3)
    assert score("accuracy", [0, 1], [0, 0]) == 50
    assert per_example("accuracy", ["a", "b"], ["a", "c"], "en") == [100, 0]
    with pytest.raises(ValueError, match="predicted '1', reference 1"):  # would silently score 0
        score("accuracy", ["1"], [1])


@pytest.mark.parametrize(
    ("prediction", "references", "f1", "exact"),
    [
        # One of two reference words is said and nothing else: P = 1, R = 1/2, F1 = 2/3.
        ("Denver", ("Denver Broncos",), 200 / 3, 0),
        # Article, case and ASCII punctuation do not count; the better reference does.
        ("the Denver Broncos!", ("Carolina", "denver broncos"), 100, 100),
        # Repeated words count as often as they occur in both: 2 common of 3 and 2, F1 = 2*2/5.
        ("no no no", ("no no",), 80, 0),
        # Words between white space, also in Chinese: one word against another.
        ("北京市", ("北京",), 0, 0),
        # Only ASCII punctuation is cut, so the ideographic full stop stays.
        ("北京。", ("北京",), 0, 0),
        # Hyphens vanish and join what they stood between.
        ("well-known", ("wellknown",), 100, 100),
        # Unanswerable: right only when nothing is said; an article is nothing.
        ("", (), 100, 100),
        ("the", (), 100, 100),
        ("Denver", (), 0, 0),
        ("", ("Denver",), 0, 0),
        # An answer that normalises to nothing: v1.1 finds no common word, so F1 is 0 although both are equal.
        ("the", ("a",), 0, 100),
    ],
)
def test_squad(prediction: str, references: tuple[str, ...], f1: float, exact: float) -> None:
    assert score("f1", [prediction], [references]) == pytest.approx(f1)
    assert score("exact_match", [prediction], [references]) == exact


@pytest.mark.parametrize(
    ("language", "prediction", "reference", "f1"),
    [
        ("zh", "北京市。", "北京", 80),  # by character, without the full stop: 2 common of 3 and 2
        ("de", "der große Fluss", "ein große Fluss", 100),  # German articles
        ("de", "the Fluss", "Fluss", 200 / 3),  # and no English ones
        ("es", "«el perro»", "Perro", 100),
        ("vi", "những con mèo", "con mèo", 100),
        ("ar", "الكتاب", "كتاب", 100),  # al- is cut
        ("ar", "كتابال", "كتاب", 100),  # the script's odd rule: anywhere in a word
        ("hi", "दिल्ली।", "दिल्ली", 100),  # the danda is category P, vowel signs are not
    ],
)
def test_mlqa(language: str, prediction: str, reference: str, f1: float) -> None:
    assert score("mlqa_f1", [prediction], [(reference,)], language) == pytest.approx(f1)
    assert (score("mlqa_exact_match", [prediction], [(reference,)], language) == 100) == (f1 == 100)


def test_mlqa_refuses_other_languages() -> None:
    with pytest.raises(InputError, match="no rule for language 'ru'"):
        score("mlqa_f1", ["а"], [("а",)], "ru")


def test_spans_of_unprefixed_tags() -> None:
    assert spans(["NOUN", "NOUN", "VERB"]) == {("NOUN", 0, 1), ("VERB", 2, 2)}
    # S passes for the prefix "single": SYM and SCONJ never run together.
    assert spans(["SYM", "SYM", "SCONJ", "SCONJ"]) == {("SYM", 0, 0), ("SYM", 1, 1), ("SCONJ", 2, 2), ("SCONJ", 3, 3)}
    # I passes for "inside": without another tag between, interjections run together.
    assert spans(["INTJ", "INTJ", "X"]) == {("INTJ", 0, 1), ("X", 2, 2)}
    # Two different types, which the later seqeval makes one (it cuts the first letter off: CONJ).
    assert spans(["CCONJ", "SCONJ"]) == {("CCONJ", 0, 0), ("SCONJ", 1, 1)}


def test_pos_f1_is_not_token_accuracy() -> None:
    gold, predicted = ["NOUN", "NOUN", "VERB"], ["NOUN", "ADJ", "VERB"]
    # Gold spans: NOUN 0-1, VERB 2. Predicted: NOUN 0, ADJ 1, VERB 2. One is right: 2*1/(3+2).
    assert score("pos_f1", [predicted], [gold]) == pytest.approx(40)
    assert score("token_accuracy", [predicted], [gold]) == pytest.approx(200 / 3)


def test_span_f1() -> None:
    assert spans(["B-PER", "I-PER", "O", "B-PER", "B-PER"]) == {("PER", 0, 1), ("PER", 3, 3), ("PER", 4, 4)}
    # An I of another type, or after O, begins a span (conlleval is lenient).
    assert spans(["I-PER", "I-LOC", "O", "I-LOC"]) == {("PER", 0, 0), ("LOC", 1, 1), ("LOC", 3, 3)}
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG"]]
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["B-ORG", "O"]]
    # Right: PER 0-1. Predicted 3 (PER, ORG, ORG), gold 3 (PER, LOC, ORG): 2*1/6.
    assert score("span_f1", predicted, gold) == pytest.approx(100 / 3)
    # No span at all is 0 for the corpus (as seqeval), but nothing that a sentence could get wrong.
    assert score("span_f1", [["O"]], [["O"]]) == 0
    assert per_example("span_f1", [["O"], ["O"]], [["O"], ["B-PER"]], "en") == [100, 0]


def test_micro_averages_weigh_by_word_and_span() -> None:
    long, short = ["NOUN", "VERB"] * 4, ["X"]
    # Eight right words of nine, not the mean of 100 and 0.
    assert score("token_accuracy", [long, ["ADJ"]], [long, short]) == pytest.approx(100 * 8 / 9)
    # Eight right spans, nine on either side.
    assert score("pos_f1", [long, ["ADJ"]], [long, short]) == pytest.approx(100 * 8 / 9)


def test_perplexity_needs_no_references() -> None:
    assert score("perplexity", [math.log(4), math.log(16)], [None, None]) == pytest.approx(8)  # geometric mean
    assert math.isfinite(score("perplexity", [1e6], [None]))
    assert not METRICS["perplexity"].higher_is_better


@pytest.mark.parametrize(
    ("name", "predictions", "references", "message"),
    [
        ("accuracy", ["a"] * 5010, ["a"] * 5009, "5010 predictions, 5009 labels"),
        ("accuracy", [], [], "no examples to score"),
        ("f1", ["a", "b"], [("a",), None], "1 of 2 examples are unlabelled"),
        ("pos_f1", [["X"]], [["X", "X"]], "sentence 0: 1 predicted tags, 2 words"),
        ("acuracy", ["a"], ["a"], "did you mean 'accuracy'"),
    ],
)
def test_wrong_input(name: str, predictions: list[object], references: list[object], message: str) -> None:
    for function in (
        lambda: compute((name,), predictions, references, "en"),
        lambda: per_example(name, predictions, references, "en"),
    ):
        with pytest.raises(InputError, match=message):
            function()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, st.lists(words.filter(lambda s: squad_words(s, "en")), max_size=3)), min_size=1))
def test_exact_match_is_never_above_f1(pairs: list[tuple[str, list[str]]]) -> None:
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    for name in ("", "mlqa_"):
        values = compute((f"{name}exact_match", f"{name}f1"), predictions, references, "en")
        assert 0 <= values[f"{name}exact_match"] <= values[f"{name}f1"] + 1e-9 <= 100 + 1e-8


@settings(max_examples=60, deadline=None)
@given(words, words)
def test_f1_is_symmetric(one: str, other: str) -> None:
    f1 = answer_f1(squad_words)
    assert f1(one, [other], "en") == pytest.approx(f1(other, [one], "en"))


@settings(max_examples=60, deadline=None)
@given(tagged(UPOS) | tagged(BIO), st.randoms())
def test_tag_metrics(sentences: list[tuple[list[str], list[str]]], random: object) -> None:
    names = ("pos_f1", "span_f1", "token_accuracy")
    predictions, references = [p for p, _ in sentences], [r for _, r in sentences]
    values = compute(names, predictions, references, "en")
    assert all(0 <= value <= 100 for value in values.values())
    order = list(range(len(sentences)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert compute(names, [predictions[i] for i in order], [references[i] for i in order], "en") == pytest.approx(
        values
    )
    perfect = compute(names, references, references, "en")
    assert perfect["token_accuracy"] == 100
    assert perfect["pos_f1"] == (100 if any(spans(tags) for tags in references) else 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(UPOS), min_size=1, max_size=12))
def test_spans_of_part_of_speech_tags_said_otherwise(tags: list[str]) -> None:
    """The rule in other words: runs of equal tags, except that every tag with S stands alone."""
    starts = [i for i, tag in enumerate(tags) if i == 0 or tag != tags[i - 1] or tag[0] == "S"]
    ends = [*(i - 1 for i in starts[1:]), len(tags) - 1]
    assert spans(tags) == {(tags[i], i, j) for i, j in zip(starts, ends, strict=True)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(BIO), min_size=1, max_size=12))
def test_spans_of_bio_tags_said_otherwise(tags: list[str]) -> None:
    """A span begins at B, or at an I whose neighbour on the left has another type; it goes on over I of its type."""
    expected = set()
    for i, tag in enumerate(tags):
        goes_on = i > 0 and tags[i - 1][2:] == tag[2:]
        if tag != "O" and (tag[0] == "B" or not goes_on):
            end = i
            while end + 1 < len(tags) and tags[end + 1] == f"I-{tag[2:]}":
                end += 1
            expected.add((tag[2:], i, end))
    assert spans(tags) == expected


@settings(max_examples=60, deadline=None)
@given(tagged(UPOS))
def test_counts_add_up_to_the_corpus(sentences: list[tuple[list[str], list[str]]]) -> None:
    counts = [span_counts(p, r) for p, r in sentences]
    summed = f1_of_counts(*(sum(column) for column in zip(*counts, strict=True)))
    assert score("pos_f1", [p for p, _ in sentences], [r for _, r in sentences]) == pytest.approx(summed)


def test_chance() -> None:
    assert chance("accuracy", ["a", "b", "b"]) == pytest.approx(200 / 3)
    assert chance("accuracy", [0, 3, 1], choices=4) == 25
    tags = [("NOUN", "NOUN", "VERB"), ("VERB", "NOUN")]
    assert chance("token_accuracy", tags) == 60  # three of five words
    # All NOUN: one span a sentence, none with the borders of the four gold ones.
    assert chance("pos_f1", tags) == 0
    assert chance("span_f1", [("O", "O", "B-PER")]) == 0
    # Six spans of "Paris is big"; with Paris: 1, 2/3, 1/2, without: 0.
    assert chance("f1", [("Paris",)], contexts=["Paris is big"]) == pytest.approx(100 * (1 + 2 / 3 + 1 / 2) / 6)
    assert chance("exact_match", [("Paris",)], contexts=["Paris is big"]) == pytest.approx(100 / 6)
    # Spans of one word only: Paris, is, big.
    assert chance("f1", [("Paris",)], contexts=["Paris is big"], max_words=1) == pytest.approx(100 / 3)
    assert chance("f1", [()], contexts=["Paris is big"]) == 0  # unanswerable: a span is never empty


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=7), words, st.integers(1, 8))
def test_chance_is_the_mean_over_all_spans(context: list[str], answer: str, longest: int) -> None:
    answer = f"x y {answer}"
    found = [
        " ".join(context[i:j]) for i in range(len(context)) for j in range(i + 1, min(len(context), i + longest) + 1)
    ]
    for name in ("f1", "exact_match"):
        slow = score(name, found, [(answer, "z")] * len(found))
        level = chance(name, [(answer, "z")], contexts=[" ".join(context)], max_words=longest)
        assert level == pytest.approx(slow)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chance("perplexity", [None]), "no chance level"),
        (lambda: chance("f1", [("a",)]), "0 contexts, 1 labels"),
        (lambda: chance("accuracy", []), "no examples"),
        (lambda: chance("pos_f1", [None]), "no examples"),
    ],
)
def test_chance_refuses(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]
