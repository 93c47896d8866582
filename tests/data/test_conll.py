"""Tagged formats, on rows of our own with the shape of the originals."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.data.conll import read_conllu, read_pmb, read_tag_words, read_tags, sentences
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource
from tests.data.writing import write

TAGS = FileSource("x", "tags", options={"tag": "ner_tags"})
CONLLU = FileSource("x", "conllu")
TOKEN = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip(" ") == text
)


@given(st.lists(st.lists(TOKEN, min_size=1), max_size=4))
def test_sentences_come_back_whatever_their_letters(found: list[list[str]]) -> None:
    lines = [line for sentence in found for line in [*sentence, ""]]
    assert [[line for _, line in sentence] for sentence in sentences(lines)] == found


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
    # The files may end with one empty line or two.
    labels = write(tmp_path, "O\nB-LOC\n\nO\n\n", "labels")
    assert [row["ner_tags"] for row in read_tags(path, TAGS, labels)] == [["O", "B-LOC"], ["O"]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("O\nO\n\n", "labels: 2 lines for the 4"),
        ("O\n\nO\nO\n", r"labels:2: tag '' for the line 'b'"),
        ("O\nO\nO\nO\n", r"labels:3: tag 'O' for the line ''"),
    ],
)
def test_labels_that_do_not_fit_their_tokens_are_refused(tmp_path: Path, labels: str, message: str) -> None:
    path = write(tmp_path, "a\nb\n\nc\n")
    with pytest.raises(InputError, match=message):
        read_tags(path, TAGS, write(tmp_path, labels, "labels"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tO\nb\n", r"file.tsv:1: 2 tokens, 1 tags"),
        ("a\tO\n\na\tO\tx\n", r"file.tsv:3: expected token TAB tag"),
        ("a\t\n", "expected token TAB tag"),
    ],
)
def test_broken_tag_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tags(write(tmp_path, text), TAGS, None)


def test_a_token_without_its_prefix_is_refused(tmp_path: Path) -> None:
    source = FileSource("x", "tags", options={"tag": "ner_tags", "prefix": "sw:"})
    with pytest.raises(InputError, match=r"file.tsv:2: token 'en:b' does not begin with 'sw:'"):
        read_tags(write(tmp_path, "sw:a\tO\nen:b\tO\n"), source, None)


def conllu(*rows: str) -> str:
    """CoNLL-U of `index form upos head [enhanced]` rows."""
    lines = []
    for row in rows:
        index, form, upos, head, enhanced = f"{row} _".split(" ")[:5]
        lines.append("\t".join([index, form.replace("+", " "), "_", upos, "_", "_", head, "_", enhanced, "_"]))
    return "\n".join(["# text = x", *lines]) + "\n\n"


def test_conllu_puts_fused_forms_in_the_place_of_their_parts(tmp_path: Path) -> None:
    # "zum": zu and dem both hang on Fluss: equally deep, so the rank decides: ADP before DET.
    text = conllu("1 geht VERB 0", "2-3 zum _ _", "2 zu ADP 4", "3 dem DET 4", "4 Fluss NOUN 1", "4.1 x X _")
    # "dámelo": da is the root, highest of the three.
    text += conllu("1-3 dámelo _ _", "1 da VERB 0", "2 me PRON 1", "3 lo PRON 1", "4 1+000 NUM 1", "5 a\u200cb X 1")
    text += conllu("1 _ X 0", "2 _ X 1")
    rows = read_conllu(write(tmp_path, text, "de_x-ud-test.conllu"), CONLLU, None)
    assert rows == [
        {"id": "0", "tokens": ["geht", "zum", "Fluss"], "pos_tags": ["VERB", "ADP", "NOUN"]},
        {"id": "1", "tokens": ["dámelo", "1000", "ab"], "pos_tags": ["VERB", "NUM", "X"]},
    ]


def test_the_part_with_fewer_heads_above_it_gives_the_tag(tmp_path: Path) -> None:
    # In the basic tree both parts hang on 3; an enhanced edge puts one more word above the first.
    basic = ("1-2 don't _ _", "1 do AUX 3", "2 n't PART 3", "3 go VERB 0")
    enhanced = ("1-2 don't _ _", "1 do AUX 3 3:aux|4:dep", "2 n't PART 3", "3 go VERB 0", "4 x X 3")
    rows = read_conllu(write(tmp_path, conllu(*basic) + conllu(*enhanced), "en_x-ud-dev.conllu"), CONLLU, None)
    assert [row["pos_tags"][0] for row in rows] == ["AUX", "PART"]


def test_languages_rank_the_parts_differently(tmp_path: Path) -> None:
    text = conllu("1-2 au _ _", "1 à ADP 3", "2 le NOUN 3", "3 marché NOUN 0")
    for name, tag in (("es_x", "ADP"), ("fr_x", "NOUN"), ("pt_x", "NOUN")):
        rows = read_conllu(write(tmp_path, text, f"{name}-ud-test.conllu"), CONLLU, None)
        assert rows[0]["pos_tags"] == [tag, "NOUN"]


@pytest.mark.parametrize(("forms", "kept"), [("_ _", 0), ("_ a", 0), ("_", 0), ("_ a b", 1), ("a", 1), ("a \u200c", 1)])
def test_sentences_with_kept_back_words_go(tmp_path: Path, forms: str, kept: int) -> None:
    text = conllu(*(f"{i} {form} X 0" for i, form in enumerate(forms.split(" "), 1)))
    assert len(read_conllu(write(tmp_path, text), CONLLU, None)) == kept


def test_a_circle_of_heads_comes_to_an_end(tmp_path: Path) -> None:
    text = conllu("1-2 ab _ _", "1 a NOUN 2", "2 b VERB 1")
    assert read_conllu(write(tmp_path, text), CONLLU, None)[0]["pos_tags"] == ["VERB"]


def test_conllu_needs_ten_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.conllu:1: 2 columns; CoNLL-U has 10"):
        read_conllu(write(tmp_path, "1\tword\n", "x.conllu"), CONLLU, None)
    with pytest.raises(InputError, match=r"x\.conllu:2: index 'a'; CoNLL-U has 1, 1-2 or 1\.1"):
        read_conllu(write(tmp_path, conllu("a b X 0"), "x.conllu"), CONLLU, None)


def test_pmb_takes_the_fifth_column(tmp_path: Path) -> None:
    text = (
        "### made by us\n# newdoc id = 1\n# raw sent = # ok\n#\t#\tx\tNIL\tn\tO\t[]\nNew~York\tx\tx\tGPE\tnp\tO\t[]\n\n"
    )
    text += "ø\tø\tø\tEMP\tnp\tO\t[]\nGo\tgo\tgo\tEXS\ts:b\\np\tO\t[]\n"
    rows = read_pmb(write(tmp_path, text, "x.conll"), FileSource("x", "pmb"), None)
    assert rows == [
        {"id": "0", "tokens": ["#", "New~York"], "tags": ["n", "np"]},
        {"id": "1", "tokens": ["Go"], "tags": ["s:b\\np"]},
    ]
    with pytest.raises(InputError, match=r"x\.conll:1: 2 columns; the layer files have 7"):
        read_pmb(write(tmp_path, "Go\tgo\n", "x.conll"), FileSource("x", "pmb"), None)
