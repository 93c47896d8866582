"""Files of the targets, each in the layout of its distribution, with rows of ours; and what is wrong or missing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow.data import files
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample, TaggingExample
from stilts_mlflow.tasks.tables import TASKS
from tests.data.writing import write

BREAD = "Ada sells bread in Lisbon."


def load(folder: Path, name: str, split: str, language: str) -> list[Example]:
    return load_examples(TASKS[name], split, language, DataSource("files", str(folder)))


def squad(*ids: str, answer: str = "bread") -> str:
    """SQuAD's JSON with a question an id; an answer of no letters is one that was taken out."""
    start = BREAD.find(answer)
    asked = [{"id": one, "question": "What?", "answers": [{"text": answer, "answer_start": start}]} for one in ids]
    return json.dumps({"version": 1.0, "data": [{"title": "Ada", "paragraphs": [{"context": BREAD, "qas": asked}]}]})


def jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def copa(*questions: str, start: int = 0) -> str:
    """XCOPA's lines; the label is the number's last bit."""
    rows = enumerate(questions, start)
    return jsonl(
        [{"premise": "p", "choice1": "a", "choice2": "b", "question": q, "label": i % 2, "idx": i} for i, q in rows]
    )


def test_pawsx_of_xtreme_and_of_the_original(tmp_path: Path) -> None:
    write(tmp_path, 'Er sagt "Ja".\tNS\t0\n"Sie sagt ""Nein""."\tb\t1\n', "xtreme/pawsx/dev-de.tsv")
    assert load(tmp_path, "pawsx", "dev", "de") == [
        PairExample("pawsx-dev-de-0", 'Er sagt "Ja".', "NS", "0"),
        PairExample("pawsx-dev-de-1", 'Sie sagt "Nein".', "b", "1"),
    ]
    header = "id\tsentence1\tsentence2\tlabel\n"
    write(tmp_path, f'{header}7\t"a" b\tc\t1\n', "pawsx/x-final/ko/test_2k.tsv")
    assert load(tmp_path, "pawsx", "test", "ko") == [PairExample("7", '"a" b', "c", "1")]
    write(tmp_path, f"{header}1\ta\tb\t0\n", "pawsx/x-final/en/train.tsv")
    assert load(tmp_path, "pawsx", "train", "en") == [PairExample("1", "a", "b", "0")]
    assert available_languages(TASKS["pawsx"], "train", DataSource("files", str(tmp_path))) == ("en",)


def test_labels_of_pawsx_stand_beside_its_test_files(tmp_path: Path) -> None:
    write(tmp_path, "a\tb\nc\td\n", "pawsx/test-fr.tsv")
    with pytest.raises(InputError, match=r"pawsx/fr/test: 2 of 2 examples are unlabelled; .* labels/pawsx/"):
        load(tmp_path, "pawsx", "test", "fr")
    write(tmp_path, "1\n0\n", "labels/pawsx/test-fr.tsv")
    assert [e.label for e in load(tmp_path, "pawsx", "test", "fr")] == ["1", "0"]  # type: ignore[union-attr]
    write(tmp_path, "1\n", "labels/pawsx/test-fr.tsv")
    with pytest.raises(InputError, match=r"test-fr.tsv: 1 labels for the 2 rows"):
        load(tmp_path, "pawsx", "test", "fr")


def test_pairs_of_languages_of_mlqa(tmp_path: Path) -> None:
    for context, asked in (("de", "de"), ("de", "en"), ("zh", "en")):
        name = f"mlqa/MLQA_V1/test/test-context-{context}-question-{asked}.json"
        write(tmp_path, squad(f"{context}-{asked}"), name)
    source = DataSource("files", str(tmp_path))
    assert available_languages(TASKS["mlqa"], "test", source) == ("de",)
    assert available_languages(TASKS["mlqa_q_en"], "test", source) == ("de", "zh")
    assert [e.id for e in load(tmp_path, "mlqa", "test", "de")] == ["de-de"]
    assert [e.id for e in load(tmp_path, "mlqa_q_en", "test", "zh")] == ["zh-en"]
    with pytest.raises(InputError, match="mlqa_q_en: no data in language 'en'; languages: es, de, ar, hi, vi, zh"):
        load(tmp_path, "mlqa_q_en", "test", "en")
    write(tmp_path, squad("1", answer=""), "labels/mlqa/test-vi.json")
    with pytest.raises(InputError, match="mlqa/vi/test: 1 of 1 examples are unlabelled"):
        load(tmp_path, "mlqa", "test", "vi")


