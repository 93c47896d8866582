"""Exported rows: the same Examples again, for every task of the built-in world."""

import json
from pathlib import Path

import pytest

from stilts_mlflow.data.demo.world import DEMO_TASKS
from stilts_mlflow.data.export import export
from stilts_mlflow.data.load import DataSource, available_languages, load_examples, served
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.tables import TASKS
from tests.data.writing import write

QUICK = ("ccg", "xcopa", "tatoeba", "masked_lm", "xquad", "bucc2018")
"""One a shape of row; all the others in the slow tier."""


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in sorted(set(TASKS) & set(DEMO_TASKS))]
)
def test_an_export_gives_the_same_examples(tmp_path: Path, name: str) -> None:
    task, source = TASKS[name], DataSource(max_examples=30)
    for split in DEMO_TASKS[name].sizes:
        language = available_languages(task, split, source)[-1]
        path = export(task, split, language, source, tmp_path)
        assert path == tmp_path / "exported" / name / f"{split}-{language}.jsonl"
        again = DataSource("files", str(tmp_path))
        assert load_examples(task, split, language, again) == load_examples(task, split, language, source)
        assert served(task, split, language, again).place == str(path)
        assert language in available_languages(task, split, again)


def test_dropped_rows_stay_since_ids_count_them(tmp_path: Path) -> None:
    labels = ("-", "neutral", "-", "entailment", "neutral")
    rows = [{"sentence1": str(i), "sentence2": "b", "gold_label": label} for i, label in enumerate(labels)]
    write(tmp_path / "in", "\n".join(map(json.dumps, rows)), "mnli/multinli_1.0/multinli_1.0_train.jsonl")
    path = export(TASKS["mnli"], "train", "en", DataSource("files", str(tmp_path / "in"), 2), tmp_path / "out")
    assert [json.loads(line)["premise"] for line in path.read_text().splitlines()] == ["0", "1", "2", "3"]
    examples = load_examples(TASKS["mnli"], "train", "en", DataSource("files", str(tmp_path / "out")))
    assert [example.id for example in examples] == ["mnli-train-en-1", "mnli-train-en-3"]


def test_an_export_comes_before_the_originals(tmp_path: Path) -> None:
    write(tmp_path, "a\tb\tneutral\n", "xnli/dev-sw.tsv")
    row = {"premise": "c", "hypothesis": "d\u2028e\r", "label": "neutral"}
    write(tmp_path, json.dumps(row, ensure_ascii=False) + "\n", "exported/xnli/dev-sw.jsonl")
    (example,) = load_examples(TASKS["xnli"], "dev", "sw", DataSource("files", str(tmp_path)))
    assert (example.text_a, example.text_b) == ("c", "d\u2028e\r")  # type: ignore[union-attr]


def test_odd_characters_survive(tmp_path: Path) -> None:
    text = '{"sentence1": "\\ud83d \\u2028 \\r\\u0085", "sentence2": "b", "gold_label": "neutral"}'
    write(tmp_path / "in", text, "mnli/multinli_1.0/multinli_1.0_train.jsonl")
    export(TASKS["mnli"], "train", "en", DataSource("files", str(tmp_path / "in")), tmp_path)  # compares


def test_rows_that_cannot_be_exported_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ccg/en/train: not on the Hub"):
        export(TASKS["ccg"], "train", "en", DataSource("hub"), tmp_path)


def test_a_later_cap_does_not_shorten_the_part_of_a_whole(tmp_path: Path) -> None:
    source = DataSource(max_examples=50)
    export(TASKS["anli_plus"], "train", "en", source, tmp_path)
    export(TASKS["mnli"], "train", "en", source, tmp_path)
    again = DataSource("files", str(tmp_path), 50)
    for name in ("anli_plus", "mnli"):
        assert load_examples(TASKS[name], "train", "en", again) == load_examples(TASKS[name], "train", "en", source)


def test_ids_that_repeat_only_beyond_the_cap(tmp_path: Path) -> None:
    """The whole file decides whether ids can be used, so a capped export has to hold what decides it."""
    rows = [{"ind": i % 15, "ctx": f"c{i}", "endings": ["a", "b", "c", "d"], "label": "0"} for i in range(20)]
    write(tmp_path / "in", "\n".join(map(json.dumps, rows)), "hellaswag/hellaswag_train.jsonl")
    source = DataSource("files", str(tmp_path / "in"), 10)
    export(TASKS["hellaswag"], "train", "en", source, tmp_path / "out")
    examples = load_examples(TASKS["hellaswag"], "train", "en", DataSource("files", str(tmp_path / "out"), 10))
    assert examples == load_examples(TASKS["hellaswag"], "train", "en", source)
    assert examples[0].id == "hellaswag-train-en-0"
