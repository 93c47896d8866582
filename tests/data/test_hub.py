"""The Hub backend through the real `datasets`, against a replica of the Hub: every source, the try-list, errors."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest

from stilts_mlflow.data.hub_rows import convert, mined
from stilts_mlflow.data.load import DataSource, available_languages, fingerprint, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.hub_sources import HUB
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import HubSource
from tests.conftest import ROOT
from tests.data.writing import write
from tests.hub_replica import Replica
from tests.hub_repositories import HELD, HELLASWAG, LISTS, PAIR, Held, card, fill, pairs, parquet, questions

pytestmark = pytest.mark.slow  # two servers, and a fresh process for each question

LOAD = """
import json, sys
from dataclasses import asdict, replace
from stilts_mlflow.data import hub
from stilts_mlflow.data.load import DataSource, fingerprint, load_examples, load_translated
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.hub_sources import HUB
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

def load(name, language, split):
    # A task whose row is still to come has its sources already.
    task = TASKS.get(name) or Task(name, "classification", (language,), (), lambda row: None, {}, hub=HUB[name])
    try:
        rows, served = hub.load(task, split, language)
        if name not in TASKS:
            examples = []
        elif split == "translated":
            examples = load_translated(task, language, DataSource("hub"))
        else:
            examples = load_examples(task, split, language, DataSource("hub"))
    except InputError as error:
        return {"error": str(error)}
    return {"rows": rows, "served": asdict(served), "examples": fingerprint(examples), "count": len(examples)}