def test_tydiqa_by_language_and_of_all_languages(tmp_path: Path) -> None:
    folder = "tydiqa/tydiqa-goldp-v1.1-train"
    write(tmp_path, squad("english-1-0", "swahili-2-0", "english-3-0"), f"{folder}/tydiqa-goldp-v1.1-train.json")
    assert [e.id for e in load(tmp_path, "tydiqa", "train", "en")] == ["english-1-0", "english-3-0"]
    # XTREME's file has the last part of the ids alone, and they repeat: places stand for them.
    write(tmp_path, squad("0", "0", "1"), f"{folder}/tydiqa.goldp.en.train.json")
    assert [e.id for e in load(tmp_path, "tydiqa", "train", "en")] == ["0", "1", "2"]
    assert not files.is_there(TASKS["tydiqa"], "train", "sw", tmp_path)
    write(tmp_path, squad("english-1-0", "korean-2-0"), "tydiqa/tydiqa-goldp-v1.1-dev.json")
    assert [e.id for e in load(tmp_path, "tydiqa", "test", "ko")] == ["korean-2-0"]
    assert load(tmp_path, "tydiqa", "dev", "en") == load(tmp_path, "tydiqa", "test", "en")
    with pytest.raises(InputError, match="tydiqa/sw/test: no examples"):
        load(tmp_path, "tydiqa", "test", "sw")
    assert not files.is_there(TASKS["tydiqa"], "dev", "ko", tmp_path)
    write(tmp_path, squad("korean-7-0"), "tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.ko.dev.json")
    assert [e.id for e in load(tmp_path, "tydiqa", "test", "ko")] == ["korean-7-0"]


def belebele(*numbers: int, label: object = 2) -> str:
    """Belebele's lines: one question a number about one passage."""
    answers = {f"mc_answer{i}": str(i) for i in range(1, 5)}
    row = {"link": "l", "flores_passage": "p", "question": "q", **answers, "correct_answer_num": label}
    return jsonl([{**row, "question_number": number} for number in numbers])


def asked(examples: Sequence[Example]) -> list[str]:
    """Cause or effect of each."""
    return ["cause" if "cause" in e.question else "effect" for e in examples if isinstance(e, ChoiceExample)]


