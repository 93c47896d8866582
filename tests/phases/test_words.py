"""Words in task lists, and languages without data: told before anything is trained."""

import pytest

from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.config import MainConfig
from stilts_mlflow.phases.data_needs import needs
from stilts_mlflow.phases.main import retrieve_options
from stilts_mlflow.phases.words import tasks_of
from stilts_mlflow.tasks.tables import TASKS

DEMO = DataSource()


def names(text: str, languages: str, split: str = "test", retrieval: bool = False) -> dict[str, tuple[str, ...]]:
    return {task.name: codes for task, codes in tasks_of(text, split, DEMO, languages, retrieval=retrieval)}


def test_what_a_word_brings_in_is_left_out_where_there_are_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    found = names("xtreme", "de,fr,sw")  # the built-in world has no French
    assert found["xnli"] == ("de", "sw")
    assert "mlqa" in found
    assert "xnli in fr" in capsys.readouterr().out
    assert list(names("xtreme_r", "all", retrieval=True)) == ["tatoeba", "lareqa"]
    assert "left out: mewslix" in capsys.readouterr().out


def test_what_is_named_must_be_there() -> None:
    with pytest.raises(InputError, match="xnli"):
        names("xnli", "de,fr")
    with pytest.raises(InputError, match="mewslix/test: no data in any language"):
        names("mewslix", "all", retrieval=True)
    assert names("xnli,panx", "eu") == {"xnli": (), "panx": ("eu",)}


def test_a_chain_without_pools_has_no_retrieval() -> None:
    assert retrieve_options(MainConfig(retrieval=None), DEMO) is None
    assert retrieve_options(MainConfig(retrieval="xtreme", languages="en"), DEMO) is None
    options = retrieve_options(MainConfig(retrieval="xtreme", languages="de,fr"), DEMO)
    assert options is not None
    assert (options.tasks, options.languages) == ("xtreme", "de,fr")


def test_needs_are_all_that_a_run_reads() -> None:
    xcopa = needs(TASKS["xcopa"], "test", "tr", DEMO)
    assert ("social_iqa", "train", "en") in xcopa
    assert ("social_iqa", "dev", "en") in xcopa
    assert ("xcopa", "test", "tr") in xcopa
    mining = needs(TASKS["bucc2018"], "test", "ru", DEMO)
    assert mining == [("bucc2018", "dev", "ru"), ("bucc2018", "test", "ru")]
    assert len(needs(TASKS["lareqa"], "test", "en", DEMO)) > 1  # the pool is that of all languages
