"""Files of BUCC, XQuAD-R and Mewsli-X: what their readers make of them, and what they refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow.data.bitext import read_mining
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.data.passages import read_mewslix, read_xquad_r
from stilts_mlflow.errors import InputError
from stilts_mlflow.retrieval.pools import candidates_of, mining_pools, ranking_pools
from stilts_mlflow.tasks.examples import PassageExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import FileSource
from tests.data.writing import write

FOREIGN = "de-1\tRegen.\nde-2\tBrot.\textra\nde-3\tMilch.\n"
ENGLISH = "en-1\tRain.\nen-2\tNobody knows.\nen-3\tBread.\n"
GOLD = "de-2\ten-3\nde-1\ten-1\n"


def mining(folder: Path, foreign: str = FOREIGN, english: str = ENGLISH, gold: str = GOLD) -> list[dict[str, Any]]:
    one, two = write(folder, foreign, "a.de"), write(folder, english, "a.en")
    return read_mining(one, FileSource("x", "mining", options={"order": write(folder, gold, "gold")}), two)


def test_pairs_and_sentences_alone_are_rows(tmp_path: Path) -> None:
    # Pairs at 1/4 and 3/4, the others at 1/2: whatever is cut off, each kind has its share.
    assert mining(tmp_path) == [
        {"id": "de-1 en-1", "source": "Regen.", "target": "Rain.", "source_order": 0},
        {"id": "en-2", "source": None, "target": "Nobody knows.", "source_order": None},
        {"id": "de-3", "source": "Milch.", "target": None, "source_order": 2},
        {"id": "de-2 en-3", "source": "Brot.", "target": "Bread.", "source_order": 1},
    ]


def test_a_sentence_may_have_several_translations(tmp_path: Path) -> None:
    ids = [row["id"] for row in mining(tmp_path, gold=GOLD + "de-3\ten-3\nde-2\ten-3\n")]
    assert sorted(ids) == ["de-1 en-1", "de-2 en-3", "de-3 en-3", "en-2"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"foreign": "de-1\tRegen.\nde-2 Brot.\n"}, r"a\.de:2: expected an id without spaces, a tab and a sentence"),
        ({"foreign": "de-1\tRegen.\nde-1\tBrot.\n"}, r"a\.de:2: id 'de-1' occurs twice"),
        ({"english": ENGLISH + "en-3\tBread.\n"}, r"a\.en:4: id 'en-3' occurs twice"),
        ({"gold": "de-1\ten-1\nde-9\ten-3\n"}, r"gold:2: id 'de-9' is not in .*a\.de"),
        ({"gold": "de-1\ten-9\n"}, r"gold:1: id 'en-9' is not in .*a\.en"),
        ({"gold": "en-1\tde-1\n"}, r"gold:1: id 'en-1' is not in .*a\.de"),
        ({"gold": "de-1\n"}, r"gold:1: 1 columns; expected 2"),
        ({"gold": ""}, r"gold: no gold pairs"),
    ],
)
def test_wrong_pools_are_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mining(tmp_path, **files)


@pytest.mark.parametrize("stem", ["bucc2018/de-en.training", "bucc2018/de-en/de-en.training", "bucc2018/de-en.test"])
def test_names_of_the_shared_task_and_of_xtreme(tmp_path: Path, stem: str) -> None:
    source = DataSource("files", str(tmp_path))
    write(tmp_path, FOREIGN, f"{stem}.de")
    write(tmp_path, ENGLISH, f"{stem}.en")
    with pytest.raises(InputError, match=r"bucc2018/de/test: no file .* with labels/bucc2018/test-de\.tsv.*gold pairs"):
        load_examples(TASKS["bucc2018"], "test", "de", source)
    gold = "labels/bucc2018/test-de.tsv" if stem.endswith("test") else f"{stem}.gold"
    write(tmp_path, GOLD, gold)
    pools = mining_pools(load_examples(TASKS["bucc2018"], "test", "de", source))
    assert pools.gold == {("de-1", "en-1"), ("de-2", "en-3")}
    assert (pools.foreign.texts, pools.english.ids) == (("Regen.", "Brot.", "Milch."), ("en-1", "en-2", "en-3"))


CONTEXT = "Ada sells bread. She lives by the river. She lives by the river."
SENTENCE = "She lives by the river."


def xquad_r(folder: Path, starts: list[int], name: str = "en.json", **changes: Any) -> Path:
    questions = [
        {"id": f"q{i}", "question": f"Question {i}?", "answers": [{"text": "?", "answer_start": start}]}
        for i, start in enumerate(starts)
    ]
    breaks = [[0, 16], [17, 40], [41, 64]]
    paragraph = {"context": CONTEXT, "qas": questions, "sentence_breaks": breaks, "sentences": []} | changes
    return write(folder, json.dumps({"data": [{"title": "t", "paragraphs": [paragraph]}], "version": "1"}), name)


def test_sentences_are_candidates_and_the_answers_sentence_is_right(tmp_path: Path) -> None:
    path = xquad_r(tmp_path, [4, 30, 40])  # 40 is between two sentences
    rows = read_xquad_r(path, FileSource("x", "xquad_r"), None)
    # The second and third sentence read the same: both are right for q1.
    assert [(row["id"], row["text"], row["keys"], row["is_query"]) for row in rows] == [
        ("en_1_0", "Ada sells bread.", ["q0"], False),
        ("en_1_1", SENTENCE, ["q1"], False),
        ("en_1_2", SENTENCE, ["q1"], False),
        ("q0", "Question 0?", ["q0"], True),
        ("q1", "Question 1?", ["q1"], True),
    ]
    assert {row["context"] for row in rows[:3]} == {CONTEXT}
    assert read_xquad_r(xquad_r(tmp_path, [40]), FileSource("x", "xquad_r"), None) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sentence_breaks": [[0, 99]]}, "paragraph en_1: sentence_breaks leave the context of 64 characters"),
        ({"sentence_breaks": None}, "not XQuAD-R"),
        ({"qas": [{"id": "q", "question": "?", "answers": []}]}, "question 'q' has 0 answers; expected 1"),
        ({"qas": [{"id": "q", "question": "?", "answers": [{"answer_start": 1}]}] * 2}, "id 'q' occurs twice"),
    ],
)
def test_wrong_xquad_r_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_xquad_r(xquad_r(tmp_path, [4], **changes), FileSource("x", "xquad_r"), None)


def entity(name: str, language: str, text: str = "A  river.\nIt is long. More.") -> dict[str, Any]:
    spans = [{"start": 0, "end": 9}, {"start": 10, "end": 21}]
    return {
        "entity_id": name,
        "title": name,
        "description": text,
        "sentence_spans": spans,
        "description_language": language,
        "description_url": "",
    }


def mention(name: str, gold: str, language: str, start: int = 16, text: str = "Rhein") -> dict[str, Any]:
    context = "Sie kam. Er sah Rhein und {Main}. Ende."
    spans = [{"start": 0, "end": 8}, {"start": 9, "end": 33}, {"start": 34, "end": 39}]
    span = {"start": start, "end": start + len(text), "text": text}
    mentions = [{"example_id": name, "mention_span": span, "entity_id": gold}]
    return {"context": {"text": context, "language": language, "sentence_spans": spans}, "mentions": mentions}


def jsonl(folder: Path, rows: list[dict[str, Any]], name: str) -> Path:
    return write(folder, "".join(json.dumps(row) + "\n" for row in rows), name)


def test_mentions_and_entities_are_read_as_the_official_script_does(tmp_path: Path) -> None:
    entities = jsonl(tmp_path, [entity("Q1", "de"), entity("Q2", "fr"), entity("Q3", "tr")], "e.jsonl")
    mentions = jsonl(tmp_path, [mention("m1", "Q3", "de")], "m.jsonl")
    rows = read_mewslix(mentions, FileSource("x", "mewslix"), entities)
    # The mention's entity first; the query: mention, colon, its sentence, other braces made round.
    assert [(row["id"], row["part"], row["language"]) for row in rows] == [
        ("Q3", "tr", "tr"),
        ("m1", "de", "de"),
        ("Q1", "de", "de"),
        ("Q2", "en", "fr"),  # the task has no French: these come with English
    ]
    assert rows[1]["text"] == "Rhein: Er sah { Rhein } und (Main)."
    assert rows[1]["keys"] == ["Q3"]
    assert rows[0]["text"] == "A river. It is long."


@pytest.mark.parametrize(
    ("rows", "entities", "message"),
    [
        ([mention("m", "Q9", "de")], [entity("Q1", "de")], r"m\.jsonl:1: entity 'Q9' is not in .*e\.jsonl"),
        ([mention("m", "Q1", "de")] * 2, [entity("Q1", "de")], r"m\.jsonl:2: id 'm' occurs twice"),
        ([mention("m", "Q1", "de")], [entity("Q1", "de")] * 2, r"e\.jsonl:2: id 'Q1' occurs twice"),
        ([mention("m", "Q1", "de", 15)], [entity("Q1", "de")], r"mention 'Rhein' is not at 15, there is ' Rhei'"),
        ([mention("m", "Q1", "de", 4, "kam. Er")], [entity("Q1", "de")], r"lies in no sentence"),
        ([{"mentions": []}], [entity("Q1", "de")], r"m\.jsonl:1: not a context with mentions"),
        ([mention("m", "Q1", "de")], [{"entity_id": "Q1"}], r"e\.jsonl:1: not an entity"),
    ],
)
def test_wrong_mewslix_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], entities: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_mewslix(jsonl(tmp_path, rows, "m.jsonl"), FileSource("x", "mewslix"), jsonl(tmp_path, entities, "e.jsonl"))


def test_mewslix_is_searched_in_one_pool(tmp_path: Path) -> None:
    task, source = TASKS["mewslix"], DataSource("files", str(tmp_path))
    jsonl(
        tmp_path, [entity("Q1", "de"), entity("Q2", "fr"), entity("Q3", "tr")], "mewslix/candidate_set_entities.jsonl"
    )
    found = [mention("m1", "Q2", "de"), mention("m2", "Q1", "tr")]
    jsonl(tmp_path, found, "mewslix/wikinews_mentions-test.jsonl")
    assert available_languages(task, "test", source) == task.languages
    loaded = {code: load_examples(task, "test", code, source) for code in ("de", "en", "tr")}
    pool = candidates_of(list(loaded.values()))
    assert sorted(candidate.id for candidate in pool) == ["Q1", "Q2", "Q3"]
    asked = ranking_pools(loaded["de"], pool, "mewslix/de/test")
    assert [pool[place].id for place in asked.right[0]] == ["Q2"]
    assert all(isinstance(example, PassageExample) for example in loaded["en"])
    with pytest.raises(InputError, match=re.escape("mewslix/ro/test: no examples")):
        load_examples(task, "test", "ro", source)