@pytest.mark.parametrize("path", ["xcopa/{0}-{1}.jsonl", "xcopa/data/{1}/{0}.{1}.jsonl"])
def test_wrong_questions_of_xcopa_come_from_another_language(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    write(tmp_path, copa("effect", "effect", "effect"), path.format("test", "th"))
    assert asked(load(tmp_path, "xcopa", "test", "th")) == ["effect"] * 3
    assert "the questions stay as they are, and are wrong in some languages" in caplog.text
    caplog.clear()
    other = write(tmp_path, copa("cause", "effect", "cause"), path.format("test", "vi"))
    assert asked(load(tmp_path, "xcopa", "test", "th")) == ["cause", "effect", "cause"]
    assert "2 of 3 questions were wrong and come from another language" in caplog.text
    assert str(other) in [name for name, _, _ in files.origin(TASKS["xcopa"], "test", "th", tmp_path)]
    # Only by number: Estonian comes first, and has one row of these.
    write(tmp_path, copa("effect", start=2), path.format("test", "et"))
    assert asked(load(tmp_path, "xcopa", "test", "th")) == ["effect", "effect", "effect"]
    assert "2 of 3 rows are not in the language that has the right questions" in caplog.text


def test_copa_gives_the_questions_of_the_dev_set(tmp_path: Path) -> None:
    write(tmp_path, copa("effect", "effect"), "xcopa/val-tr.jsonl")
    write(tmp_path, copa("effect", "cause"), "xcopa/val-en.jsonl")
    examples = load(tmp_path, "xcopa", "dev", "tr")
    assert asked(examples) == ["effect", "cause"]
    assert [e.label for e in examples] == [0, 1]  # type: ignore[union-attr]
    assert "en" not in available_languages(TASKS["xcopa"], "dev", DataSource("files", str(tmp_path)))


def test_low_resource_inference_in_four_layouts(tmp_path: Path) -> None:
    write(tmp_path, f"{NLI_HEADER}5\tquy\ta\tb\tneutral\n", "lowres/americasnli/test/quy.tsv")
    assert load(tmp_path, "americas_nli", "test", "qu") == [PairExample("5", "a", "b", "neutral")]
    write(tmp_path, f"{NLI_HEADER}5\tbzd\ta\tb\tneutral\n", "americasnli/dev/bzd.tsv")
    assert load(tmp_path, "americas_nli", "dev", "bzd") == [PairExample("5", "a", "b", "neutral")]
    write(tmp_path, "sentence1\tsentence2\tgold_label\na\tb\tentailment\n", "kornli/xnli.test.ko.tsv")
    assert [e.label for e in load(tmp_path, "kornli", "test", "ko")] == ["entailment"]  # type: ignore[union-attr]
    header = "genre\tlabel\tsentence1_en\tsentence2_en\tsentence1_my\tsentence2_my\n"
    write(tmp_path, f"{header}face\tneutral\ta\tb\tက\tခ\n", "myxnli/my.genre.dev.tsv")
    assert load(tmp_path, "myxnli", "dev", "my") == [PairExample("myxnli-dev-my-0", "က", "ခ", "neutral")]
    text = 'premise,hypo,promptID,pairID,genre,label\n"Da, da.",b,1,2,face,contradiction\n'
    write(tmp_path, text, "c-xnli/xnli.test.hr.csv")
    assert load(tmp_path, "cxnli", "test", "hr") == [PairExample("cxnli-test-hr-0", "Da, da.", "b", "contradiction")]


def test_masakhane_files_have_a_space_between_word_and_tag(tmp_path: Path) -> None:
    write(tmp_path, "Ada B-PER\nleo B-DATE\nasubuhi I-DATE\n\nLagos B-LOC\n", "lowres/masakhaner2/swa/test.txt")
    assert load(tmp_path, "masakhaner", "test", "sw") == [
        TaggingExample("0", ("Ada", "leo", "asubuhi"), ("B-PER", "O", "O")),
        TaggingExample("1", ("Lagos",), ("B-LOC",)),
    ]
    write(tmp_path, "n' CCONJ\na PRON\n", "masakhapos/bam/dev.txt")
    assert load(tmp_path, "masakhapos", "dev", "bm") == [TaggingExample("0", ("n'", "a"), ("CCONJ", "PRON"))]
    path = write(tmp_path, "Ada  B-PER\n", "masakhaner2/yor/test.txt")
    with pytest.raises(InputError, match=rf"{path}:1: expected token TAB tag"):
        load(tmp_path, "masakhaner", "test", "yo")


def test_belebele_names_languages_in_its_own_way(tmp_path: Path) -> None:
    answers = {f"mc_answer{i}": str(i) for i in range(1, 5)}
    row = {
        "link": "l",
        "question_number": 1,
        "flores_passage": "p",
        "question": "q",
        **answers,
        "correct_answer_num": 2,
    }
    write(tmp_path, jsonl([row, {**row, "question_number": 2}]), "belebele/zho_Hans.jsonl")
    assert [(e.id, e.label) for e in load(tmp_path, "belebele", "test", "zh")] == [("l#1", 1), ("l#2", 1)]  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"belebele/sw/test: no file found .*belebele/swh_Latn.jsonl"):
        load(tmp_path, "belebele", "test", "sw")


TEMPLATES = "\n".join(
    "\t".join(cells)
    for cells in (
        ("Field", "en", "de", "de-placeholders", "de", "de-placeholders", "sw"),
        ("Name", "Who has what?", "", "", "", "", ""),
        ("Capability", "Taxonomy", "", "", "", "", ""),
        (
            "Context",
            "{first_name} has {pet}.",
            "{first_name} hat {pet}.",
            "a dog",
            "{pet} gehört {first_name}.",
            "a cat",
        ),
        ("Question", "What does {first_name} have?", "Was hat {first_name}?", "", "", "", "{first_name} ana nini?"),
        ("Answer", "{pet}", "{pet}", "", "", "", "{pet}"),
        ("pet", "a dog", "einen Hund", "", "", "", "mbwa"),
        ("pet", "a cat", "eine Katze", "", "", "", "paka"),
    )
)


