"""Labels follow from the facts, derived here again without the code that made the rows."""

import re
from collections import Counter
from functools import cache

import pytest

from stilts_mlflow.data.demo import inference, paraphrase, reading, tagging, world
from stilts_mlflow.data.demo.facts import Fact
from stilts_mlflow.data.demo.lexicon import concepts
from stilts_mlflow.data.demo.world import DEMO_LANGUAGES, DEMO_TASKS
from stilts_mlflow.tasks.xtreme import NER, UPOS

rows = cache(world.rows)

NLI = [("mnli", "train"), ("mnli", "dev"), ("xnli", "dev"), ("xnli", "test")]
NLI += [(name, split) for name in ("snli", "anli_r1", "anli_r2", "anli_r3") for split in ("train", "dev")]
READING = [("squad_v1", "train"), ("squad_v1", "dev"), ("squad_v2", "dev"), ("xquad", "dev"), ("xquad", "test")]
READING += [(name, split) for name in ("mlqa", "mlqa_q_en", "tydiqa") for split in ("dev", "test")]
TAGS = {"udpos": "pos_tags", "panx": "ner_tags", "ccg": "tags"}


def relation(premise: Fact, hypothesis: Fact) -> str:
    """What one event says of another telling of it: entailment, contradiction or neutral."""
    told = dict(premise.slots)
    asked = dict(hypothesis.slots)
    if premise.frame != hypothesis.frame or any(told.get(slot) != asked.get(slot) for slot in "svq"):
        return "neutral"
    general = {told.get("o"), concepts()[told["o"]].group} if "o" in told else {None}
    if asked.get("o") not in general:
        return "neutral"
    verdicts = {_compare(slot, told.get(slot), value) for slot, value in asked.items() if slot not in "svqo"}
    return next((each for each in ("contradiction", "neutral") if each in verdicts), "entailment")


def _compare(slot: str, told: str | None, asked: str) -> str:
    """One slot: the same, another value of the same scale, or not comparable."""
    if told == asked:
        return "entailment"
    if told is None or (slot == "a" and concepts()[told].group != concepts()[asked].group):
        return "neutral"
    return "contradiction"


def derived_label(item: inference.Inference) -> str:
    """Label of a pair: denied, what follows contradicts, and what contradicts a lasting state follows."""
    verdicts = {relation(fact, item.hypothesis) for fact in item.premise}
    if item.denied:
        swap = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
        lasting = item.hypothesis.frame in ("LIVE", "WORK")
        assert lasting or "contradiction" not in verdicts
        verdicts = {swap[verdict] for verdict in verdicts}
    return next((each for each in ("contradiction", "entailment") if each in verdicts), "neutral")


@pytest.mark.parametrize(("task", "split"), NLI)
def test_inference_follows_from_the_facts(task: str, split: str) -> None:
    name = "nli" if split == "train" and task == "mnli" else task
    items = inference.inferences(name, split, DEMO_TASKS[task].sizes[split])
    assert [derived_label(item) for item in items] == [item.label for item in items]
    assert [row["label"] for row in rows(task, split, "en")] == [item.label for item in items]
    assert max(Counter(item.label for item in items).values()) == len(items) // 3


def test_no_single_word_gives_the_label_away() -> None:
    found = rows("mnli", "train", "en")
    labels: dict[str, Counter[str]] = {}
    for row in found:
        for word in set(re.findall(r"\w+", row["hypothesis"])):
            labels.setdefault(word, Counter())[row["label"]] += 1
    worst = max(max(count.values()) / count.total() for count in labels.values() if count.total() >= 100)
    assert worst < 0.7


