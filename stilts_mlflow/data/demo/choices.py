"""Multiple choice in the demo world (English): about a paragraph, kinds of things, what goes before and after.

The right choice follows from the facts or from the order of an activity's steps; the wrong ones are of the same kind.
"""

from functools import cache
from random import Random
from typing import Any

from stilts_mlflow.data.demo.facts import Fact, draw, draw_value, objects
from stilts_mlflow.data.demo.lexicon import concepts, entry
from stilts_mlflow.data.demo.reading import answer_span, readings
from stilts_mlflow.data.demo.scripts import PRONOUNS, activities, cases
from stilts_mlflow.data.demo.sentences import paragraph, realise, say, text

Case = tuple[str, str, str, int]


def shuffled(rng: Random, right: str, wrong: list[str]) -> tuple[list[str], int]:
    """The choices in random order and the place of the right one."""
    choices = [right, *wrong]
    rng.shuffle(choices)
    return choices, choices.index(right)


def plain(form: str) -> str:
    """A form without the tags of its words."""
    return " ".join(word.partition(":")[0].partition("^")[0] for word in form.split())


def _answer(fact: Fact, asked: str, language: str) -> str:
    tokens = realise(fact, "0", language)
    start, end = answer_span(tokens, asked, language)
    return text(tokens, language)[start:end]


def paragraph_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """Cosmos QA: `id`, `context`, `question`, `answer0` to `answer3`, `label`; other values of the slot are wrong."""
    rng = Random(f"cosmos_qa/{split}")
    found = []
    for i, item in enumerate(readings("cosmos_qa", split, count)):
        told = [say(fact, language, order) for fact, order in zip(item.facts, item.orders, strict=True)]
        right = _answer(item.target, item.asked, language)
        wrong: list[str] = []
        while len(wrong) < 3:
            other = item.target.having(**{item.asked: draw_value(rng, item.target, item.asked)})
            value = _answer(other, item.asked, language)
            if value not in (right, *wrong):
                wrong.append(value)
        answers, label = shuffled(rng, right, wrong)
        row = {"id": f"{split}-{i}", "context": paragraph(told, language)}
        row |= {"question": say(item.target, language, item.asked)}
        found.append(row | {f"answer{k}": answer for k, answer in enumerate(answers)} | {"label": label})
    return found


@cache
def _kinds() -> dict[str, str]:
    """Hypernym of every noun that has one."""
    return {name: concepts()[name].group for name in objects()}


def kind_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """CommonsenseQA: `id`, `question`, `question_concept`, `choices`, `answerKey`: what kind of thing was it?"""
    rng = Random(f"commonsense_qa/{split}")
    kinds = sorted(set(_kinds().values()))
    found: dict[str, dict[str, Any]] = {}
    while len(found) < count:
        fact = draw(rng, "ACT", split)
        right = _kinds()[fact["o"]]
        sentence = say(fact, language)
        choices, place = shuffled(rng, right, rng.sample([kind for kind in kinds if kind != right], 4))
        row = {
            "id": f"{split}-{len(found)}",
            "question": f"{sentence} What kind of thing is that?",
            "question_concept": plain(entry(language, fact["o"])["sg"]),
            "choices": {"label": list("ABCDE"), "text": [plain(entry(language, kind)["sg"]) for kind in choices]},
            "answerKey": "ABCDE"[place],
        }
        found.setdefault(sentence, row)
    return list(found.values())


def _steps(case: Case, language: str) -> list[str]:
    """Every step of the case's activity as a sentence about its person."""
    first, family, activity, _ = case
    pronoun = PRONOUNS[concepts()[first].group]
    name = " ".join(entry(language, each)["nom"] for each in (first, family) if each)
    steps = (step if step.startswith("{") else f"{{P}} {step}" for step in activities()[activity])
    return [step.format(s=name, P=pronoun) for step in steps]


def _others(rng: Random, case: Case, language: str, count: int) -> list[str]:
    """Steps of other activities, about the same person."""
    wanted = rng.sample([name for name in activities() if name != case[2]], count)
    return [rng.choice(_steps((*case[:2], name, 0), language)[1:]) for name in wanted]


def social_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """Social IQa: `context`, `question`, `answerA` to `answerC`, `label` "1" to "3": what comes next?"""
    rng = Random(f"social_iqa/{split}")
    found = []
    for case in rng.sample(cases(split), count):
        steps, told = _steps(case, language), case[3]
        answers, place = shuffled(rng, steps[told], _others(rng, case, language, 2))
        name = entry(language, case[0])["nom"]
        row = {"context": " ".join(steps[:told]), "question": f"What will {name} do next?"}
        found.append(row | {f"answer{k}": a for k, a in zip("ABC", answers, strict=True)} | {"label": str(place + 1)})
    return found


def copa_rows(split: str, language: str, count: int) -> list[dict[str, Any]]:
    """COPA: `premise`, `choice1`, `choice2`, `question` (the step before or after), `label`, `idx`."""
    rng = Random(f"copa/{split}")
    found = []
    for i, case in enumerate(rng.sample(cases(split), count)):
        steps, told = _steps(case, language), case[3]
        before, after = steps[told - 1], steps[told]
        is_cause = i % 2 == 0
        choices, place = shuffled(rng, before if is_cause else after, _others(rng, case, language, 1))
        row: dict[str, Any] = {"premise": after if is_cause else before, "choice1": choices[0], "choice2": choices[1]}
        found.append(row | {"question": "cause" if is_cause else "effect", "label": place, "idx": i})
    return found
