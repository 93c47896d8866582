"""Parsers of tables and JSON, on rows of our own with the same shape."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.data.formats import read_glue, read_jsonl, read_lines, read_squad, read_table, read_tsv, unquoted
from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource
from tests.data.writing import write

PAIR = FileSource("x", "tsv", ("premise", "hypothesis", "label"))
CELL = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1))
def test_what_a_csv_writer_wrote_comes_back(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t").writerows(rows)
    with TemporaryDirectory() as folder:
        found = read_tsv(write(Path(folder), text.getvalue()), PAIR, None)
    assert [tuple(row.values()) for row in found] == rows


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


def test_a_column_that_may_lack_is_missing_in_all_rows_or_none(tmp_path: Path) -> None:
    source = FileSource("x", "tsv", PAIR.columns, options={"may_lack": "label"})
    assert read_tsv(write(tmp_path, "a\tb\n"), source, None) == [{"premise": "a", "hypothesis": "b"}]
    assert read_tsv(write(tmp_path, "a\tb\tneutral\n"), source, None)[0]["label"] == "neutral"
    with pytest.raises(InputError, match=":2: 2 columns; expected 3"):
        read_tsv(write(tmp_path, "a\tb\tneutral\na\tb\n"), source, None)
    assert read_tsv(write(tmp_path, ""), source, None) == []


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


def test_answers_keep_their_place_beside_any_line_separator(tmp_path: Path) -> None:
    context = "a\r\nb\u2028c\x85 bread"
    question = {"id": "1", "question": "?", "answers": [{"text": "bread", "answer_start": context.index("bread")}]}
    document = {"data": [{"paragraphs": [{"context": context, "qas": [question]}]}]}
    path = write(tmp_path, json.dumps(document, ensure_ascii=False))
    assert read_squad(path, FileSource("x", "squad"), None)[0]["context"] == context


def test_raw_text_is_one_example_a_line_in_the_language_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "Habari\u2028ya\n\n", "sw.txt")
    assert [(row["text"], row["language"]) for row in read_lines(path, FileSource("x", "lines"), None)] == [
        ("Habari\u2028ya", "sw"),
        ("", "sw"),
    ]


def test_lines_split_at_line_feeds_only(tmp_path: Path) -> None:
    assert lines_of(write(tmp_path, "a\x0bb\u2028c\r\n\nd")) == ["a\x0bb\u2028c", "", "d"]
    path = tmp_path / "latin"
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        lines_of(path)