@pytest.mark.parametrize(("task", "split"), READING)
def test_answers_are_spans_and_unique(task: str, split: str) -> None:
    name = "squad" if split == "train" else task.removesuffix("_q_en")
    items = reading.readings(name, split, DEMO_TASKS[task].sizes[split])
    for language in DEMO_TASKS[task].languages[split]:
        for row in rows(task, split, language):
            for answer, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
                assert answer
                assert answer == answer.strip(" .,。，।")
                assert row["context"][start : start + len(answer)] == answer
    for item in items:
        assert (item.target in item.facts) == item.answerable
        given = {slot: value for slot, value in item.target.slots if slot not in (item.asked, "a")}
        fitting = [
            fact
            for fact in item.facts
            if fact.frame == item.target.frame
            and fact[item.asked]
            and all(fact[slot] == value for slot, value in given.items())
        ]
        assert len(fitting) == int(item.answerable)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_questions_about_contexts_in_another_language(split: str) -> None:
    english = [row["question"] for row in rows("mlqa", split, "en")]
    for language in DEMO_TASKS["mlqa_q_en"].languages[split]:
        crossed, same = rows("mlqa_q_en", split, language), rows("mlqa", split, language)
        assert [row["question"] for row in crossed] == english
        assert [{**row, "question": ""} for row in crossed] == [{**row, "question": ""} for row in same]


def test_a_third_of_squad_v2_has_no_answer() -> None:
    empty = sum(not row["answers"]["text"] for row in rows("squad_v2", "dev", "en"))
    assert empty == 100


@pytest.mark.parametrize("task", sorted(TAGS))
def test_tags_align_and_are_legal(task: str) -> None:
    for split, languages in DEMO_TASKS[task].languages.items():
        for language in languages:
            found = rows(task, split, language)
            assert all(len(row["tokens"]) == len(row[TAGS[task]]) for row in found)
            assert all(token and " " not in token for row in found for token in row["tokens"])
            used = {tag for row in found for tag in row[TAGS[task]]}
            assert "" not in used
            assert used <= {"udpos": set(UPOS) - {"X"}, "panx": set(NER), "ccg": used}[task]


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_entities_are_valid_spans(language: str) -> None:
    spans: Counter[str] = Counter()
    for row in rows("panx", "test", language):
        for previous, tag in zip(["O", *row["ner_tags"]], row["ner_tags"], strict=False):
            assert not tag.startswith("I-") or previous[2:] == tag[2:], row
            spans[tag] += 1
    assert all(spans[tag] >= 20 for tag in set(NER) - {"I-LOC"})


def test_entities_are_the_same_in_every_language() -> None:
    counts = {
        language: [Counter(tag for tag in row["ner_tags"] if tag[0] == "B") for row in rows("panx", "test", language)]
        for language in DEMO_LANGUAGES
    }
    assert all(found == counts["en"] for found in counts.values())


def test_ccg_has_many_categories() -> None:
    used = {tag for row in rows("ccg", "train", "en") for tag in row["tags"]}
    assert len(used) >= 20
    assert {tag for row in rows("ccg", "dev", "en") for tag in row["tags"]} <= used


def test_paraphrases_are_the_same_facts() -> None:
    for split in ("train", "dev", "test"):
        items = paraphrase.paraphrases(split, DEMO_TASKS["pawsx"].sizes[split])
        for item in items:
            same = {fact for fact, _ in item.first} == {fact for fact, _ in item.second}
            assert same == item.same
        assert sum(item.same for item in items) == len(items) // 2


@pytest.mark.parametrize("task", ["udpos", "panx", "ccg"])
def test_held_out_names_are_for_the_entity_test_only(task: str) -> None:
    held = {each.name for each in concepts().values() if each.held}
    for split in DEMO_TASKS[task].sizes:
        told = tagging.tellings(task, split, DEMO_TASKS[task].sizes[split])
        used = {part for fact, _ in told for _, value in fact.slots for part in re.split("[+@]", value)}
        assert bool(used & held) == (task == "panx" and split == "test")


def test_right_endings_continue_the_activity() -> None:
    for row in rows("hellaswag", "train", "en"):
        assert len(set(row["endings"])) == 4
        assert row["ctx"] == f"{row['ctx_a']} {row['ctx_b']}"
        assert row["endings"][int(row["label"])] not in row["ctx"]
