"""Tagging whatever the words: first sub-words carry the tags, long sentences are split and joined, nothing is lost."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow.model import collation
from stilts_mlflow.task_types.tagging import parts, specials, word_pieces
from stilts_mlflow.task_types.task_type import IGNORE, Features, Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import TaggingExample
from tests import tiny

TAGGING = TASK_TYPES["tagging"]
LABELS = ("D", "N", "V")
NOTHING = "\u200b"
"""A word of which the tokenizer makes nothing."""
WORDS = st.sampled_from(
    ["the", "baker", "qwertyuiop" * 3, "хлеб", "面包师", "ขนมปัง", "الخبز", NOTHING, "a", "rivers", "."]
)
SENTENCES = st.lists(
    st.lists(st.tuples(WORDS, st.sampled_from(LABELS)), min_size=1, max_size=25), min_size=1, max_size=4
).map(lambda told: [TaggingExample(str(i), *zip(*pairs, strict=True)) for i, pairs in enumerate(told)])  # type: ignore[arg-type]


def perfect(features: Sequence[Features]) -> list[dict[str, torch.Tensor]]:
    """What a model gives that says at every first sub-word what the features say there, with padding behind."""
    rows = [torch.nn.functional.one_hot(torch.tensor(feature["tags"]), len(LABELS)) for feature in features]
    return [{"logits": torch.cat([row * 9.0, torch.full((3, len(LABELS)), 99.0)])} for row in rows]


@settings(max_examples=40, deadline=None)
@given(SENTENCES, st.integers(4, 40))
def test_no_word_and_no_tag_is_lost(sentences: list[TaggingExample], length: int) -> None:
    tokenizer = tiny.tokenizer()
    features = TAGGING.featurize(sentences, LABELS, tokenizer, Limits(length))
    assert all(len(feature["input_ids"]) <= length for feature in features)  # type: ignore[arg-type]
    predictions = TAGGING.decode(sentences, features, perfect(features), LABELS)
    assert [prediction.value for prediction in predictions] == [sentence.tags for sentence in sentences]
    prefix, suffix = specials(tokenizer)
    room = length - len(prefix) - len(suffix)
    pieces = word_pieces({word for sentence in sentences for word in sentence.words}, tokenizer)
    for number, sentence in enumerate(sentences):
        own = [feature["input_ids"][len(prefix) : -len(suffix)] for feature in features if feature["example"] == number]  # type: ignore[index]
        joined = [token for ids in own for token in ids]
        assert joined == [token for word in sentence.words for token in pieces[word][:room]]


@settings(max_examples=20, deadline=None)
@given(SENTENCES)
def test_the_first_sub_word_carries_the_label_and_no_other_place_one(sentences: list[TaggingExample]) -> None:
    tokenizer = tiny.tokenizer()
    features = TAGGING.featurize(sentences, LABELS, tokenizer, Limits(24))
    labels = TAGGING.collate(features, collation(tokenizer, len(tokenizer)))["labels"]
    pieces = word_pieces({word for sentence in sentences for word in sentence.words}, tokenizer)
    told = [(word, LABELS.index(tag)) for s in sentences for word, tag in zip(s.words, s.tags or (), strict=True)]
    for feature, row in zip(features, labels.tolist(), strict=True):
        for start, tag in zip(feature["starts"], feature["tags"], strict=True):  # type: ignore[arg-type]
            word, label = told.pop(0)
            assert feature["input_ids"][start] == pieces[word][0]  # type: ignore[index]
            assert row[start] == tag == label
        assert sum(tag != IGNORE for tag in row) == len(feature["starts"])  # type: ignore[arg-type]
    assert not told


def test_a_word_without_pieces_becomes_the_unknown_token_in_its_place() -> None:
    tokenizer = tiny.tokenizer()
    assert word_pieces({NOTHING, ""}, tokenizer) == {NOTHING: [tokenizer.unk_token_id], "": [tokenizer.unk_token_id]}
    example = TaggingExample("a", ("the", NOTHING, "baker"), LABELS)
    (feature,) = TAGGING.featurize([example], LABELS, tokenizer, Limits(24))
    assert feature["input_ids"][feature["starts"][1]] == tokenizer.unk_token_id  # type: ignore[index]
    assert feature["tags"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("sizes", "room", "expected"),
    [
        ([2, 2, 2], 4, [(0, 2), (2, 3)]),  # as many words as fit
        ([2, 2, 2], 6, [(0, 3)]),  # exactly the room
        ([9, 1], 4, [(0, 1), (1, 2)]),  # a word that is too long is alone, cut to the room
        ([1, 9, 1], 4, [(0, 1), (1, 2), (2, 3)]),
        ([], 4, []),
    ],
)
def test_where_sentences_are_split(sizes: list[int], room: int, expected: list[tuple[int, int]]) -> None:
    assert list(parts(sizes, room)) == expected
