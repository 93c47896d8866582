HEAD

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


