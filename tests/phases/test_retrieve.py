"""What a retrieval run scores: pools that must be whole, thresholds that need a dev set, tags and keys."""

import logging
from pathlib import Path

import pytest

from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.retrieve import Plan, key_of, plans_of, tags_of
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.tasks.tables import TASKS
from tests.data.writing import write


def files(folder: Path, *names: str) -> DataSource:
    for name in names:
        write(folder, "x\n", name)
    return DataSource("files", str(folder))


def bucc(language: str, split: str) -> tuple[str, ...]:
    return tuple(f"bucc2018/{language}-en.{split}.{end}" for end in (language, "en", "gold"))


def plan(name: str, source: DataSource, **options: str) -> Plan:
    return plans_of(RetrieveConfig(tasks=name, **options), source)[0]  # type: ignore[arg-type]


def test_a_pool_of_some_languages_is_refused(tmp_path: Path) -> None:
    source = files(tmp_path, *(f"lareqa/xquad-r/{code}.json" for code in TASKS["lareqa"].languages[1:]))
    with pytest.raises(InputError, match="lareqa/test: the pool is that of all languages; no data in ar; add"):
        plan("lareqa", source, languages="de")
    assert plan("lareqa", source, languages="sw").pool == ()  # a language of another task
    whole = plan("lareqa", files(tmp_path, "lareqa/xquad-r/ar.json"), languages="de")
    assert (whole.languages, whole.pool) == (("de",), TASKS["lareqa"].languages)
    assert len(whole.needs("test")) == 11


def test_thresholds_are_tuned_on_dev_where_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = files(tmp_path, *bucc("zh", "test"), *bucc("de", "test"))
    found = plan("bucc2018", source)
    assert (found.languages, found.tuned) == (("de", "zh"), False)
    assert "only oracle_mining_f1, tuned on the test set, is scored" in caplog.text
    assert tags_of([found], RetrieveConfig(tasks="bucc2018"))["selection"] == "oracle"
    files(tmp_path, *bucc("zh", "dev"))
    with pytest.raises(InputError, match=r"bucc2018: no dev set in de, to tune .*\(languages=zh\)"):
        plan("bucc2018", source)
    tuned = plan("bucc2018", source, languages="zh")
    assert tuned.tuned
    assert [(split, code) for _, split, code in tuned.needs("test")] == [("test", "zh"), ("dev", "zh")]
    tags = tags_of([tuned, plan("tatoeba", DataSource())], RetrieveConfig())
    assert (tags["selection"], tags["selection.tatoeba"]) == ("target-dev", "none")
    with caplog.at_level(logging.WARNING):
        assert not plan("bucc2018", source, languages="zh", split="dev").tuned


def test_the_same_setting_in_other_words_has_the_same_key() -> None:
    def key(**options: object) -> dict[str, object]:
        config = RetrieveConfig(tasks="tatoeba", **options)  # type: ignore[arg-type]
        return key_of(config, plans_of(config, DataSource()))

    assert key() == key(pooling="mean", margin="cosine", batch_size=7)
    assert key(protocol="paper") != key()
    assert key(center="on") != key()
    assert key(layers="headline") != key()
