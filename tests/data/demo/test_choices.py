"""Multiple choice of the demo world: the right choice follows, the others do not."""

from collections import Counter

import pytest

from stilts_mlflow.data.demo import choices, reading, scripts
from stilts_mlflow.data.demo.lexicon import entry
from stilts_mlflow.data.demo.world import DEMO_TASKS, rows


@pytest.mark.parametrize("split", ["train", "dev"])
def test_answers_to_questions_on_a_paragraph(split: str) -> None:
    found = rows("cosmos_qa", split, "en")
    for row, item in zip(found, reading.readings("cosmos_qa", split, len(found)), strict=True):
        answers = [row[f"answer{i}"] for i in range(4)]
        assert len(set(answers)) == 4
        right = answers[row["label"]].removeprefix("a ").removeprefix("an ")
        assert right.lower() in row["context"].lower()
        assert item.target in item.facts


@pytest.mark.parametrize("split", ["train", "dev"])
def test_kinds_of_things(split: str) -> None:
    kinds = {
        choices.plain(entry("en", name)["sg"]): choices.plain(entry("en", kind)["sg"])
        for name, kind in choices._kinds().items()
    }
    for row in rows("commonsense_qa", split, "en"):
        place = row["choices"]["label"].index(row["answerKey"])
        assert len(set(row["choices"]["text"])) == 5
        assert row["choices"]["text"][place] == kinds[row["question_concept"]]
        assert row["question_concept"] in row["question"]
        assert ":" not in "".join(row["choices"]["text"])


@pytest.mark.parametrize("split", ["train", "dev"])
def test_what_comes_before_and_after(split: str) -> None:
    for task in ("social_iqa", "copa"):
        made = rows(task, split, "en")
        cases = {" ".join(map(str, case)) for case in scripts.cases(split)}
        assert len(cases) >= len(made)
        assert not any("{" in str(value) for row in made for value in row.values())
    for row in rows("social_iqa", split, "en"):
        assert len({row["answerA"], row["answerB"], row["answerC"]}) == 3
    for row in rows("copa", split, "en"):
        assert row["choice1"] != row["choice2"] != row["premise"]


def test_the_next_step_is_of_the_same_activity() -> None:
    """Words of a step, whose person may be anybody, tell its activity and its place in it."""
    place = {
        step.removeprefix("{P} "): (name, i)
        for name, steps in scripts.activities().items()
        for i, step in enumerate(steps)
    }
    for row in rows("copa", "dev", "en"):
        right, wrong = (row["choice1"], row["choice2"]) if row["label"] == 0 else (row["choice2"], row["choice1"])
        told, answer, other = (_find(text, place) for text in (row["premise"], right, wrong))
        assert answer == (told[0], told[1] + (1 if row["question"] == "effect" else -1))
        assert other[0] != told[0]


def _find(text: str, place: dict[str, tuple[str, int]]) -> tuple[str, int]:
    return next(found for step, found in place.items() if text.endswith(step.removeprefix("{s} ")))


@pytest.mark.parametrize("task", ["cosmos_qa", "commonsense_qa", "social_iqa", "copa"])
def test_right_choices_are_anywhere(task: str) -> None:
    key = "answerKey" if task == "commonsense_qa" else "label"
    counts = Counter(str(row[key]) for row in rows(task, "train", "en"))
    assert max(counts.values()) < 1.3 * DEMO_TASKS[task].sizes["train"] / len(counts)
