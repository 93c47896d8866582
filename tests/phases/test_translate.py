"""The phase `translate` and what `intermediate` makes of its runs: real models and a real store, in this process."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.intermediate import intermediate
from stilts_mlflow.phases.translate import translate
from stilts_mlflow.phases.translate_config import TranslateConfig
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.translation import folder
from stilts_mlflow.translation.translator import Translator
from tests import copier
from tests.registry import make_checkpoint, store_settings


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copier.make_m2m100(tmp_path_factory.mktemp("m2m100"))


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[None]:
    with store_settings(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "cache"):
        yield


@pytest.fixture
def options(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> TranslateConfig:
    monkeypatch.chdir(tmp_path)
    return TranslateConfig(
        batch_size=1,
        output_dir=str(tmp_path / "out"),
        model=str(model),
        tasks="mnli,squad_v1",
        languages="sw",
        max_examples=10,
        beams=1,
    )


def artifacts(run_id: str) -> Path:
    place = tracking.resolve_model(f"runs:/{run_id}/translations")
    assert isinstance(place, Path)
    return place


@pytest.mark.slow
def test_translations_are_made_counted_and_trained_on(options: TranslateConfig, tmp_path: Path) -> None:
    run_id = translate(options)
    place = artifacts(run_id)
    # The model copies: what comes back is the English training set, and every answer is found where it was.
    for name in ("mnli", "squad_v1"):
        english = load_examples(TASKS[name], "train", "en", DataSource(max_examples=10))
        assert folder.read(place / name / "sw.jsonl", TASKS[name]) == tuple(english)
    run = mlflow.MlflowClient().get_run(run_id)
    metrics = run.data.metrics
    assert metrics["translate/mnli/sw/kept"] == 10
    assert metrics["translate/squad_v1/sw/answer_alone"] + metrics["translate/squad_v1/sw/answer_marked"] == 10
    assert metrics["translate/squad_v1/sw/dropped"] == 0
    assert json.loads((place / "about.json").read_text())["model"] == options.model
    assert translate(replace(options, languages=" sw ")) == run_id

    checkpoint = make_checkpoint(tmp_path / "checkpoint", "classification")
    training = IntermediateConfig(
        output_dir=options.output_dir,
        model=str(checkpoint),
        recipe="demo",
        max_examples=10,
        max_steps=2,
        batch_size=4,
        translate="sw",
        translate_mode="with_english",
        translations=f"runs:/{run_id}",
    )
    trained = mlflow.MlflowClient().get_run(intermediate(training))
    assert trained.data.tags["translate"] == "sw"
    assert trained.data.tags["translate.mode"] == "with_english"
    assert trained.data.tags["translate.origin"] == "mnli/sw: mnli/sw.jsonl of the translations given"
    assert trained.data.tags["parent.translations"] == f"runs:/{run_id}"
    inputs = {item.dataset.name: json.loads(item.dataset.profile)["num_rows"] for item in trained.inputs.dataset_inputs}
    assert inputs["mnli.sw"] == 10
    assert "mnli.en" in inputs
    assert json.loads(trained.data.tags["stilts.key.config"])["translate"] == {"mnli": ["en", "sw"]}

    # The demo world's own Swahili is another training set.
    own = mlflow.MlflowClient().get_run(intermediate(replace(training, translations=None, translate_mode="only")))
    assert own.data.tags["translate.origin"] == "mnli/sw: demo world"
    assert own.data.tags["stilts.data"] != trained.data.tags["stilts.data"]
    assert intermediate(replace(training, translations=None, translate_mode="only")) == own.info.run_id


@pytest.mark.slow
def test_a_stopped_translation_goes_on_and_comes_out_the_same(
    options: TranslateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = translate(replace(options, output_dir=f"{options.output_dir}-whole", experiment="whole"))
    real = Translator.batch

    def batch(self: Translator, texts: list[str]) -> list[str]:
        if list(Path(options.output_dir).glob("translate-*/translations/squad_v1/*")):
            monkeypatch.setattr(Translator, "batch", real)
            raise Preempted("SIGTERM during translation")
        return real(self, texts)

    monkeypatch.setattr(Translator, "batch", batch)
    with pytest.raises(Preempted):
        translate(options)
    states = Path(options.output_dir).glob("translate-*/translations/*/sw.jsonl")
    done = {state.parent.name: len(state.read_text().splitlines()) for state in states}
    assert done == {"mnli": 10, "squad_v1": 4}
    run_id = translate(options)
    for name in ("mnli", "squad_v1"):
        path = f"{name}/sw.jsonl"
        assert (artifacts(run_id) / path).read_bytes() == (artifacts(whole) / path).read_bytes()
    tags = mlflow.MlflowClient().get_run(run_id).data.tags
    assert tags["stilts.state"] == "done"
    assert not list(Path(options.output_dir).glob("translate-*"))


@pytest.mark.slow
def test_a_language_that_the_model_has_not_fails_before_the_work(options: TranslateConfig) -> None:
    with pytest.raises(InputError, match="no language 'te'"):
        translate(replace(options, languages="sw,te"))
    assert not list(Path(options.output_dir).glob("translate-*/translations"))


def test_missing_translations(options: TranslateConfig, tmp_path: Path) -> None:
    training = IntermediateConfig(output_dir=options.output_dir, tasks="hellaswag", translate="de")
    with pytest.raises(InputError, match="hellaswag/de: no machine-translated training set; looked for the demo world"):
        intermediate(training)
    with pytest.raises(InputError, match=r"^translations='runs:/abc/translations': no run 'abc'"):
        intermediate(replace(training, translations="runs:/abc"))
    with pytest.raises(InputError, match="translate: none of masked_lm is translated"):
        intermediate(replace(training, tasks="masked_lm"))
