"""Parsers of the original formats, on rows of our own with the same shape."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.data.conll import read_conllu, read_pmb, read_tag_words, read_tags
from stilts_mlflow.data.formats import (
    read_aligned,
    read_glue,
    read_jsonl,
    read_ordered,
    read_squad,
    read_table,
    read_tsv,
    unquoted,
)
from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

PAIR = FileSource("x", "tsv", ("premise", "hypothesis", "label"))
TAGS = FileSource("x", "tags", options={"tag": "ner_tags"})
CELL = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), min_size=1)


def write(folder: Path, text: str, name: str = "file.tsv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@given(CELL)
def test_csv_quoting_is_undone(text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"' if '"' in text else text
    if '"' in text:
        assert unquoted(quoted) == text


@pytest.mark.parametrize("plain", ['"A cat?" asked the man.', 'He said "no"', '"Hello"', '""', '"', 'a "b" c', "«x»"])
def test_quotes_of_plain_files_stay(plain: str) -> None:
    assert unquoted(plain) == plain


def test_tsv_keeps_separators_inside_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'a\u2028b\tc\x85d\tneutral\r\n"He said ""no"" twice."\ty\tentailment\n')
    assert read_tsv(path, PAIR, None) == [
        {"premise": "a\u2028b", "hypothesis": "c\x85d", "label": "neutral"},
        {"premise": 'He said "no" twice.', "hypothesis": "y", "label": "entailment"},
    ]


def test_tsv_with_too_few_columns_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tb\tneutral\na\tb\n")
    with pytest.raises(InputError, match=r"file\.tsv:2: 2 columns; expected 3: premise, hypothesis, label"):
        read_tsv(path, PAIR, None)


def test_labels_in_a_file_of_their_own(tmp_path: Path) -> None:
    path, labels = write(tmp_path, "a\tb\nc\td\n"), write(tmp_path, "neutral\nentailment\n", "labels")
    source = FileSource("x", "tsv", ("premise", "hypothesis"))
    assert [row["label"] for row in read_tsv(path, source, labels)] == ["neutral", "entailment"]
    short = write(tmp_path, "neutral\n", "short")
    with pytest.raises(InputError, match="short: 1 labels for the 2 rows"):
        read_tsv(path, source, short)


def test_table_renames_and_checks_its_header(tmp_path: Path) -> None:
    source = FileSource("x", "table", options={"rename": {"sentence1": "premise", "gold_label": "label"}})
    path = write(tmp_path, "language\tgold_label\tsentence1\nsw\tneutral\tHabari\n")
    assert read_table(path, source, None) == [{"language": "sw", "label": "neutral", "premise": "Habari"}]
    with pytest.raises(InputError, match="no column sentence1"):
        read_table(write(tmp_path, "language\tgold_label\nsw\tneutral\n"), source, None)
    with pytest.raises(InputError, match=":2: 4 columns; the header has 3"):
        read_table(write(tmp_path, "language\tgold_label\tsentence1\nsw\tneutral\tx\ty\n"), source, None)


def test_glue_rows_may_be_longer_than_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, "index\tsentence1\tlabel1\tgold_label\n0\ta\tneutral\tneutral\textra\tentailment\n")
    assert read_glue(path, FileSource("x", "glue"), None)[0]["gold_label"] == "entailment"


def test_jsonl_names_the_bad_line(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a": 1}\n{"a": \n')
    with pytest.raises(InputError, match=r"file\.tsv:2: not JSON"):
        read_jsonl(path, FileSource("x", "jsonl"), None)
    with pytest.raises(InputError, match="expected a JSON object"):
        read_jsonl(write(tmp_path, "[1]\n"), FileSource("x", "jsonl"), None)


def test_squad_keeps_a_byte_order_mark_and_kept_back_answers(tmp_path: Path) -> None:
    context = "\ufeffThe baker sells bread."
    questions = [
        {"id": "1", "question": "What?", "answers": [{"text": "bread", "answer_start": 17}]},
        {"id": "2", "question": "Why?", "answers": [], "is_impossible": True},
        {"id": "3", "question": "Who?"},
    ]
    data = {"version": 1.0, "data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}]}
    rows = read_squad(write(tmp_path, json.dumps(data)), FileSource("x", "squad"), None)
    assert rows[0]["context"] == context
    assert [row["answers"] for row in rows] == [
        {"text": ["bread"], "answer_start": [17]},
        {"text": [], "answer_start": []},
        None,
    ]


@pytest.mark.parametrize("text", ["[]", '{"version": 1}', '{"data": [{}]}', "{", "{'a': 1}"])
def test_squad_refuses_other_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"file\.tsv"):
        read_squad(write(tmp_path, text), FileSource("x", "squad"), None)


def test_tags_with_prefix_and_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "sw:Dar\tB-LOC\nsw:es\tI-LOC\n\n\nsw:,\tO\n")
    source = FileSource("x", "tags", options={"tag": "ner_tags", "prefix": "sw:"})
    assert read_tags(path, source, None) == [
        {"id": "0", "tokens": ["Dar", "es"], "ner_tags": ["B-LOC", "I-LOC"]},
        {"id": "1", "tokens": [","], "ner_tags": ["O"]},
    ]
    assert read_tag_words(write(tmp_path, "a\tO\nb\tO\n", "train-sw.tsv"), TAGS, None) == [
        {"id": "0", "text": "a b", "language": "sw"}
    ]


def test_tags_without_labels_are_unlabelled_or_joined(tmp_path: Path) -> None:
    path = write(tmp_path, "a\nb\n\nc\n")
    assert [row["ner_tags"] for row in read_tags(path, TAGS, None)] == [None, None]
    labels = write(tmp_path, "O\nB-LOC\n\nO\n", "labels")
    assert [row["ner_tags"] for row in read_tags(path, TAGS, labels)] == [["O", "B-LOC"], ["O"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("a\tO\nb\n", "2 tokens, 1 tags"), ("a\tO\tx\n", "expected token TAB tag"), ("a\t\n", "expected token TAB tag")],
)
def test_broken_tag_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tags(write(tmp_path, text), TAGS, None)


def conllu(*rows: str) -> str:
    """CoNLL-U of `index form upos head` rows."""
    lines = []
    for row in rows:
        index, form, upos, head = row.split(" ")
        lines.append("\t".join([index, form.replace("+", " "), "_", upos, "_", "_", head, "_", "_", "_"]))
    return "\n".join(["# text = x", *lines]) + "\n\n"


def test_conllu_puts_fused_forms_in_the_place_of_their_parts(tmp_path: Path) -> None:
    # "zum": zu and dem both hang on Fluss: equally deep, so the rank decides: ADP before DET.
    text = conllu("1 geht VERB 0", "2-3 zum _ _", "2 zu ADP 4", "3 dem DET 4", "4 Fluss NOUN 1", "4.1 x X _")
    # "dámelo": da is the root, highest of the three.
    text += conllu("1-3 dámelo _ _", "1 da VERB 0", "2 me PRON 1", "3 lo PRON 1", "4 1+000 NUM 1", "5 a\u200cb X 1")
    text += conllu("1 _ X 0", "2 _ X 1")
    rows = read_conllu(write(tmp_path, text, "de_x-ud-test.conllu"), FileSource("x", "conllu"), None)
    assert rows == [
        {"id": "0", "tokens": ["geht", "zum", "Fluss"], "pos_tags": ["VERB", "ADP", "NOUN"]},
        {"id": "1", "tokens": ["dámelo", "1000", "ab"], "pos_tags": ["VERB", "NUM", "X"]},
    ]


def test_conllu_needs_ten_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.conllu:1: 2 columns; CoNLL-U has 10"):
        read_conllu(write(tmp_path, "1\tword\n", "x.conllu"), FileSource("x", "conllu"), None)


def test_pmb_takes_the_fifth_column(tmp_path: Path) -> None:
    text = (
        "### made by us\n# newdoc id = 1\n# raw sent = # ok\n#\t#\tx\tNIL\tn\tO\t[]\nNew~York\tx\tx\tGPE\tnp\tO\t[]\n\n"
    )
    rows = read_pmb(write(tmp_path, text, "x.conll"), FileSource("x", "pmb"), None)
    assert rows == [{"id": "0", "tokens": ["#", "New~York"], "tags": ["n", "np"]}]


def test_aligned_files_come_in_the_order_of_sorted_english(tmp_path: Path) -> None:
    foreign, english = write(tmp_path, "zwei\neins\n", "a.de"), write(tmp_path, "two\none\n", "a.en")
    assert [(r["source"], r["target"], r["source_order"]) for r in read_aligned(foreign, PAIR, english)] == [
        ("eins", "one", 1),
        ("zwei", "two", 0),
    ]
    with pytest.raises(InputError, match="1 lines for the 2"):
        read_aligned(foreign, PAIR, write(tmp_path, "two\n", "b.en"))


def test_ordered_files_are_joined_by_the_english_line_of_each_foreign_one(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    foreign = write(tmp_path / "t", "drei\neins\nzwei\n", "de-en.de")
    english = write(tmp_path / "t", "one\nthree\ntwo\n", "de-en.en")
    source = FileSource("x", "ordered", options={"order": "gold-{lang}"})
    write(tmp_path, "1\n0\n2\n", "gold-de")
    rows = read_ordered(foreign, source, english)
    assert [(r["source"], r["target"], r["source_order"]) for r in rows] == [
        ("eins", "one", 1),
        ("drei", "three", 0),
        ("zwei", "two", 2),
    ]
    write(tmp_path, "1\n1\n2\n", "gold-de")
    with pytest.raises(InputError, match="each of 0 to 2 once"):
        read_ordered(foreign, source, english)


def test_lines_split_at_line_feeds_only(tmp_path: Path) -> None:
    assert lines_of(write(tmp_path, "a\x0bb\u2028c\r\n\nd")) == ["a\x0bb\u2028c", "", "d"]
    path = tmp_path / "latin"
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        lines_of(path)
