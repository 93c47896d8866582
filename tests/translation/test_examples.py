"""Examples in translation, with dictionaries in the place of a model: which answers are found, and where."""

from collections.abc import Sequence

import pytest

from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample, TaggingExample
from stilts_mlflow.translation.examples import Line, Translate, translate_block


def speaker(words: dict[str, str]) -> Translate:
    """Translates what it knows and repeats the rest."""
    return lambda texts: [words.get(text, text) for text in texts]


def translate(example: Example, words: dict[str, str], spaced: bool = True) -> Line:
    (line,) = translate_block([example], speaker(words), lambda text: len(text) < 40, spaced)
    return line


def question(context: str, *answers: str) -> QuestionExample:
    return QuestionExample("q", "Who?", context, answers, tuple(context.index(answer) for answer in answers))


def test_every_text_of_an_example_is_translated() -> None:
    pair = PairExample("p", "A cat.", "A dog.", "neutral")
    assert translate(pair, {"A cat.": "Eine Katze.", "A dog.": "Ein Hund."}).example == PairExample(
        "p", "Eine Katze.", "Ein Hund.", "neutral"
    )
    choice = ChoiceExample("c", "She", "", ("runs.", "sits."), 1)
    words = {"She": "Sie", "runs.": "rennt.", "sits.": "sitzt."}
    assert translate(choice, words).example == ChoiceExample("c", "Sie", "", ("rennt.", "sitzt."), 1)


def test_an_answer_is_found_by_its_own_translation() -> None:
    words = {"Ann came.": "Anna kam.", "Bob sat.": "Bob saß.", "Bob": "Bob", "Who?": "Wer?"}
    line = translate(question("Ann came. Bob sat.", "Bob"), words)
    assert line == Line("q", "alone", QuestionExample("q", "Wer?", "Anna kam. Bob saß.", ("Bob",), (10,)))


def test_the_sentence_of_the_answer_decides_between_two_places() -> None:
    words = {"Ann met Bob.": "Anna traf Bob.", "Bob sat.": "Bob saß."}
    example = QuestionExample("q", "Who?", "Ann met Bob. Bob sat.", ("Bob",), (13,))
    line = translate(example, words)
    assert line.outcome == "alone"
    assert line.example.answer_starts == (15,)  # type: ignore[union-attr]


def test_brackets_find_what_has_another_form_in_the_sentence() -> None:
    words = {"He is in the town.": "Er ist in der Stadt.", "the town": "die Stadt"}
    words["He is in [the town]."] = "Er ist in [der Stadt]."
    line = translate(question("He is in the town.", "the town"), words)
    assert line.outcome == "marked"
    assert line.example == QuestionExample("q", "Who?", "Er ist in der Stadt.", ("der Stadt",), (10,))


@pytest.mark.parametrize(
    "made",
    ["Er ist in der Stadt.", "Er ist [in] [der Stadt].", "Er ist in [dieser Stadt].", "Er ist in [ ]."],
)
def test_an_answer_that_is_nowhere_drops_the_question(made: str) -> None:
    words = {"He is in the town.": "Er ist in der Stadt.", "the town": "die Stadt", "He is in [the town].": made}
    assert translate(question("He is in the town.", "the town"), words) == Line("q", "lost")


def test_several_answers_keep_those_that_are_found() -> None:
    line = translate(question("Ann met Bob.", "Ann", "Bob"), {"Ann met Bob.": "Anna traf Bob."})
    assert line.example.answers == ("Bob",)  # type: ignore[union-attr]
    twice = QuestionExample("q", "Who?", "Ann met Bob.", ("Bob", "Bob"), (8, 8))
    assert translate(twice, {}).example.answers == ("Bob",)  # type: ignore[union-attr]


def test_a_question_without_an_answer_stays_one() -> None:
    line = translate(question("Ann met Bob."), {"Ann met Bob.": "Anna traf Bob."})
    assert line == Line("q", "kept", QuestionExample("q", "Who?", "Anna traf Bob.", (), ()))


def test_an_answer_over_two_sentences_is_looked_for_everywhere() -> None:
    context = "Ann came. Bob sat."
    example = QuestionExample("q", "Who?", context, ("came. Bob",), (4,))
    assert translate(example, {}).example == example
    words = {"Ann came.": "安来了。", "Bob sat.": "鲍勃坐着。", "Bob": "鲍勃"}
    chinese = translate(question(context, "Bob"), words, spaced=False).example
    assert chinese == QuestionExample("q", "Who?", "安来了。鲍勃坐着。", ("鲍勃",), (4,))


def test_a_text_of_which_nothing_is_made_drops_the_example() -> None:
    assert translate(PairExample("p", "A cat.", "A dog.", "neutral"), {"A cat.": " "}) == Line("p", "empty")
    assert translate(PairExample("p", "A cat.", "", "neutral"), {}).outcome == "kept"


def test_a_text_is_translated_once_a_block() -> None:
    seen: list[str] = []

    def note(texts: Sequence[str]) -> list[str]:
        seen.extend(texts)
        return list(texts)

    examples = [question("Ann met Bob. He sat.", name) for name in ("Ann", "Bob")]
    translate_block(examples, note, lambda text: True, True)
    assert sorted(seen) == ["Ann", "Ann met Bob.", "Bob", "He sat.", "Who?"]


def test_tags_have_no_translation() -> None:
    with pytest.raises(TypeError, match="TaggingExample"):
        translate(TaggingExample("t", ("a",), ("N",)), {})
