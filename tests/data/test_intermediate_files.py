"""The intermediate tasks' own files, each in the layout of its distribution, with rows of ours."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow.data.ccgbank import read_ccgbank
from stilts_mlflow.data.formats import read_csv, read_glue, read_jsonl
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample, TaggingExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import FileSource
from tests import tiny
from tests.data.writing import write


def load(folder: Path, name: str, split: str = "train", cap: int = 0) -> list[Example]:
    return load_examples(TASKS[name], split, "en", DataSource("files", str(folder), cap))


def jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def nli(*labels: str) -> list[dict[str, str]]:
    return [{"gold_label": x, "sentence1": f"p{i}", "sentence2": f"h{i}"} for i, x in enumerate(labels)]


def anli(*labels: str) -> list[dict[str, str]]:
    return [{"uid": f"u{i}", "context": f"p{i}", "hypothesis": f"h{i}", "label": x} for i, x in enumerate(labels)]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_snli_without_agreement_is_dropped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, split: str
) -> None:
    write(tmp_path, jsonl(nli("neutral", "-", "entailment")), f"snli/snli_1.0/snli_1.0_{split}.jsonl")
    examples = load(tmp_path, "snli", split)
    assert [e.label for e in examples] == ["neutral", "entailment"]  # type: ignore[union-attr]
    assert "1 of 3 rows dropped" in caplog.text


def test_snli_as_text_and_as_glue_has_it(tmp_path: Path) -> None:
    text = "gold_label\tsentence1\tsentence2\tpairID\tlabel1\nneutral\ta\tb\t1\n-\tc\td\t2\tneutral\n"
    write(tmp_path, text, "intermediate/snli/snli_1.0/snli_1.0_train.txt")
    assert load(tmp_path, "snli") == [PairExample("snli-train-en-0", "a", "b", "neutral")]
    header = "index\tcaptionID\tpairID\tp1\tp2\tq1\tq2\tsentence1\tsentence2\tlabel1\tgold_label\n"
    cells = ["0", "c", "p", "(", "(", "(", "(", "a", "b"]
    rows = [[*cells, "neutral", "neutral"], [*cells, "entailment", *["neutral"] * 4, "contradiction"]]
    write(tmp_path, header + "".join("\t".join(row) + "\n" for row in rows), "snli/glue_data/SNLI/dev.tsv")
    assert [len(row) for row in rows] == [11, 15]
    assert [e.label for e in load(tmp_path, "snli", "dev")] == ["neutral", "contradiction"]  # type: ignore[union-attr]


@pytest.mark.parametrize("version", ["v1.0", "v0.1"])
def test_anli_names_its_columns_and_labels_otherwise(tmp_path: Path, version: str) -> None:
    for number in (1, 2, 3):
        write(tmp_path, jsonl(anli("e", "n", "c")), f"anli/anli_{version}/R{number}/train.jsonl")
        assert load(tmp_path, f"anli_r{number}") == [
            PairExample("u0", "p0", "h0", "entailment"),
            PairExample("u1", "p1", "h1", "neutral"),
            PairExample("u2", "p2", "h2", "contradiction"),
        ]


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """All parts of ANLI+, four rows of SNLI and two of the others."""
    for split in ("train", "dev"):
        write(tmp_path, jsonl(nli(*["neutral", "-", "entailment"] * 2)), f"snli/snli_1.0/snli_1.0_{split}.jsonl")
        mnli = f"multinli_1.0_{split if split == 'train' else 'dev_matched'}.jsonl"
        write(tmp_path, jsonl(nli("neutral", "contradiction")), f"mnli/multinli_1.0/{mnli}")
        for number in (1, 2, 3):
            write(tmp_path, jsonl(anli("e", "c")), f"anli/anli_v1.0/R{number}/{split}.jsonl")
    return tmp_path


@pytest.mark.parametrize("split", ["train", "dev"])
def test_anli_plus_is_the_union_of_its_parts(parts: Path, split: str) -> None:
    examples = load(parts, "anli_plus", split)
    assert len(examples) == len({e.id for e in examples}) == 4 + 2 + 3 * 2
    for name in TASKS["anli_plus"].parts:
        own = [e for e in examples if e.id.startswith(f"{name}:")]
        assert [e.id for e in own] == [f"{name}:{e.id}" for e in load(parts, name, split)]
    # Any beginning has its share of every part: half of the rows of each come first.
    names = [e.id.partition(":")[0] for e in load(parts, "anli_plus", split, cap=6)]
    assert sorted(names) == ["anli_r1", "anli_r2", "anli_r3", "mnli", "snli", "snli"]
    source = DataSource("files", str(parts))
    assert available_languages(TASKS["anli_plus"], split, source) == ("en",)


def test_a_part_that_is_not_there_is_named(parts: Path) -> None:
    (parts / "anli" / "anli_v1.0" / "R2" / "dev.jsonl").unlink()
    with pytest.raises(InputError, match="anli_r2/en/dev: no file found"):
        load(parts, "anli_plus", "dev")
    assert available_languages(TASKS["anli_plus"], "dev", DataSource("files", str(parts))) == ()


def test_anli_plus_of_the_built_in_world() -> None:
    whole = load_examples(TASKS["anli_plus"], "dev", "en", DataSource())
    parts = [load_examples(TASKS[name], "dev", "en", DataSource()) for name in TASKS["anli_plus"].parts]
    assert len(whole) == sum(map(len, parts))


def test_qqp_is_csv_with_tab_and_a_few_rows_are_torn(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = ['7\t1\t2\tWho?\t"What does ""bread"" mean?"\t1', "8\t3\t4\ttorn", '9\t5\t6\t"Why" not?\tHow?\t0']
    header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
    write(tmp_path, "\n".join([header, *rows, ""]), "qqp/glue_data/QQP/dev.tsv")
    assert load(tmp_path, "qqp", "dev") == [
        PairExample("7", "Who?", 'What does "bread" mean?', "duplicate"),
        PairExample("9", '"Why" not?', "How?", "not_duplicate"),
    ]
    assert "1 of 3 rows are torn and were dropped (line 3)" in caplog.text
    with pytest.raises(InputError, match=":3: 4 columns; the header has 6"):
        read_glue(tmp_path / "qqp/glue_data/QQP/dev.tsv", FileSource("x", "glue"), None)


def test_csv_cells_may_hold_anything_when_quoted(tmp_path: Path) -> None:
    context = 'She said "bread",\nthen\u2028left.'
    quoted = context.replace('"', '""')
    row = f'i1,"{quoted}",Why?,a,"b, c",d,None of the above choices .,3\n'
    path = write(tmp_path, "id,context,question,answer0,answer1,answer2,answer3,label\n" + row, "cosmosqa/train.csv")
    assert load(tmp_path, "cosmos_qa") == [
        ChoiceExample("i1", context, "Why?", ("a", "b, c", "d", "None of the above choices ."), 3)
    ]
    source = FileSource("x", "csv")
    with pytest.raises(InputError, match="row 2: 3 columns; the header has 2"):
        read_csv(write(tmp_path, 'a,b\n"1\n2",3\n4,5,6\n'), source, None)
    with pytest.raises(InputError, match="not csv"):
        read_csv(write(tmp_path, 'a,b\n"1,2\n'), source, None)
    assert read_csv(write(tmp_path, ""), source, None) == []
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_csv(path, source, None)


def test_cosmos_qa_as_json_lines(tmp_path: Path) -> None:
    row = {"id": "i", "context": "c", "question": "q", **{f"answer{i}": f"a{i}" for i in range(4)}, "label": 0}
    write(tmp_path, jsonl([row]), "cosmosqa/valid.jsonl")
    assert load(tmp_path, "cosmos_qa", "dev") == [ChoiceExample("i", "c", "q", ("a0", "a1", "a2", "a3"), 0)]


def test_social_iqa_with_labels_in_a_file_of_their_own(tmp_path: Path) -> None:
    row = {"context": "c", "question": "q", "answerA": "a", "answerB": "b", "answerC": "c"}
    folder = "siqa/socialiqa-train-dev"
    write(tmp_path, jsonl([row, row]), f"{folder}/train.jsonl")
    write(tmp_path, "3\n1\n", f"{folder}/train-labels.lst")
    assert [e.label for e in load(tmp_path, "social_iqa")] == [2, 0]  # type: ignore[union-attr]
    path, short = tmp_path / folder / "train.jsonl", write(tmp_path, "3\n", "labels")
    with pytest.raises(InputError, match="1 labels for the 2 rows"):
        read_jsonl(path, FileSource("x", "jsonl"), short)


def test_ids_that_repeat_fall_back_to_places_but_for_questions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rows = [{"ind": i, "ctx": "c", "endings": ["a", "b", "c", "d"], "label": 1} for i in (4, 5, 4)]
    write(tmp_path, jsonl(rows), "hellaswag/hellaswag_train.jsonl")
    assert [e.id for e in load(tmp_path, "hellaswag")] == [f"hellaswag-train-en-{i}" for i in range(3)]
    assert "hellaswag/en/train: ids occur twice" in caplog.text
    write(tmp_path, jsonl(rows[:2]), "hellaswag/hellaswag_val.jsonl")
    assert [e.id for e in load(tmp_path, "hellaswag", "dev")] == ["4", "5"]


def test_squad_v2_has_questions_without_an_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    context = "\ufeffThe baker sells bread."
    plausible = [{"text": "bread", "answer_start": 17}]
    questions = [
        {"id": "1", "question": "What?", "answers": plausible, "is_impossible": False},
        {"id": "2", "question": "Why?", "answers": [], "plausible_answers": plausible, "is_impossible": True},
        {"id": "3", "question": "Who?", "answers": [{"text": "", "answer_start": 0}], "is_impossible": False},
    ]
    data = {"version": "v2.0", "data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}]}
    write(tmp_path, json.dumps(data), "squad_v2/train-v2.0.json")
    assert load(tmp_path, "squad_v2") == [
        QuestionExample("1", "What?", context, ("bread",), (17,)),
        QuestionExample("2", "Why?", context, (), ()),
    ]
    assert "1 of 3 rows dropped" in caplog.text  # an empty text is no answer, and not the lack of one either


def derivation(identity: str, *leaves: tuple[str, str]) -> str:
    """A tree of ours that leans to the right, as CCGbank writes it."""
    told = [f"(<L {category} POS POS {token} {category}_1> )" for token, category in leaves]
    tree = "".join(f"(<T S[dcl] 0 2> {leaf} " for leaf in told[:-1]) + told[-1] + " )" * (len(told) - 1)
    return f"ID={identity} PARSER=GOLD NUMPARSE=1\n{tree}\n"


JOHN = (("John", "N"), ("sleeps", "S[dcl]\\NP"), (".", "."))
BREAD = (("Mary", "N"), ("sells", "(S[dcl]\\NP)/NP"), ("-LRB-", "LRB"), ("bread", "N"))


@pytest.fixture
def ccgbank(tmp_path: Path) -> Path:
    """Four sections: two for training, 00 for development, 23 for testing."""
    for section, number, leaves in (("02", 1, JOHN), ("21", 2, JOHN), ("00", 3, BREAD), ("23", 4, JOHN)):
        text = derivation(f"wsj_{section}0{number}.1", *leaves) + derivation(f"wsj_{section}0{number}.2", *JOHN)
        write(tmp_path, text, f"ccg/ccgbank_1_1/data/AUTO/{section}/wsj_{section}0{number}.auto")
    return tmp_path


def test_ccgbank_is_split_by_section(ccgbank: Path) -> None:
    train, dev, test = (load(ccgbank, "ccg", split) for split in ("train", "dev", "test"))
    assert train[0] == TaggingExample("0", ("John", "sleeps", "."), ("N", "S[dcl]\\NP", "."))
    assert dev[0] == TaggingExample("wsj_0003.1", ("Mary", "sells", "-LRB-", "bread"), tuple(tag for _, tag in BREAD))
    assert [len(split) for split in (train, dev, test)] == [4, 2, 2]


def test_a_line_that_is_no_derivation_is_named(tmp_path: Path) -> None:
    for line in ("(<T S 0 1> )", "(<L N POS POS John> )", "words"):
        path = write(tmp_path, f"ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1\n{line}\n", "wsj_0001.auto")
        with pytest.raises(InputError, match=r"wsj_0001\.auto:2: expected a derivation"):
            read_ccgbank(path, FileSource("x", "ccgbank"), None)


def test_categories_that_training_lacks_are_told_and_scored_as_wrong(
    ccgbank: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from stilts_mlflow.evaluation import Part
    from stilts_mlflow.inference import predict
    from stilts_mlflow.task_types.tagging import warn_of_unseen

    kind, train, dev = TASK_TYPES["tagging"], load(ccgbank, "ccg"), load(ccgbank, "ccg", "dev")
    labels = kind.collect_labels(train)
    assert labels == (".", "N", "S[dcl]\\NP")
    assert warn_of_unseen(train, labels) == 0
    assert not caplog.records
    features = kind.featurize(dev, labels, tiny.tokenizer(), Limits(48))
    assert warn_of_unseen(dev, labels) == 2
    assert "2 of 7 words have one of 2 tags that the training data do not have" in caplog.text
    model = tiny.model()
    model.add_head("ccg", "tagging", labels)
    predictions = predict(model, "ccg", dev, features, tiny.tokenizer(), 8)
    accuracy = Part(TASKS["ccg"], "en", "dev", dev, predictions).metrics()["token_accuracy"]
    assert accuracy <= 100 * 5 / 7


def test_without_ccgbank_the_error_says_whose_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, "ccg")
    said = str(caught.value)
    assert "\n" not in said
    for part in ("LDC2005T13", "put its folder data/AUTO under ccg/", "Parallel Meaning Bank", "ccg/train.tsv"):
        assert part in said


def test_the_other_forms_of_ccg_still_serve(tmp_path: Path) -> None:
    write(tmp_path, "John\tN\nsleeps\tS[dcl]\\NP\n", "ccg/dev.tsv")
    assert load(tmp_path, "ccg", "dev") == [TaggingExample("0", ("John", "sleeps"), ("N", "S[dcl]\\NP"))]