def test_multichecklist_is_made_from_templates(tmp_path: Path) -> None:
    write(tmp_path, TEMPLATES + "\n", "multichecklist/checklist_templates.tsv")
    english, german = (load(tmp_path, "multichecklist", "test", code) for code in ("en", "de"))
    assert len(english) == len(german) == 100
    words = {"a dog": "einen Hund", "a cat": "Eine Katze"}
    for one, other in zip(english, german, strict=True):
        assert isinstance(one, QuestionExample)
        assert isinstance(other, QuestionExample)
        name = one.context.partition(" ")[0]
        assert (one.context, one.question) == (f"{name} has {one.answers[0]}.", f"What does {name} have?")  # type: ignore[index]
        # The wording is the one whose placeholders list the English filling.
        dog = one.answers == ("a dog",)
        assert other.context == (f"{name} hat einen Hund." if dog else f"Eine Katze gehört {name}.")
        assert other.question == f"Was hat {name}?"
        assert words[one.answers[0]].lower() == other.answers[0].lower()  # type: ignore[index]
    assert load(tmp_path, "multichecklist", "test", "en") == english
    with pytest.raises(InputError, match="multichecklist/sw/test: no examples"):
        load(tmp_path, "multichecklist", "test", "sw")  # there is no context in that column
    with pytest.raises(InputError, match="no column 'zh' in the header"):
        load(tmp_path, "multichecklist", "test", "zh")


@pytest.mark.parametrize("text", ["", "Field\tde\n", "Field\ten\nName\tx\nContext\tc\n"])
def test_templates_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, "multichecklist/checklist_templates.tsv")
    with pytest.raises(InputError, match=r"checklist_templates.tsv: expected"):
        load(tmp_path, "multichecklist", "test", "en")


NLI_HEADER = "id\tlanguage\tpremise\thypothesis\tlabel\n"
PAWS_HEADER = "id\tsentence1\tsentence2\tlabel\n"
MLQA_TEST = "mlqa/MLQA_V1/test/test-context-{0}-question-{1}.json"


@pytest.mark.parametrize(
    ("name", "language", "path", "text"),
    [
        ("xquad", "ro", "xquad/xquad.ro.json", squad("1", "1")),
        ("mlqa", "de", MLQA_TEST.format("de", "de"), squad("1", "1")),
        ("mlqa_q_hi", "en", MLQA_TEST.format("en", "hi"), squad("1", "1")),
        ("tydiqa", "sw", "tydiqa/tydiqa-goldp-v1.1-dev.json", squad("swahili-1", "swahili-1")),
        ("xcopa", "qu", "xcopa/test-qu.jsonl", copa("cause") + copa("effect")),
        ("pawsx", "en", "pawsx/x-final/en/test_2k.tsv", f"{PAWS_HEADER}7\ta\tb\t1\n7\tc\td\t0\n"),
        ("belebele", "en", "belebele/eng_Latn.jsonl", belebele(1, 1)),
    ],
)
def test_ids_that_name_rows_must_not_repeat(tmp_path: Path, name: str, language: str, path: str, text: str) -> None:
    write(tmp_path, text, path)
    with pytest.raises(
        InputError, match=rf"{name}/{language}/test: id '.*' occurs twice; rows are joined by their ids"
    ):
        load(tmp_path, name, "test", language)


def test_ids_that_name_nothing_give_way_to_places(tmp_path: Path) -> None:
    write(tmp_path, f"{NLI_HEADER}5\ttar\ta\tb\tneutral\n5\ttar\tc\td\tneutral\n", "americasnli/test/tar.tsv")
    found = load(tmp_path, "americas_nli", "test", "tar")
    assert [e.id for e in found] == ["americas_nli-test-tar-0", "americas_nli-test-tar-1"]


