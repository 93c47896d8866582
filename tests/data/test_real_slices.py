"""Every file of a folder of real data is read by some row (folder: STILTS_REAL_DATA)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.tasks.examples import (
    BitextExample,
    ChoiceExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import FileSource, Split, Task

pytestmark = pytest.mark.real

SPLITS = [(name, split) for name, task in sorted(TASKS.items()) for split in task.files if name != "bitext"]
CASES = [(name, split, number) for name, split in SPLITS for number in range(len(TASKS[name].files[split]))]


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


def check(example: Example) -> None:
    """What holds for an example of any real file."""
    if isinstance(example, PairExample):
        assert example.text_a
        assert example.text_b
    elif isinstance(example, ChoiceExample):
        assert 2 <= len(example.choices) <= 5
        assert example.label is not None
        assert all(example.choices)
    elif isinstance(example, QuestionExample):
        assert example.answers is not None
        for answer, start in zip(example.answers, example.answer_starts, strict=True):
            assert example.context[start : start + len(answer)] == answer
    elif isinstance(example, TaggingExample):
        assert all(example.words)
        assert example.tags
        assert all(example.tags)
    elif isinstance(example, TextExample):
        assert example.text
    else:
        assert example.source
        assert example.target


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_every_language_that_is_there_can_be_read(source: DataSource, name: str, split: str) -> None:
    task = TASKS[name]
    languages = available_languages(task, split, source)
    assert "en" in languages or name == "tatoeba"
    for language in languages:
        for example in load_examples(task, split, language, source):
            check(example)


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
        check(example)


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
