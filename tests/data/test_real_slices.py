"""Every file of a folder of real data is read by some row (folder: STILTS_REAL_DATA)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stilts_mlflow.data.formats import FORMATS
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.tasks.examples import (
    BitextExample,
    ChoiceExample,
    Example,
    PairExample,
    PassageExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import FileSource, Split, Task

pytestmark = pytest.mark.real

SPLITS = [(name, split) for name, task in sorted(TASKS.items()) for split in task.files if name != "bitext"]
# A whole has no files of its own: they are those of its parts.
CASES = [
    (name, split, number)
    for name, split in SPLITS
    if not TASKS[name].parts
    for number in range(len(TASKS[name].files[split]))
]
NOT_THERE = {
    "belebele/test",
    "mewslix/dev",
    "mewslix/test",
    "xcopa_translate_test/test",
    "masakhaner/dev",
    "masakhapos/dev",
} | {f"mlqa_q_{question}/{split}" for question in ("ar", "es", "hi", "vi", "zh") for split in ("dev", "test")}
"""Splits of which the slices have nothing."""
FOREIGN = FileSource("ccg/pmb-4.0.0/*/gold/*.conll", "pmb")
SAME_FORM = {
    # Files of slices that no distribution has, or that no row asks for, and the source whose form they have.
    "hellaswag/hellaswag_train_rebuilt.jsonl": ("hellaswag", TASKS["hellaswag"].files["train"][0]),
    "qqp/glue_data_original_ids/QQP/dev.tsv": ("qqp", TASKS["qqp"].files["dev"][0]),
    "qqp/glue_data_original_ids/QQP/train.tsv": ("qqp", TASKS["qqp"].files["train"][0]),
    **{
        f"ccg/pmb-4.0.0/{language}/gold/{split}.conll": ("ccg", FOREIGN)
        for language in ("de", "it", "nl")
        for split in ("dev", "test")
    },
}


@pytest.fixture(scope="module")
def source() -> DataSource:
    folder = os.environ.get("STILTS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("STILTS_REAL_DATA names no folder of real data")
    return DataSource("files", folder)


def alone(task: Task, split: Split, number: int) -> tuple[Task, FileSource]:
    """The task with one source of its try-list only."""
    one = task.files[split][number]
    return replace(task, files={split: (one,)}), one


def check(example: Example, may_lack: bool = False) -> None:
    """What holds for an example of any real file."""
    if isinstance(example, PairExample):
        assert example.text_a
        assert example.text_b
    elif isinstance(example, ChoiceExample):
        assert 2 <= len(example.choices) <= 5
        assert all(example.choices)
    elif isinstance(example, QuestionExample):
        assert example.answers or may_lack
        for answer, start in zip(example.answers, example.answer_starts, strict=True):
            assert example.context[start : start + len(answer)] == answer
    elif isinstance(example, TaggingExample):
        assert all(example.words)
        assert example.tags
        assert all(example.tags)
    elif isinstance(example, TextExample):
        assert example.text
    elif isinstance(example, PassageExample):
        assert example.text
        assert example.keys or not example.is_query
    elif " " in example.id or "-" not in example.id:  # a sentence of BUCC has an id of its own, and a pair both
        assert example.source
        assert example.target
    else:
        assert example.source or example.target


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_every_language_that_is_there_can_be_read(source: DataSource, name: str, split: str) -> None:
    task = TASKS[name]
    languages = available_languages(task, split, source)
    assert languages or f"{name}/{split}" in NOT_THERE
    assert "en" in languages or "en" not in task.languages or f"{name}/{split}" in NOT_THERE
    for language in languages:
        for example in load_examples(task, split, language, source):
            check(example, task.may_lack_answer)


def examples_of(task: Task, split: str, one: FileSource, source: DataSource) -> Iterator[Example]:
    """Examples of one source in all languages for which it is there; its reader drops what it drops."""
    from stilts_mlflow.data import files

    for language in task.languages:
        if files.is_there(task, split, language, str(source.data_dir)):
            found = [task.reader(row) for row in files.rows(task, split, language, str(source.data_dir))]
            assert found, f"{one.path} in {language}"
            yield from (example for example in found if example is not None)


@pytest.mark.parametrize(("name", "split", "number"), CASES)
def test_every_source_of_a_try_list_can_be_read(source: DataSource, name: str, split: Split, number: int) -> None:
    task, one = alone(TASKS[name], split, number)
    found = list(examples_of(task, split, one, source))
    if not found:
        pytest.skip(f"no {one.path}")
    if split == "test" and number and one.labels is None and "{lang}.tsv" in one.path:
        return  # the bare test files: nothing to check but that they are read
    for example in found:
        check(example, task.may_lack_answer)


def read_by_rows(folder: Path) -> set[Path]:
    """Files that some row reads in English."""
    from stilts_mlflow.data import files

    return {
        Path(path)
        for name, split in SPLITS
        if not TASKS[name].parts
        for number in range(len(TASKS[name].files[split]))  # type: ignore[index]
        for path, _, _ in files.origin(alone(TASKS[name], split, number)[0], split, "en", folder)  # type: ignore[arg-type]
    }


def test_every_file_of_an_intermediate_task_is_read(source: DataSource) -> None:
    folder = Path(str(source.data_dir))
    used = read_by_rows(folder)
    targets = [*folder.glob("xtreme/siqa/*"), *folder.glob("xtreme/xcopa/*-en.jsonl")]
    there = {path for path in [*folder.glob("intermediate/**/*"), *targets] if path.is_file()}
    left = {path.relative_to(folder / "intermediate").as_posix(): path for path in there - used}
    assert set(left) <= set(SAME_FORM)
    for name, path in left.items():
        task, one = SAME_FORM[name]
        examples = [TASKS[task].reader(row) for row in FORMATS[one.format](path, one, None)]
        assert examples
        for example in examples:
            assert example is not None
            check(example)


def test_every_file_of_a_target_is_read(source: DataSource) -> None:
    from stilts_mlflow.data import files

    folder = Path(str(source.data_dir))
    used = {
        Path(path)
        for name, split in SPLITS
        if not TASKS[name].parts
        for number in range(len(TASKS[name].files[split]))  # type: ignore[index]
        for language in TASKS[name].languages
        for path, _, _ in files.origin(alone(TASKS[name], split, number)[0], split, language, folder)  # type: ignore[arg-type]
    }
    there = {path for part in ("xtreme", "lowres", "translated") for path in folder.glob(f"{part}/**/*")}
    there = {path for path in there if path.is_file()}
    assert sorted(there - used) == []


COUNTS: dict[str, int | dict[str, int]] = {
    "pawsx/dev": 300,
    "pawsx/test": 300,
    "mlqa/dev": 150,
    "mlqa/test": {"ar": 151, "": 150},
    "mlqa_q_de/test": 150,
    "mlqa_q_en/dev": 150,
    "tydiqa/train": 1000,
    "tydiqa/dev": 150,
    "tydiqa/test": {"bn": 67, "": 150},
    "xquad/test": 322,
    "xcopa/dev": 100,
    "xcopa/test": 300,
    "udpos/test": {"mr": 47, "tl": 128, "": 160},
    "panx/test": {"th": 359, **dict.fromkeys(("jv", "my", "yo"), 50), "": 400},
    "xnli/test": 501,
    "americas_nli/dev": 150,
    "americas_nli/test": 150,
    "kornli/dev": 312,
    "kornli/test": 315,
    "myxnli/test": 315,
    "cxnli/test": 315,
    "masakhaner/test": 100,
    "masakhapos/test": 100,
}
"""Examples a language of the slices ("": all others); sizes of other folders may differ."""


@pytest.mark.parametrize("key", COUNTS)
def test_slices_have_as_many_examples_as_they_say(source: DataSource, key: str) -> None:
    name, split = key.split("/")
    expected = COUNTS[key]
    sizes = expected if isinstance(expected, dict) else {"": expected}
    languages = available_languages(TASKS[name], split, source)
    assert languages
    for language in languages:
        found = load_examples(TASKS[name], split, language, source)
        assert len(found) == sizes.get(language, sizes[""]), language


def test_questions_of_xcopa_are_the_same_in_every_language(source: DataSource) -> None:
    """As published they are not: 52 of 100 of the Thai and Turkish dev files, 161 of 300 of the Thai test file."""
    for split in ("dev", "test"):
        languages = available_languages(TASKS["xcopa"], split, source)
        told = [
            [(e.id, e.question, e.label) for e in load_examples(TASKS["xcopa"], split, language, source)]  # type: ignore[union-attr]
            for language in languages
        ]
        assert len(told) == 9
        assert all(each == told[0] for each in told)


def test_both_distributions_of_paws_x_are_the_same_pairs(source: DataSource) -> None:
    """XTREME's csv with tab and the plain original, dev: the same rows in the same order."""
    from stilts_mlflow.data import files

    for language in TASKS["pawsx"].languages:
        found = []
        for number in (0, 1):
            task, _ = alone(TASKS["pawsx"], "dev", number)
            rows = files.rows(task, "dev", language, str(source.data_dir))
            found.append([(e.text_a, e.text_b, e.label) for e in map(task.reader, rows)])  # type: ignore[union-attr]
        assert found[0] == found[1], language


