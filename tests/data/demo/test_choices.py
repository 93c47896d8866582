"""Multiple choice of the demo world: the right choice follows from the facts, steps and kinds; no other one does."""

from collections import Counter
from functools import cache

import pytest

from stilts_mlflow.data.demo import consequence, deduction, world
from stilts_mlflow.data.demo.facts import Fact, objects
from stilts_mlflow.data.demo.lexicon import concepts, entry
from stilts_mlflow.data.demo.scripts import activities
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.tasks.examples import ChoiceExample
from stilts_mlflow.tasks.tables import TASKS
from tests.data.demo.test_labels import relation

rows = cache(world.rows)
SPLITS = ("train", "dev")
CHOICES = {"cosmos_qa": 4, "commonsense_qa": 5, "social_iqa": 3, "copa": 2}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("task", CHOICES)
def test_choices_differ_and_no_place_is_favoured(task: str, split: str) -> None:
    examples = load_examples(TASKS[task], split, "en", DataSource())
    places: Counter[int | None] = Counter()
    for example in examples:
        assert isinstance(example, ChoiceExample)
        assert len(set(example.choices)) == CHOICES[task]
        places[example.label] += 1
    share = len(examples) / CHOICES[task]
    assert all(0.7 * share < count < 1.3 * share for count in places.values())


@pytest.mark.parametrize("task", CHOICES)
def test_no_row_is_in_both_splits(task: str) -> None:
    seen = [
        {(e.context, e.question, frozenset(e.choices)) for e in load_examples(TASKS[task], split, "en", DataSource())}  # type: ignore[union-attr]
        for split in SPLITS
    ]
    assert not seen[0] & seen[1]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_right_consequence_goes_with_what_is_told(split: str) -> None:
    """An effect follows from what is told, a cause lets it follow; the other choice contradicts it."""
    items = consequence.consequences(split, world.DEMO_TASKS["xcopa"].sizes[split])
    assert {item.asked for item in items} == {"cause", "effect"}
    for item in items:
        ways = [(item.told, choice) for choice in (item.right, item.wrong)]
        if item.asked == "cause":
            ways = [(choice, told) for told, choice in ways]
        assert [relation(*way) for way in ways] == ["entailment", "contradiction"]
    for language in world.XCOPA:
        found = rows("xcopa", split, language)
        assert all(row["choice1"] != row["choice2"] for row in found)
        assert [row["label"] for row in found] == [item.place for item in items]
    assert 0.4 < sum(item.place for item in items) / len(items) < 0.6


def derived(told: tuple[Fact, ...], fact: Fact, denied: bool) -> str:
    """Relation of a statement to a story: what contradicts an event follows when it is denied of a lasting state."""
    verdicts = {relation(each, fact) for each in told}
    if denied:
        swap = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
        verdicts = {swap[verdict] for verdict in verdicts}
    return next((each for each in ("contradiction", "entailment") if each in verdicts), "neutral")


@pytest.mark.parametrize("split", SPLITS)
def test_one_statement_follows_from_the_story(split: str) -> None:
    size = world.DEMO_TASKS["cosmos_qa"].sizes[split]
    items = deduction.deductions(split, size)
    for item, row in zip(items, rows("cosmos_qa", split, "en"), strict=True):
        labels = [derived(item.told, *statement) for statement in item.statements]
        assert tuple(labels) == item.labels
        assert labels.count(item.asked) == 1
        assert row["question"] == deduction.QUESTIONS[item.asked]
        assert {fact.split for fact in item.told} == {split}
        place = int(row["label"])
        assert labels[place] == item.asked
        assert [row[f"answer{i}"] == deduction.NONE for i in range(4)] == [i == item.none for i in range(4)]
    assert any(item.none >= 0 and item.labels[item.none] == item.asked for item in items)


def kind_of(text: str) -> str:
    """Kind of a thing from its words: `a dog` -> animal."""
    names = {f"{entry('en', name)['art']} {entry('en', name)['sg']}": name for name in objects()}
    return concepts()[names[text]].group


@pytest.mark.parametrize("split", SPLITS)
def test_things_are_of_their_kind(split: str) -> None:
    words = {"piece of furniture": "furniture", "musical instrument": "instrument"}
    for row in rows("commonsense_qa", split, "en"):
        texts, question = row["choices"]["text"], row["question"]
        place = row["choices"]["label"].index(row["answerKey"])
        if question.endswith("What is that?"):
            thing = question.removesuffix(". What is that?").partition(" has ")[2]
            right = [words.get(text.partition(" ")[2], text.partition(" ")[2]) == kind_of(thing) for text in texts]
        else:
            named = question.partition(". What")[0] if "looking" in question else question.removesuffix("?")
            kind = named.replace(" an ", " a ").rpartition(" a ")[2]
            wanted = "looking" in question
            right = [(kind_of(text) == words.get(kind, kind)) == wanted for text in texts]
        assert [i for i, is_right in enumerate(right) if is_right] == [place], row


def step_of(text: str) -> tuple[str, int]:
    """Activity and number of a step, told with any subject or with none."""
    for activity, steps in activities().items():
        for number, step in enumerate(steps):
            if number and text.endswith(step.removeprefix("{P} ")):
                return activity, number
    raise AssertionError(text)


@pytest.mark.parametrize("split", SPLITS)
def test_steps_follow_each_other(split: str) -> None:
    for row in rows("social_iqa", split, "en"):
        activity, number = step_of(row["context"])
        shift = 1 if "next" in row["question"] else -1
        places = [step_of(row[f"answer{letter}"]) for letter in "ABC"]
        assert [i + 1 for i, place in enumerate(places) if place == (activity, number + shift)] == [int(row["label"])]
    for row in rows("copa", split, "en"):
        activity, number = step_of(row["premise"])
        shift = 1 if row["question"] == "effect" else -1
        places = [step_of(row[f"choice{i}"]) for i in (1, 2)]
        assert [i for i, place in enumerate(places) if place == (activity, number + shift)] == [row["label"]]
