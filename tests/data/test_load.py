"""Loading from files and from the built-in world: what is checked, and that both give the same Examples."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stilts_mlflow.data.load import DataSource, available_languages, fingerprint, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import Example, PairExample
from stilts_mlflow.tasks.tables import TASKS

XNLI = TASKS["xnli"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """XTREME's layout with two languages of XNLI dev and a label-less Swahili test file."""
    xnli = tmp_path / "download" / "xnli"
    xnli.mkdir(parents=True)
    (xnli / "dev-en.tsv").write_text("a\tb\tneutral\nc\td\tentailment\n", encoding="utf-8")
    (xnli / "dev-sw.tsv").write_text("e\tf\tneutral\ng\th\tentailment\n", encoding="utf-8")
    (xnli / "test-sw.tsv").write_text("e\tf\ng\th\n", encoding="utf-8")
    return tmp_path


def files(folder: Path, cap: int = 0) -> DataSource:
    return DataSource("files", str(folder), cap)


def test_examples_have_unique_ids_and_respect_the_cap(folder: Path) -> None:
    examples = load_examples(XNLI, "dev", "sw", files(folder))
    assert [e.id for e in examples] == ["xnli-dev-sw-0", "xnli-dev-sw-1"]
    assert load_examples(XNLI, "dev", "sw", files(folder, 1)) == examples[:1]


def test_available_languages_are_those_with_files(folder: Path) -> None:
    assert available_languages(XNLI, "dev", files(folder)) == ("en", "sw")
    assert available_languages(TASKS["panx"], "dev", files(folder)) == ()


def labels_of(examples: list[Example]) -> list[str | None]:
    return [example.label for example in examples if isinstance(example, PairExample)]


def test_a_test_file_without_labels_can_be_predicted_not_scored(folder: Path) -> None:
    with pytest.raises(InputError, match=r"xnli/sw/test: 2 of 2 examples are unlabelled; .* labels/xnli/"):
        load_examples(XNLI, "test", "sw", files(folder))
    assert labels_of(load_examples(XNLI, "test", "sw", files(folder), require_labels=False)) == [None, None]