print(json.dumps({key: load(*key.split("/")) for key in sys.argv[1:]}))
"""


def ask(endpoint: str, home: Path, *keys: str, **environment: str) -> dict[str, dict[str, Any]]:
    """What a fresh process loads: the libraries read the environment when they are imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING_FACE"))}
    env = {**kept, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", **environment}
    command = [sys.executable, "-c", LOAD, *keys]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica() as server:
        fill(server)
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hf-home")


@pytest.fixture(scope="module")
def found(replica: Replica, home: Path) -> dict[str, dict[str, Any]]:
    """Everything the replica holds, loaded in one process."""
    return ask(replica.url, home, *(one.id for one in HELD))


def test_every_task_with_sources_is_held() -> None:
    held = {one.task for one in HELD}
    assert set(HUB) == held
    assert {name for name, row in TASKS.items() if row.hub} == held & set(TASKS)


@pytest.mark.parametrize("one", HELD, ids=lambda one: one.id)
def test_rows_come_with_the_names_of_the_reader(found: dict[str, dict[str, Any]], one: Held) -> None:
    answer = found[one.id]
    assert "error" not in answer, answer
    first = answer["rows"][0]
    assert {name: first.get(name) for name in one.first} == dict(one.first)
    assert answer["served"]["place"].startswith(one.repo)
    assert answer["served"]["place"].endswith(one.place.removeprefix("default/"))
    assert answer["served"]["rows"] == len(answer["rows"])
    assert len(answer["served"]["revision"]) == 40
    assert one.task not in TASKS or answer["count"] > 0


def squad(rows: list[dict[str, Any]]) -> str:
    """SQuAD's JSON of rows whose answers are lists of records."""
    paragraphs = [
        {"context": row["context"], "qas": [{key: row[key] for key in ("id", "question", "answers")}]} for row in rows
    ]
    return json.dumps({"data": [{"title": "Ada", "paragraphs": paragraphs}], "version": "1.1"})


def multinli(labels: tuple[str, ...]) -> str:
    """MultiNLI's lines."""
    named = zip(pairs(), labels, strict=True)
    rows = [{"sentence1": o["premise"], "sentence2": o["hypothesis"], "gold_label": label} for o, label in named]
    return "\n".join(map(json.dumps, rows))


ORIGINALS: dict[str, dict[str, str]] = {
    "mnli/en/train": {
        "mnli/multinli_1.0/multinli_1.0_train.jsonl": multinli(("entailment", "contradiction", "-")),
    },
    "squad_v1/en/train": {"squad/train-v1.1.json": squad(questions(records=True))},
    "xquad/de/test": {"xquad/xquad.de.json": squad(questions(records=True))},
    "hellaswag/en/train": {
        "hellaswag/hellaswag_train.jsonl": json.dumps({**HELLASWAG, "label": 0}),
    },
    "xnli/sw/test": {
        "xnli/test-sw.tsv": "The baker sells bread.\tBread is sold.\tentailment\nIt rains.\tIt is dry.\tcontradiction\n"
    },
    "panx/sw/test": {"panx_dataset/sw/test": "sw:w0\tB-LOC\nsw:w1\tI-LOC\nsw:w2\tO\n\nsw:w0\tB-PER\n"},
    "udpos/en/train": {"udpos/train-en.tsv": "w0\tNOUN\nw1\tVERB\n\nw0\tPUNCT\n"},
    "tatoeba/de/test": {
        "tatoeba/v1/tatoeba.deu-eng.deu": "Regen.\nBrot.\n",
        "tatoeba/v1/tatoeba.deu-eng.eng": "Rain.\nBread.\n",
    },
}
"""The same rows in the original files."""


@pytest.mark.parametrize("key", ORIGINALS)
def test_files_and_hub_give_identical_examples(found: dict[str, dict[str, Any]], tmp_path: Path, key: str) -> None:
    for name, text in ORIGINALS[key].items():
        write(tmp_path, text, name)
    task, language, split = key.split("/")
    examples = load_examples(TASKS[task], split, language, DataSource("files", str(tmp_path)))
    assert found[key]["count"] == len(examples)
    assert found[key]["examples"] == fingerprint(examples)


def test_only_rows_of_the_language_are_kept(found: dict[str, dict[str, Any]]) -> None:
    assert [row["id"] for row in found["tydiqa/sw/test"]["rows"]] == ["swahili-0", "swahili-1"]
    assert [row["language"] for row in found["xnli/de/test"]["rows"]] == ["de"]


def test_what_serves_depends_on_what_is_there(found: dict[str, dict[str, Any]]) -> None:
    places = {key: answer["served"]["place"] for key, answer in found.items()}
    assert places["social_iqa/en/train"] == "allenai/social_i_qa@refs/convert/parquet train"
    assert places["cosmos_qa/en/dev"] == "Samsoup/cosmos_qa validation"
    assert places["xnli/de/test"] == "google/xtreme XNLI/test"
    served = found["tatoeba/de/test"]["served"]
    assert (served["repo"], served["config"], served["split"]) == ("mteb/tatoeba-bitext-mining", "deu-eng", "test")
    assert served["revision"] == "69e8f12da6e31d59addadda9a9c8a2e601a0e282"


@pytest.mark.parametrize("switch", ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"])
def test_a_second_run_needs_no_network(
    found: dict[str, dict[str, Any]], replica: Replica, home: Path, switch: str
) -> None:
    keys = ("mnli/en/train", "social_iqa/en/train", "tatoeba/de/test", "xnli/de/test", "tydiqa/sw/test")
    before = len(replica.requests)
    answers = ask(replica.url, home, *keys, **{switch: "1"})
    assert answers == {key: found[key] for key in keys}
    assert len(replica.requests) == before


def test_without_network_the_cache_serves_and_the_rest_is_one_line(
    found: dict[str, dict[str, Any]], home: Path
) -> None:
    nowhere = "http://127.0.0.1:9"
    answers = ask(nowhere, home, "mnli/en/train", "xquad/en/test")
    assert answers["mnli/en/train"] == found["mnli/en/train"]
    assert "not reachable, not in the cache" in answers["xquad/en/test"]["error"]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Replica, dict[str, dict[str, Any]]]]:
    """A Hub where nothing is as it should be, and what is said about it."""
    other = {name: value for name, value in LISTS.items() if name != "context"}
    without = [{name: value for name, value in row.items() if name != "context"} for row in questions()]
    train = {"default": {"train": "data/train-*"}}
    with Replica() as server:
        server.add("google/xquad", {"README.md": card({"xquad.de": {"validation": "v-*"}})}, gated=True)
        server.add("google/xquad", {"v-0.parquet": parquet(LISTS, questions())}, gated=True)
        server.add("facebook/mlqa", {"README.md": b""})
        server.add(
            "nyu-mll/glue", {"README.md": card({"mnli": {"train": "t-*"}}), "t-0.parquet": parquet(PAIR, pairs())}
        )
        names = {"plain_text": {"validation": "v-*"}}
        server.add("rajpurkar/squad", {"README.md": card(names), "v-0.parquet": parquet(other, without)})
        labels = {**PAIR, "label": datasets.ClassLabel(names=["yes", "no", "maybe"])}
        server.add("stanfordnlp/snli", {"README.md": card({"plain_text": {"train": "t-*"}})})
        server.add("stanfordnlp/snli", {"t-0.parquet": parquet(labels, pairs())})
        server.add("allenai/cosmos_qa", {"README.md": b"", "cosmos_qa.py": b""})
        server.add("Rowan/hellaswag", {"README.md": card(train)})
        keys = "xquad/de/test xquad/en/test mlqa/de/test mnli/en/dev squad_v1/en/dev snli/en/train cosmos_qa/en/train"
        keys += " hellaswag/en/train panx/sw/test xnli/sw/train udpos/th/dev"
        yield server, ask(server.url, tmp_path_factory.mktemp("home"), *keys.split(), HF_TOKEN="hf_bad")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("xquad/de/test", "google/xquad xquad.de/validation, .*: gated: accept its terms .* HF_TOKEN to your token"),
        ("mlqa/de/test", "facebook/mlqa@397ed406.* mlqa.de.de/test: no such revision"),
        ("mnli/en/dev", r"mnli/validation_matched: no split validation_matched; splits: \['train'\]"),
        ("squad_v1/en/dev", "validation: no column 'context'; columns: id, title, question, answers"),
        ("snli/en/train", "has the labels yes, no, maybe; expected entailment, neutral, contradiction"),
        ("cosmos_qa/en/train", "allenai/cosmos_qa train: only a loading script, which is not run"),
        ("hellaswag/en/train", "Rowan/hellaswag train: no data files"),
        ("panx/sw/test", r"unimelb-nlp/wikiann sw/test, .*: no such repository, or a private one \(set HF_TOKEN\)"),
        ("xnli/sw/train", "the Hub has no train split in 'sw'"),
        ("udpos/th/dev", "the Hub has no dev split in 'th'"),
    ],
)
def test_errors_are_one_line_that_says_what_to_do(
    broken: tuple[Replica, dict[str, dict[str, Any]]], key: str, said: str
) -> None:
    error = broken[1][key]["error"]
    assert re.search(said, error), error
    assert error.startswith(f"{key}: ")
    assert error.endswith("; or use data=files")
    assert "\n" not in error