def test_samples_of_the_formats_are_read(source: DataSource) -> None:
    folder = Path(str(source.data_dir)) / "format_samples"
    samples: dict[str, tuple[str, Split]] = {
        "anli/anli_v0.1.zip/anli_v0.1/R1/train.jsonl": ("anli_r1", "train"),
        "anli/anli_v0.1.zip/anli_v0.1/R3/dev.jsonl": ("anli_r3", "dev"),
        "commonsense_qa/train_rand_split.jsonl": ("commonsense_qa", "train"),
        "cosmos_qa/train.csv": ("cosmos_qa", "train"),
        "glue/QQP/train.tsv": ("qqp", "train"),
        "hellaswag/hellaswag_val.jsonl": ("hellaswag", "dev"),
        "squad_v2/train-v2.0.json": ("squad_v2", "train"),
        "snli/snli_1.0/snli_1.0_train.txt": ("snli", "train"),
        "snli/snli_1.0/snli_1.0_dev.txt": ("snli", "dev"),
    }
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    for name, (task, split) in samples.items():
        one = next(each for each in TASKS[task].files[split] if Path(each.path).suffix == Path(name).suffix)
        found = [TASKS[task].reader(row) for row in FORMATS[one.format](folder / name, one, None)]
        assert found, name
        for example in found:
            assert example is not None
            check(example, TASKS[task].may_lack_answer)