def test_files_that_change_are_read_again(folder: Path) -> None:
    load_examples(XNLI, "test", "sw", files(folder), require_labels=False)
    labels = folder / "download" / "labels" / "xnli"
    labels.mkdir(parents=True)
    for text in ("neutral\ncontradiction\n", "entailment\nneutral\n"):
        (labels / "test-sw.tsv").write_text(text)
        assert labels_of(load_examples(XNLI, "test", "sw", files(folder))) == text.split()
    (labels / "test-sw.tsv").write_text("neutral\n")
    with pytest.raises(InputError, match=r"test-sw.tsv: 1 labels for the 2 rows of .*test-sw.tsv"):
        load_examples(XNLI, "test", "sw", files(folder))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\tmaybe\n", r"xnli/sw/dev: row 1 of .*dev-sw.tsv: label 'maybe' is not one of entailment"),
        ("a\tb\n", r"dev-sw.tsv:1: 2 columns; expected 3"),
        ("", "xnli/sw/dev: no examples"),
        ("a\tb\t-\nc\td\tneutral\n", "1 of 2 examples are unlabelled"),
    ],
)
def test_bad_files_say_where(folder: Path, text: str, message: str) -> None:
    (folder / "download" / "xnli" / "dev-sw.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        load_examples(XNLI, "dev", "sw", files(folder))


def test_missing_things_say_what_was_looked_for(folder: Path) -> None:
    with pytest.raises(InputError, match=r"xnli/de/dev: no file found .* xnli/dev-de.tsv, xnli/XNLI-1.0/xnli.dev.tsv"):
        load_examples(XNLI, "dev", "de", files(folder))
    with pytest.raises(InputError, match="is not a folder"):
        load_examples(XNLI, "dev", "de", files(folder / "nowhere"))
    with pytest.raises(InputError, match="no data in language 'ja'"):
        load_examples(XNLI, "dev", "ja", files(folder))
    with pytest.raises(InputError, match="no train split"):
        load_examples(TASKS["xquad"], "train", "en", files(folder))
    with pytest.raises(InputError, match="needs data_dir"):
        load_examples(XNLI, "dev", "en", DataSource("files"))
    with pytest.raises(InputError, match=r"ccg/en/dev: not on the Hub .*; use data=files"):
        load_examples(TASKS["ccg"], "dev", "en", DataSource("hub"))


def test_training_rows_without_a_label_are_dropped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "mnli" / "multinli_1.0" / "multinli_1.0_train.jsonl"
    path.parent.mkdir(parents=True)
    rows = [{"sentence1": "a", "sentence2": "b", "gold_label": label} for label in ("neutral", "-", "entailment")]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert len(load_examples(TASKS["mnli"], "train", "en", files(tmp_path))) == 2
    assert "1 of 3 rows dropped" in caplog.text


def test_fewer_examples_than_the_official_distribution_warn(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_examples(XNLI, "dev", "en", files(folder))
    assert "xnli/en/dev: 2 examples; the official distribution has 2490" in caplog.text
    caplog.clear()
    # Said once, for English: the other languages have as many, or a number of their own.
    load_examples(XNLI, "dev", "sw", files(folder))
    load_examples(XNLI, "dev", "en", files(folder))
    assert not caplog.records


def test_questions_whose_answers_are_kept_back_are_unlabelled(tmp_path: Path) -> None:
    (tmp_path / "xquad").mkdir()
    question = {"id": "1", "question": "?", "answers": [{"text": "", "answer_start": 0}]}
    data = {"data": [{"paragraphs": [{"context": "a b", "qas": [question]}]}], "version": 1.1}
    (tmp_path / "xquad" / "xquad.de.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="xquad/de/test: 1 of 1 examples are unlabelled"):
        load_examples(TASKS["xquad"], "test", "de", files(tmp_path))


def test_built_in_data_are_available_where_they_are() -> None:
    assert available_languages(TASKS["mnli"], "train", DataSource()) == ("en",)
    assert "en" not in available_languages(TASKS["tatoeba"], "test", DataSource())
    assert available_languages(XNLI, "train", DataSource()) == ("en",)
    for name in ("xnli", "tatoeba", "masked_lm", "bitext"):
        for split in TASKS[name].files:
            language = available_languages(TASKS[name], split, DataSource())[-1]
            assert len(load_examples(TASKS[name], split, language, DataSource(max_examples=1))) == 1


def test_constant_labels_warn(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "xnli").mkdir()
    (tmp_path / "xnli" / "test-sw.tsv").write_text("a\tb\tneutral\n" * 60)
    load_examples(XNLI, "test", "sw", files(tmp_path))
    assert "placeholders" in caplog.text


def test_ids_that_repeat_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "xquad").mkdir()
    question = {"id": "1", "question": "?", "answers": [{"text": "a", "answer_start": 0}]}
    data = {"data": [{"paragraphs": [{"context": "a b", "qas": [question, question]}]}]}
    (tmp_path / "xquad" / "xquad.de.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="id '1' occurs twice"):
        load_examples(TASKS["xquad"], "test", "de", files(tmp_path))


def test_fingerprint_is_the_same_in_every_process() -> None:
    code = (
        "from stilts_mlflow.data.load import *; from stilts_mlflow.tasks.tables import TASKS;"
        "print(fingerprint(load_examples(TASKS['panx'], 'dev', 'sw', DataSource())))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": s},
        ).stdout.strip()
        for s in ("1", "2")
    }
    assert seen == {fingerprint(load_examples(TASKS["panx"], "dev", "sw", DataSource()))}


def test_files_and_demo_give_identical_examples_for_identical_rows(tmp_path: Path) -> None:
    ours = load_examples(TASKS["panx"], "dev", "sw", DataSource())
    lines = [
        "".join(f"{word}\t{tag}\n" for word, tag in zip(e.words, e.tags or (), strict=True))  # type: ignore[union-attr]
        for e in ours
    ]
    (tmp_path / "panx").mkdir()
    (tmp_path / "panx" / "dev-sw.tsv").write_text("\n".join(lines), encoding="utf-8")
    theirs = load_examples(TASKS["panx"], "dev", "sw", files(tmp_path))
    assert [(e.words, e.tags) for e in ours] == [(e.words, e.tags) for e in theirs]  # type: ignore[union-attr]
