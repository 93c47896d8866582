"""The demo world as its users see it: counts, columns, parallel and repeatable rows, disjoint splits, scripts."""

import json
import re
import subprocess
import sys
import zlib
from functools import cache
from typing import Any

import pytest

from stilts_mlflow.data.demo import consequence, inference, paraphrase, reading, tagging, texts, world
from stilts_mlflow.data.demo.facts import Fact
from stilts_mlflow.data.demo.lexicon import concepts
from stilts_mlflow.data.demo.sentences import realise, say
from stilts_mlflow.data.demo.world import DEMO_LANGUAGES, DEMO_TASKS, LOW_RESOURCE, training_languages
from stilts_mlflow.errors import InputError
from tests.conftest import ROOT

rows = cache(world.rows)

COLUMNS = {
    "mnli": {"id", "premise", "hypothesis", "label"},
    "xnli": {"id", "premise", "hypothesis", "label"},
    **{name: {"id", "premise", "hypothesis", "label"} for name in ("snli", "anli_r1", "anli_r2", "anli_r3")},
    "qqp": {"id", "question1", "question2", "label"},
    "pawsx": {"id", "sentence1", "sentence2", "label"},
    "squad_v1": {"id", "title", "context", "question", "answers"},
    "squad_v2": {"id", "title", "context", "question", "answers"},
    "xquad": {"id", "title", "context", "question", "answers"},
    **{name: {"id", "title", "context", "question", "answers"} for name in ("mlqa", "mlqa_q_en", "tydiqa")},
    "xcopa": {"idx", "premise", "choice1", "choice2", "question", "label"},
    "hellaswag": {"ind", "activity_label", "ctx_a", "ctx_b", "ctx", "endings", "label", "split_type"},
    "cosmos_qa": {"id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label"},
    "commonsense_qa": {"id", "question", "question_concept", "choices", "answerKey"},
    "social_iqa": {"id", "context", "question", "answerA", "answerB", "answerC", "label"},
    "copa": {"idx", "premise", "choice1", "choice2", "question", "label"},
    "ccg": {"id", "tokens", "tags"},
    "udpos": {"id", "tokens", "pos_tags"},
    "panx": {"id", "tokens", "ner_tags"},
    "tatoeba": {"id", "source", "target", "source_order"},
    "bucc2018": {"id", "source", "target", "source_order"},
    "lareqa": {"id", "text", "context", "language", "is_query", "keys"},
    "bitext": {"id", "source", "target", "source_order", "language"},
    "masked_lm": {"id", "text", "language"},
}
LATIN = r"[A-Za-z\u00C0-\u024F\u1E00-\u1EFF\u0300-\u036F0-9 .,?¿'-]+"
SCRIPTS = {
    "ru": r"[\u0400-\u04FF0-9 .,?]+",
    "ar": r"[\u0600-\u06FF0-9 .]+",
    "hi": r"[\u0900-\u097F0-9 ,?]+",
    "zh": r"[\u4E00-\u9FFF0-9·。，？]+",
}
# The training sets of xnli and xquad are those of mnli and squad_v1.
SAME = {("xnli", "train"): "mnli", ("xquad", "train"): "squad_v1"}
PLACES = [(t, s, lang) for t, d in DEMO_TASKS.items() for s in d.sizes for lang in d.languages[s] if (t, s) not in SAME]
PARALLEL_TASKS = ("xnli", "pawsx", "xquad", "udpos", "panx", "mlqa", "tydiqa", "xcopa")
PARALLEL = [(t, s) for t, s in {(t, s): 0 for t, s, _ in PLACES} if t in PARALLEL_TASKS]


def digest(found: list[dict[str, Any]]) -> int:
    """Checksum of rows."""
    return zlib.crc32(json.dumps(found, ensure_ascii=False).encode())


def marked(places: list[tuple[str, str, str]]) -> list[Any]:
    """All places; the quick tier takes a task's dev and test sets in two languages, since making rows takes time."""
    kept = {(task, split, languages[i]) for task, split in dict.fromkeys((t, s) for t, s, _ in places)
            if (languages := DEMO_TASKS[task].languages[split]) for i in (0, -1) if split != "train"}  # fmt: skip
    return [place if place in kept else pytest.param(*place, marks=pytest.mark.slow) for place in places]


@pytest.mark.parametrize(("task", "split", "language"), marked(PLACES))
def test_rows_have_columns_counts_and_few_repetitions(task: str, split: str, language: str) -> None:
    found = rows(task, split, language)
    scarce = language in LOW_RESOURCE and task in ("bitext", "masked_lm") and split == "train"
    extra = texts.DISTRACTORS if task == "tatoeba" else 0
    assert len(found) == DEMO_TASKS[task].sizes[split] // (5 if scarce else 1) + extra
    assert all(set(row) == COLUMNS[task] for row in found)
    names = ("id", "ind", "idx", "source_order")
    bodies = {json.dumps({key: row[key] for key in row if key not in names}) for row in found}
    assert len(bodies) >= 0.95 * len(found)
    identities = [row.get("id", row.get("ind", row.get("idx"))) for row in found]
    assert len(set(identities)) == len(found)


@pytest.mark.parametrize(("task", "split"), SAME)
def test_zero_shot_tasks_train_on_the_english_task(task: str, split: str) -> None:
    assert rows(task, split, "en") == rows(SAME[task, split], split, "en")