def test_universal_dependencies_are_without_joiners_and_spaces(source: DataSource) -> None:
    for language in available_languages(TASKS["udpos"], "test", source):
        for example in load_examples(TASKS["udpos"], "test", language, source):
            assert isinstance(example, TaggingExample)
            assert not any(letter in word for word in example.words for letter in "\u200c ")


def test_xnli_is_the_same_in_both_distributions(source: DataSource) -> None:
    """XTREME's csv files, with quotes doubled, hold the pairs of the plain XNLI-1.0."""
    splits: tuple[Split, ...] = ("dev", "test")
    for split in splits:
        prepared, original = (alone(TASKS["xnli"], split, number) for number in (0, 1))
        if not all(any(True for _ in examples_of(task, split, one, source)) for task, one in (prepared, original)):
            pytest.skip("not both distributions are there")
        seen = {(e.text_a, e.text_b, e.label) for e in pairs(*prepared, split, source)}
        missing = [e for e in pairs(*original, split, source) if (e.text_a, e.text_b, e.label) not in seen]
        assert not missing


def pairs(task: Task, one: FileSource, split: str, source: DataSource) -> Iterator[PairExample]:
    """Pair examples of one source, all languages."""
    for example in examples_of(task, split, one, source):
        assert isinstance(example, PairExample)
        yield example


def test_both_forms_of_tatoeba_are_the_same_rows(source: DataSource) -> None:
    from stilts_mlflow.data import files

    task = TASKS["tatoeba"]
    (original, _), (prepared, _) = (alone(task, "test", number) for number in (0, 1))
    for language in available_languages(task, "test", source):
        found = [task.reader(row) for row in files.rows(original, "test", language, str(source.data_dir))]
        assert found == [task.reader(row) for row in files.rows(prepared, "test", language, str(source.data_dir))]
        assert all(isinstance(example, BitextExample) for example in found)