def test_a_token_opens_a_gated_repository(broken: tuple[Replica, dict[str, dict[str, Any]]], tmp_path: Path) -> None:
    answer = ask(broken[0].url, tmp_path, "xquad/de/test", HF_TOKEN="hf_good")
    assert answer["xquad/de/test"]["count"] == 2


def test_languages_are_told_without_network() -> None:
    assert "th" not in available_languages(TASKS["udpos"], "dev", DataSource("hub"))
    assert available_languages(TASKS["xnli"], "test", DataSource("hub")) == TASKS["xnli"].languages
    assert available_languages(TASKS["xnli"], "train", DataSource("hub")) == ("en",)
    assert available_languages(TASKS["ccg"], "train", DataSource("hub")) == ()


@pytest.mark.parametrize("name", sorted(set(HUB) & set(TASKS)))
def test_sources_have_the_labels_of_the_row(name: str) -> None:
    row = TASKS[name]
    for split, sources in HUB[name].items():
        assert split in row.files or (split == "translated" and row.translated)
        for source in sources:
            for names in source.labels.values():
                # MasakhaNER's dates, which the head does not know, become O in the reader.
                assert not row.labels or set(names) - {"B-DATE", "I-DATE"} == set(row.labels)


def test_numbers_without_names_are_named_by_the_source() -> None:
    source = HubSource("a/b", labels={"label": ("no", "yes")})
    assert [row["label"] for row in convert([{"label": 1}, {"label": -1}], {}, source, {})] == ["yes", -1]
    with pytest.raises(InputError, match="no column label; columns: text"):
        convert([{"text": "a"}], {}, source, {})


def test_mining_pools_keep_every_sentence_once() -> None:
    rows = mined([{"sentence1": ["x", "y"], "sentence2": ["a", "b"], "gold": [(2, 1)]}])
    assert [(row["source"], row["target"], row["source_order"]) for row in rows] == [
        ("y", "a", 1),
        (None, "b", None),
        ("x", None, 0),
    ]
    assert [row["id"] for row in rows] == ["foreign-2 en-1", "en-2", "foreign-1"]
    with pytest.raises(InputError, match="gold pair 3, 1: there are 2 and 2 sentences"):
        mined([{"sentence1": ["x", "y"], "sentence2": ["a", "b"], "gold": [(3, 1)]}])
    with pytest.raises(InputError, match="expected one row of sentence1, sentence2 and gold"):
        mined([])