@pytest.mark.parametrize(("task", "split"), PARALLEL)
def test_rows_are_parallel(task: str, split: str) -> None:
    languages = DEMO_TASKS[task].languages[split]
    first, *others = [
        [(row.get("id", row.get("idx")), row.get("label")) for row in rows(task, split, language)]
        for language in languages
    ]
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_text_is_in_its_script(language: str) -> None:
    pattern = re.compile(SCRIPTS.get(language, LATIN))
    found = [*rows("masked_lm", "dev", language), *rows("xquad", "test", language), *rows("xnli", "test", language)]
    columns = ("text", "context", "question", "premise", "hypothesis")
    assert all(pattern.fullmatch(row[column]) for row in found for column in columns if column in row)


@pytest.mark.slow
@pytest.mark.parametrize("language", DEMO_LANGUAGES)
def test_training_text_has_the_words_of_the_tests(language: str) -> None:
    text = " ".join(row["text"] for row in rows("masked_lm", "train", language))
    if language != "en":
        text += " ".join(row["source"] for row in rows("bitext", "train", language))
    seen = text.lower() if language == "zh" else set(re.findall(r"[\w'\u0300-\u036f-]+", text.lower()))
    needed = {token.lower() for row in rows("udpos", "test", language) for token in row["tokens"] if token.isalpha()}
    missing = sorted(word for word in needed if word not in seen)
    assert len(missing) <= 0.01 * len(needed), missing


def test_splits_tell_different_facts() -> None:
    for split in ("train", "dev", "test"):
        told: list[Fact] = []
        told += [fact for item in inference.inferences("xnli", split, 300) for fact in item.premise]
        told += [fact for item in reading.readings("xquad", split, 200) for fact in item.facts]
        told += [
            fact for name in ("mlqa", "tydiqa") for item in reading.readings(name, split, 200) for fact in item.facts
        ]
        told += [item.told if item.asked == "effect" else item.right for item in consequence.consequences(split, 200)]
        told += [fact for item in paraphrase.paraphrases(split, 300) for fact, _ in item.first]
        told += [fact for fact, _ in tagging.tellings("udpos", split, 300)]
        assert {fact.split for fact in told} == {split}
    assert {fact.split for fact in texts._pool("test", 250)[0]} == {"test"}
    general = {concept.group for concept in concepts().values() if concept.kind == "noun"}
    assert {fact.split for fact, _ in texts._bitext("train", 2500).values() if fact["o"] not in general - {""}} == {
        "train"
    }


@pytest.mark.parametrize("language", [language for language in DEMO_LANGUAGES if language != "en"])
def test_retrieval_pool_and_order(language: str) -> None:
    found = rows("tatoeba", "test", language)
    targets = [row["target"] for row in found if row["target"]]
    assert targets == sorted(set(targets))
    assert sorted(row["source_order"] for row in found) == list(range(len(found)))
    assert [row["source_order"] for row in found] != list(range(len(found)))
    sources = [row["source"] for row in found]
    assert len(set(sources)) == len(sources)
    facts, distractors = texts._pool("test", 250)
    assert [say(fact, language) for fact in facts] == sources[: len(facts)]
    assert all(any(len(set(near.slots) ^ set(fact.slots)) <= 3 for fact in facts) for near in distractors)


def test_rows_are_the_same_in_every_process() -> None:
    code = (
        "import json, zlib\n"
        "from stilts_mlflow.data.demo.world import rows\n"
        "for p in (('xnli','test','sw'),('xquad','test','zh'),('panx','test','eu'),('tatoeba','test','yo'),"
        "('hellaswag','dev','en'),('masked_lm','dev','ru'),('qqp','dev','en'),('pawsx','test','hi')):\n"
        "    print(*p, zlib.crc32(json.dumps(rows(*p), ensure_ascii=False).encode()))\n"
    )
    environment = {"PYTHONHASHSEED": "1"}  # this process has another one, most likely
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    for line in done.stdout.splitlines():
        task, split, language, checksum = line.split()
        assert digest(rows(task, split, language)) == int(checksum)


def test_rows_are_fresh() -> None:
    world.rows("panx", "dev", "en")[0]["tokens"].clear()
    assert world.rows("panx", "dev", "en")[0]["tokens"]


def test_wrong_names_are_told() -> None:
    with pytest.raises(InputError, match="unknown demo task 'xlni'; did you mean 'xnli'"):
        rows("xlni", "test", "en")
    with pytest.raises(InputError, match="mnli: no split 'test'"):
        rows("mnli", "test", "en")
    with pytest.raises(InputError, match="xnli/train: no language 'de'; languages: en"):
        rows("xnli", "train", "de")
    with pytest.raises(InputError, match="unknown demo task"):
        training_languages("xlni")


def test_training_languages() -> None:
    assert training_languages("mnli") == ("en",)
    assert training_languages("masked_lm") == DEMO_LANGUAGES
    assert training_languages("tatoeba") == ()


def test_names_are_written_in_the_script_of_the_language() -> None:
    fact = Fact("LIVE", ()).having(s="maria", c="cairo")
    told = {language: {token.text for token in realise(fact, "0", language)} for language in DEMO_LANGUAGES}
    for language, name in {"ru": "Мария", "ar": "ماريا", "hi": "मारिया", "zh": "玛丽亚", "fi": "Maria"}.items():
        assert name in told[language]
