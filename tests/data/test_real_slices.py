"""Every file of a folder of real data is read by some row (folder: STILTS_REAL_DATA)."""

import os
from pathlib import Path

import pytest

from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.tasks.examples import BitextExample, QuestionExample, TaggingExample
from stilts_mlflow.tasks.tables import TASKS

pytestmark = pytest.mark.real

SPLITS = [(name, split) for name, task in sorted(TASKS.items()) for split in task.files if name != "bitext"]


@pytest.fixture(scope="module")
def source() -> DataSource:
    folder = os.environ.get("STILTS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("STILTS_REAL_DATA names no folder of real data")
    return DataSource("files", folder)


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_every_language_that_is_there_can_be_read(source: DataSource, name: str, split: str) -> None:
    task = TASKS[name]
    languages = available_languages(task, split, source)
    assert "en" in languages or name == "tatoeba"
    for language in languages:
        for example in load_examples(task, split, language, source):
            if isinstance(example, QuestionExample):
                for answer, start in zip(example.answers or (), example.answer_starts, strict=True):
                    assert example.context[start : start + len(answer)] == answer
            if isinstance(example, TaggingExample):
                assert all(word and "\u200c" not in word for word in example.words)
            if isinstance(example, BitextExample):
                assert example.source
                assert example.target


def test_both_forms_of_tatoeba_are_the_same_pools(source: DataSource) -> None:
    from stilts_mlflow.data.files import names
    from stilts_mlflow.data.formats import FORMATS

    root = Path(str(source.data_dir)) / "xtreme"
    original, prepared = TASKS["tatoeba"].files["test"]
    for language in ("de", "sw", "zh"):
        pools = []
        for form in (original, prepared):
            path, labels = (root / str(p).format(**names(language)) for p in (form.path, form.labels))
            rows = FORMATS[form.format](path, form, labels)
            pools.append(sorted((row["source"], row["target"], row["source_order"]) for row in rows))
        assert pools[0] == pools[1]