@pytest.mark.parametrize(
    ("name", "language", "path", "text"),
    [
        ("pawsx", "ja", "pawsx/test-ja.tsv", "a\tb\n"),
        ("pawsx", "ja", "pawsx/x-final/ja/test_2k.tsv", f"{PAWS_HEADER}1\ta\tb\t\n"),
        ("mlqa_q_en", "ar", MLQA_TEST.format("ar", "en"), squad("1", answer="")),
        ("tydiqa", "te", "labels/tydiqa/test-te.json", squad("1", answer="")),
        ("xcopa", "ht", "xcopa/test-ht.jsonl", copa("cause").replace('"label": 0', '"label": null')),
        ("americas_nli", "shp", "americasnli/test/shp.tsv", f"{NLI_HEADER}1\tshp\ta\tb\t\n"),
        ("kornli", "ko", "kornli/xnli.test.ko.tsv", "sentence1\tsentence2\tgold_label\na\tb\t-\n"),
        ("masakhaner", "yo", "masakhaner2/yor/test.txt", "Ada\n"),
        ("masakhapos", "ig", "masakhapos/ibo/test.txt", "Ada\n"),
        ("belebele", "sw", "belebele/swh_Latn.jsonl", belebele(1, label="")),
        ("udpos", "lt", "udpos/test-lt.tsv", "Labas\n"),
        ("panx", "gu", "panx/test-gu.tsv", "a\n"),
    ],
)
def test_a_test_set_without_labels_is_an_error(tmp_path: Path, name: str, language: str, path: str, text: str) -> None:
    write(tmp_path, text, path)
    with pytest.raises(InputError, match=rf"{name}/{language}/test: 1 of 1 examples are unlabelled"):
        load(tmp_path, name, "test", language)
    assert (
        len(load_examples(TASKS[name], "test", language, DataSource("files", str(tmp_path)), require_labels=False)) == 1
    )


@pytest.mark.parametrize(
    ("name", "language", "path", "text", "message"),
    [
        ("pawsx", "ja", "pawsx/dev-ja.tsv", "a\tb\tsame\n", "label 'same' is not one of 0, 1"),
        ("xcopa", "ht", "xcopa/val-ht.jsonl", copa("cause", start=2).replace('"label": 0', '"label": 3'), "label 3"),
        ("americas_nli", "nah", "americasnli/dev/nah.tsv", f"{NLI_HEADER}1\tn\ta\tb\te\n", "label 'e' is not one of"),
        ("kornli", "ko", "kornli/xnli.dev.ko.tsv", "premise\tlabel\na\tneutral\n", "no column sentence1, sentence2"),
        ("cxnli", "hr", "c-xnli/xnli.dev.hr.csv", "premise,hypo,label\na,b,yes\n", "label 'yes' is not one of"),
        ("masakhaner", "zu", "masakhaner2/zul/dev.txt", "Ada B-MISC\n", "tag 'B-MISC' is not one of O, B-PER"),
        ("masakhapos", "zu", "masakhapos/zul/dev.txt", "Ada NN\n", "tag 'NN' is not one of ADJ"),
        ("panx", "qu", "panx/dev-qu.tsv", "a\tB-DATE\n", "tag 'B-DATE' is not one of O, B-PER"),
    ],
)
def test_labels_outside_the_set_are_an_error(
    tmp_path: Path, name: str, language: str, path: str, text: str, message: str
) -> None:
    write(tmp_path, text, path)
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path, name, "dev", language)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("name", "language", "path", "line"),
    [
        ("pawsx", "de", "pawsx/dev-de.tsv", "a\tb\t0\n"),
        ("cxnli", "hr", "c-xnli/xnli.dev.hr.csv", "a,b,neutral\n"),
        ("kornli", "ko", "kornli/xnli.dev.ko.tsv", "a\tb\tneutral\n"),
    ],
)
def test_one_label_for_all_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, language: str, path: str, line: str
) -> None:
    header = {"cxnli": "premise,hypo,label\n", "kornli": "sentence1\tsentence2\tgold_label\n"}.get(name, "")
    write(tmp_path, header + line * 60, path)
    load(tmp_path, name, "dev", language)
    assert f"{name}/{language}/dev: all 60 examples have the label" in caplog.text
    assert "placeholders" in caplog.text
