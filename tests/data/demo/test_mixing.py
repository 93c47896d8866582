"""Code-switched text: other languages' words, in the places and the forms that they have there."""

from random import Random

import pytest

from stilts_mlflow.data.demo import mixing
from stilts_mlflow.data.demo.facts import CORE, draw
from stilts_mlflow.data.demo.lexicon import entry
from stilts_mlflow.data.demo.sentences import realise, text
from stilts_mlflow.data.demo.world import DEMO_LANGUAGES
from stilts_mlflow.phases.builtin_encoder import train_tokenizer

MARKS = ".,?¿।。，？؟،"


def test_lines_are_repeatable_and_differ() -> None:
    lines = mixing.lines("train", 300, DEMO_LANGUAGES)
    assert lines == mixing.lines("train", 300, DEMO_LANGUAGES)
    assert len(set(lines)) > 290


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_words_are_from_the_matrix_language_or_from_the_same_slot_elsewhere(language: str) -> None:
    rng = Random(language)
    switched = 0
    for frame in CORE:
        fact = draw(rng, frame, "train")
        own = text(realise(fact, "0", language), "en")
        line = mixing.mixed(rng, fact, "0", language, DEMO_LANGUAGES)
        allowed = {word for code in DEMO_LANGUAGES for word in text(realise(fact, "0", code), "en").split(" ")}
        bare = {word.strip(MARKS) for word in allowed}
        assert {word.strip(MARKS) for word in line.split(" ")} <= bare
        switched += line != own
    assert switched >= 3


def test_chinese_words_become_tokens_without_spaces() -> None:
    """What the tokenizer has seen with spaces it finds without them."""
    lines = mixing.lines("train", 3000, ("zh", "en"))
    tokenizer = train_tokenizer(lines, 2000)
    city, day = entry("zh", "paris")["nom"], entry("zh", "monday")["on"]
    assert tokenizer.tokenize(f"尼娜{day}在{city}工作。")[1:4] == [day, "在", city]
