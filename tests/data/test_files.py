"""Finding the files of a split: folders, try-lists, labels beside, languages in names and in columns."""

import json
from pathlib import Path

import pytest

from stilts_mlflow.data import files
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.tables import TASKS
from tests.data.writing import write

SPLITS = [(name, split) for name, task in sorted(TASKS.items()) for split in task.files]
PAIRS = "a\tb\tneutral\n"


@pytest.mark.parametrize("root", ["", "xtreme", "download", "intermediate", "lowres"])
def test_paths_may_begin_in_several_folders(tmp_path: Path, root: str) -> None:
    write(tmp_path / root, PAIRS, "xnli/dev-sw.tsv")
    assert files.rows(TASKS["xnli"], "dev", "sw", tmp_path) == [{"premise": "a", "hypothesis": "b", "label": "neutral"}]
    assert files.is_there(TASKS["xnli"], "dev", "sw", tmp_path)
    assert not files.is_there(TASKS["xnli"], "dev", "de", tmp_path)


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_an_empty_folder_is_told_with_all_that_was_looked_for(tmp_path: Path, name: str, split: str) -> None:
    language = "en" if "en" in TASKS[name].languages else "sw"
    with pytest.raises(InputError) as caught:
        files.rows(TASKS[name], split, language, tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{name}/{language}/{split}: no file found under {tmp_path} (nor its xtreme/, ")
    for source in files.sources(TASKS[name], split, language):
        assert source.path.format(**files.names(language, source.codes)) in text


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"xnli/en/dev: data_dir='.*nowhere' is not a folder"):
        files.rows(TASKS["xnli"], "dev", "en", tmp_path / "nowhere")
    assert not files.is_there(TASKS["xnli"], "dev", "en", tmp_path / "nowhere")


def test_a_folder_with_the_name_of_a_file_is_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "xnli" / "dev-sw.tsv").mkdir(parents=True)
    with pytest.raises(InputError, match="no file found"):
        files.rows(TASKS["xnli"], "dev", "sw", tmp_path)


def test_english_training_data_serve_english_only(tmp_path: Path) -> None:
    write(tmp_path, PAIRS, "xnli/train-en.tsv")
    assert files.rows(TASKS["xnli"], "train", "en", tmp_path) == files.rows(TASKS["mnli"], "train", "en", tmp_path)
    assert not files.is_there(TASKS["xnli"], "train", "sw", tmp_path)
    with pytest.raises(InputError, match="looked for nothing: the task has no train split in 'sw'"):
        files.rows(TASKS["xnli"], "train", "sw", tmp_path)


def test_machine_translated_xnli_brings_multinli(tmp_path: Path) -> None:
    text = "premise\thypo\tlabel\na\tb\tcontradictory\n"
    write(tmp_path, text, "xtreme/xnli/XNLI-MT-1.0/multinli/multinli.train.en.tsv")
    assert files.rows(TASKS["mnli"], "train", "en", tmp_path) == [
        {"premise": "a", "hypothesis": "b", "label": "contradictory"}
    ]


def test_a_language_may_stand_in_a_column(tmp_path: Path) -> None:
    header = "language\tgold_label\tsentence1\tsentence2\tpairID"
    text = f"{header}\nsw\tneutral\ta\tb\t1\nde\tentailment\tc\td\t1\n"
    write(tmp_path, text, "xnli/XNLI-1.0/xnli.test.tsv")
    (row,) = files.rows(TASKS["xnli"], "test", "de", tmp_path)
    assert (row["id"], row["premise"], row["label"]) == ("1", "c", "entailment")
    path = write(tmp_path, "gold_label\tsentence1\tsentence2\nneutral\ta\tb\n", "xnli/XNLI-1.0/xnli.test.tsv")
    with pytest.raises(InputError, match=rf"{path}: no column language; columns: label, premise, hypothesis"):
        files.rows(TASKS["xnli"], "test", "de", tmp_path)


def test_labels_beside_come_first_then_originals_then_the_bare_file(tmp_path: Path) -> None:
    write(tmp_path, "a\n\nb\n", "panx/test-sw.tsv")
    assert [row["ner_tags"] for row in files.rows(TASKS["panx"], "test", "sw", tmp_path)] == [None, None]
    write(tmp_path, "sw:a\tB-LOC\n\n", "panx_dataset/sw/test")
    assert [row["ner_tags"] for row in files.rows(TASKS["panx"], "test", "sw", tmp_path)] == [["B-LOC"]]
    write(tmp_path, "O\n\nB-PER\n", "labels/panx/test-sw.tsv")
    assert [row["ner_tags"] for row in files.rows(TASKS["panx"], "test", "sw", tmp_path)] == [["O"], ["B-PER"]]


