"""Where translated training sets come from: the demo world, public files, a folder; and nothing unasked."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stilts_mlflow.data.demo.world import DEMO_LANGUAGES, PARALLEL
from stilts_mlflow.data.files import TRANSLATED
from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.data.load import DataSource, Translated, load_examples, load_translated
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import Example, PairExample, QuestionExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.translated import (
    MNLI_TRANSLATED,
    PAWSX_TRANSLATED,
    SQUAD_V1_TRANSLATED,
    SQUAD_V2_TRANSLATED,
)
from stilts_mlflow.translation import folder
from stilts_mlflow.translation.examples import Line
from stilts_mlflow.translation.sources import available, origin_of, train_languages, training_examples

MNLI, SQUAD, HELLASWAG = TASKS["mnli"], TASKS["squad_v1"], TASKS["hellaswag"]


def demo(*languages: str, with_english: bool = False, place: Path | None = None, cap: int = 3) -> DataSource:
    wanted = Translated(languages or None, with_english, str(place) if place else None)
    return DataSource(max_examples=cap, translated=wanted)


def files(data_dir: Path, *languages: str) -> DataSource:
    return DataSource("files", str(data_dir), translated=Translated(languages or None))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def squad(*questions: tuple[str, str, int], context: str = "Anna kam 1990 nach Rom.") -> str:
    rows = [
        {"id": str(i), "question": asked, "answers": [{"text": answer, "answer_start": start}]}
        for i, (asked, answer, start) in enumerate(questions)
    ]
    return json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": context, "qas": rows}]}]})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["anli_plus", *(n for n in PARALLEL if n in TASKS and "train" in TASKS[n].files)])
def test_the_demo_world_tells_its_training_rows_in_every_language(name: str) -> None:
    task = TASKS[name]
    english = load_examples(task, "train", "en", DataSource(max_examples=50))
    assert available(task, demo()) == tuple(sorted(set(DEMO_LANGUAGES) - {"en"}))
    for code in available(task, demo()):
        other = training_examples(task, code, demo(code, cap=50))
        assert [example.id for example in other] == [example.id for example in english]
        assert [kind(example) for example in other] == [kind(example) for example in english]
        assert all(one != two for one, two in zip(english, other, strict=True))


def kind(example: Example) -> object:
    """What a translation leaves as it is."""
    return example.label if isinstance(example, PairExample) else len(example.answers or ())  # type: ignore[union-attr]


def test_nothing_is_translated_unasked() -> None:
    assert train_languages(MNLI, DataSource()) == ("en",)
    assert train_languages(MNLI, demo("sw", "de")) == ("sw", "de")
    assert train_languages(MNLI, demo("sw", with_english=True)) == ("en", "sw")
    assert train_languages(TASKS["masked_lm"], demo("sw")) == TASKS["masked_lm"].train_languages
    assert train_languages(TASKS["bitext"], demo("sw")) == ()
    with pytest.raises(InputError, match="no data in language 'de'"):
        load_examples(MNLI, "train", "de", DataSource())
    both = demo("de", with_english=True)
    assert training_examples(MNLI, "en", both) == load_examples(MNLI, "train", "en", DataSource(max_examples=3))


def test_what_cannot_be_had_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ccg: tags do not survive translation"):
        train_languages(TASKS["ccg"], demo("de"))
    with pytest.raises(InputError, match=r"hellaswag/de: .* demo world \(.*none\); make one with .* translate"):
        train_languages(HELLASWAG, demo("de"))
    with pytest.raises(InputError, match="hellaswag/any language"):
        train_languages(HELLASWAG, demo())
    with pytest.raises(InputError, match=r"mnli/fr: .*demo world \(languages of mnli: de, "):
        train_languages(MNLI, demo("fr"))
    with pytest.raises(InputError, match=r"mnli/de: .*multinli.train.de.tsv, .*en-de-translated.tsv; make one"):
        train_languages(MNLI, files(tmp_path, "de"))
    with pytest.raises(InputError, match=rf"fr.jsonl in {tmp_path}, the demo world"):
        train_languages(MNLI, demo("fr", place=tmp_path))


@pytest.mark.parametrize("places", [MNLI_TRANSLATED, PAWSX_TRANSLATED, SQUAD_V1_TRANSLATED, SQUAD_V2_TRANSLATED])
def test_every_public_file_names_its_language_and_has_a_format(places: tuple[object, ...]) -> None:
    assert all("{lang}" in place.path and place.format in FORMATS for place in places)  # type: ignore[attr-defined]


def test_xnli_mt(tmp_path: Path) -> None:
    write(
        tmp_path / "xnli/XNLI-MT-1.0/multinli/multinli.train.sw.tsv",
        'premise\thypo\tlabel\nAnna "alifika".\tAnna hakufika.\tcontradictory\nA\tB\tneutral\n',
    )
    write(tmp_path / "xnli/XNLI-MT-1.0/multinli/multinli.train.en.tsv", "premise\thypo\tlabel\na\tb\tneutral\n")
    source = files(tmp_path)
    assert train_languages(MNLI, source) == ("sw",)
    assert training_examples(MNLI, "sw", source)[0] == PairExample(
        "mnli-translated-sw-0", 'Anna "alifika".', "Anna hakufika.", "contradiction"
    )
    assert origin_of(MNLI, "sw", source) == "multinli.train.sw.tsv"
    assert training_examples(TASKS["xnli"], "sw", source)[1].text_b == "B"  # type: ignore[union-attr]


def test_xtreme_translate_train(tmp_path: Path) -> None:
    write(tmp_path / "xnli/translate-train/en-de-translated.tsv", "a\tb\tAnna kam.\tSie ging.\tcontradictory\n")
    (example,) = training_examples(MNLI, "de", files(tmp_path, "de"))
    assert example == PairExample("mnli-translated-de-0", "Anna kam.", "Sie ging.", "contradiction")


@pytest.mark.parametrize(
    "path",
    [
        "mlqa/mlqa-translate-train/es_squad-translate-train-train-v1.1.json",
        "squad/translate-train/squad.translate.train.en-es.json",
        "SQuAD-es-v1.1/train-v1.1-es.json",
    ],
)
def test_translated_questions(tmp_path: Path, path: str, caplog: pytest.LogCaptureFixture) -> None:
    asked = [("right", "Rom", 19), ("moved", "Anna", 3), ("lost", "Paris", 0), ("empty", "", 0), ("part", "90", 2)]
    write(tmp_path / path, squad(*asked))
    found = training_examples(SQUAD, "es", files(tmp_path, "es"))
    assert [(e.question, e.answers, e.answer_starts) for e in found if isinstance(e, QuestionExample)] == [
        ("right", ("Rom",), (19,)),
        ("moved", ("Anna",), (0,)),
    ]
    assert "3 of 5 rows dropped" in caplog.text


def test_squad_es_v2_keeps_questions_without_an_answer(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "question": "a", "answers": [], "is_impossible": True},
        {"id": "2", "question": "b", "answers": [{"text": "", "answer_start": 9}], "is_impossible": False},
    ]
    data = {"data": [{"title": "t", "paragraphs": [{"context": "Roma.", "qas": rows}]}]}
    write(tmp_path / "SQuAD-es-v2.0/train-v2.0-es.json", json.dumps(data))
    row = SQUAD_V2_TRANSLATED[0]
    parsed = FORMATS[row.format](tmp_path / row.path.format(lang="es"), row, None)
    read = [SQUAD.reader(one) for one in parsed]
    assert [example.answers for example in read] == [(), None]  # type: ignore[union-attr]


def test_a_folder_comes_first_and_serves_what_nobody_else_has(tmp_path: Path) -> None:
    own = PairExample("x", "Eigenes.", "Auch.", "neutral")
    folder.append(tmp_path / "mnli" / "de.jsonl", [Line("x", "kept", own)])
    folder.append(tmp_path / "hellaswag" / "fr.jsonl", [Line("y", "lost")])
    source = demo("de", "sw", place=tmp_path)
    assert training_examples(MNLI, "de", source) == [own]
    assert origin_of(MNLI, "de", source) == "mnli/de.jsonl of the translations given"
    assert training_examples(MNLI, "sw", source)[0].id == "train-0"
    assert origin_of(MNLI, "sw", source) == "demo world"
    assert available(HELLASWAG, source) == ("fr",)
    with pytest.raises(InputError, match=r"hellaswag/fr: .* has no examples"):
        training_examples(HELLASWAG, "fr", source)


def test_the_cap_counts_for_translations_too(tmp_path: Path) -> None:
    lines = [Line(str(i), "kept", PairExample(str(i), "a", "b", "neutral")) for i in range(5)]
    folder.append(tmp_path / "mnli" / "de.jsonl", lines)
    assert len(training_examples(MNLI, "de", demo("de", place=tmp_path, cap=2))) == 2
    assert len(training_examples(MNLI, "de", demo("de", cap=2))) == 2
    assert len(load_translated(MNLI, "de", replace(demo("de"), max_examples=0))) == 6000


def test_the_hub_has_some() -> None:
    source = DataSource("hub", translated=Translated(("eu",)))
    with pytest.raises(InputError, match="mnli/eu: no machine-translated training set"):
        train_languages(MNLI, source)
    assert {"de", "sw", "zh"} <= set(available(MNLI, replace(source, translated=Translated())))
    assert "en" not in available(SQUAD, source)
    assert TRANSLATED not in MNLI.files