def test_treebanks_of_a_language_are_joined_by_file_name(tmp_path: Path) -> None:
    line = "1\t{}\t_\tX\t_\t_\t0\t_\t_\t_\n\n"
    # By folder PUD would come before ParTUT; qhe is no Hindi, and neither is a file of another split.
    for folder, name in (
        ("UD_English-PUD", "en_pud-ud-test"),
        ("UD_English-ParTUT", "en_partut-ud-test"),
        ("UD_English-ParTUT", "en_partut-ud-dev"),
        ("UD_Hindi_English-HIENCS", "qhe_hiencs-ud-test"),
    ):
        write(tmp_path, line.format(name), f"udpos/ud-treebanks-v2.5/{folder}/{name}.conllu")
    rows = files.rows(TASKS["udpos"], "test", "en", tmp_path)
    assert [(row["id"], row["tokens"]) for row in rows] == [
        ("0", ["en_partut-ud-test"]),
        ("1", ["en_pud-ud-test"]),
    ]
    assert not files.is_there(TASKS["udpos"], "test", "hi", tmp_path)


def test_both_layouts_of_tatoeba_give_the_same_rows(tmp_path: Path) -> None:
    foreign, english = "Komm jetzt!\nEr schlaeft heute sehr lange.\n", "Come now!\nA man sleeps for a very long time.\n"
    write(tmp_path, foreign, "one/tatoeba/v1/tatoeba.deu-eng.deu")
    write(tmp_path, english, "one/tatoeba/v1/tatoeba.deu-eng.eng")
    write(tmp_path, foreign, "two/tatoeba/de-en.de")
    write(tmp_path, "".join(sorted(english.splitlines(keepends=True))), "two/tatoeba/de-en.en")
    with pytest.raises(InputError, match=r"de-en\.de with tatoeba/de-en\.en with labels/tatoeba/test-de\.tsv"):
        files.rows(TASKS["tatoeba"], "test", "de", tmp_path / "two")
    write(tmp_path, "1\n0\n", "two/labels/tatoeba/test-de.tsv")
    one, two = (files.rows(TASKS["tatoeba"], "test", "de", tmp_path / folder) for folder in ("one", "two"))
    assert one == two
    assert [row["source_order"] for row in one] == [1, 0]


def test_raw_text_comes_from_its_own_files_or_from_tagged_words(tmp_path: Path) -> None:
    write(tmp_path, "a\tO\nb\tB-LOC\n\n", "panx/dev-sw.tsv")
    task = TASKS["masked_lm"]
    assert files.rows(task, "train", "sw", tmp_path) == [{"id": "0", "text": "a b", "language": "sw"}]
    write(tmp_path, "Habari ya leo.\n", "text/sw.txt")
    assert files.rows(task, "train", "sw", tmp_path) == [{"id": "0", "text": "Habari ya leo.", "language": "sw"}]


def test_labelled_xquad_comes_before_the_one_without_answers(tmp_path: Path) -> None:
    def document(text: str) -> str:
        question = {"id": "1", "question": "?", "answers": [{"text": text, "answer_start": 0}]}
        return json.dumps({"data": [{"paragraphs": [{"context": "bread", "qas": [question]}]}]})

    write(tmp_path, document(""), "xquad/xquad.de.json")
    write(tmp_path, document("bread"), "labels/xquad/test-de.json")
    (row,) = files.rows(TASKS["xquad"], "test", "de", tmp_path)
    assert row["answers"]["text"] == ["bread"]


def test_origin_names_every_file_that_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tb\n", "xnli/test-sw.tsv")
    labels = write(tmp_path, "neutral\n", "labels/xnli/test-sw.tsv")
    assert [(name, size) for name, size, _ in files.origin(TASKS["xnli"], "test", "sw", tmp_path)] == [
        (str(path), 4),
        (str(labels), 8),
    ]
    assert files.origin(TASKS["xnli"], "dev", "sw", tmp_path) == ()
