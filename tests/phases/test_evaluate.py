"""The phases `evaluate` and `export` on tiny checkpoints: data of the built-in world, a real store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow import tracking
from stilts_mlflow.benchmark import METRICS_OF
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.evaluate import evaluate, wanted_of
from stilts_mlflow.phases.evaluate_config import EvaluateConfig
from stilts_mlflow.phases.export import export
from stilts_mlflow.phases.export_config import ExportConfig
from stilts_mlflow.phases.options import check
from stilts_mlflow.predictions import read_predictions
from stilts_mlflow.submission import rescored
from stilts_mlflow.tasks.tables import TASKS
from tests.registry import make_checkpoint, store_settings

LANGUAGES = "en,sw"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store for the module."""
    folder = tmp_path_factory.mktemp("evaluations")
    with store_settings(f"sqlite:///{folder / 'mlflow.db'}", folder / "cache"), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tracking.connect("stilts")
        yield folder


def config_of(home: Path, kind: str = "classification", **options: Any) -> EvaluateConfig:
    """Options for a tiny checkpoint of this type."""
    place = home / kind
    if not place.is_dir():
        make_checkpoint(place, kind)
    options = {"languages": LANGUAGES, "max_examples": 30} | options
    return EvaluateConfig(model=str(place), output_dir=str(home / "out"), **options)


@pytest.fixture(scope="module")
def run_id(home: Path) -> str:
    """One evaluate run of XNLI."""
    return evaluate(config_of(home))


@pytest.mark.slow
def test_a_run_has_scores_speed_and_predictions(home: Path, run_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    import mlflow

    run = mlflow.MlflowClient().get_run(run_id)
    assert {"zero_shot/xnli/accuracy/en", "zero_shot/xnli/accuracy/sw"} <= set(run.data.metrics)
    assert run.data.metrics["speed/xnli/examples_per_second"] > 0
    assert 0 <= run.data.metrics["speed/xnli/outside_model"] <= 1
    frame = read_predictions(run_id)
    examples = load_examples(TASKS["xnli"], "test", "sw", DataSource(max_examples=30))
    swahili = frame[frame.language == "sw"]
    assert list(swahili.id) == [example.id for example in examples]
    right = 100 * (swahili.prediction == swahili.reference).mean()
    assert right == pytest.approx(run.data.metrics["zero_shot/xnli/accuracy/sw"])
    assert list(frame.probabilities.iloc[0]) == list(TASKS["xnli"].labels)
    assert not list((home / "out").glob("evaluate-*"))
    assert evaluate(config_of(home)) == run_id
    assert "reusing finished run" in capsys.readouterr().out


def test_words_for_tasks() -> None:
    source = DataSource()
    meta = {"task": "xnli", "heads": {"mnli": {}, "squad_v1": {}}}

    def wanted(given: dict[str, Any] = meta, **options: Any) -> dict[str, tuple[str, ...]]:
        return wanted_of(EvaluateConfig(languages=LANGUAGES, **options), given, source)

    assert set(wanted()) == {"xnli"}
    every = wanted(tasks="all")
    assert {"xnli", "xquad"} <= set(every)
    assert all(TASKS[name].trains_on in meta["heads"] for name in every)
    assert set(wanted(tasks="all", split="dev")) >= {"xnli", "mnli", "squad_v1"}
    some = wanted(tasks="xtreme")
    assert {"xnli", "xquad"} <= set(some) <= set(every)
    assert set(wanted(tasks="xtreme,panx")) == {*some, "panx"}  # what is named stays, and will say that it has no head
    with pytest.raises(InputError, match="none of them uses a head of this checkpoint"):
        wanted({"heads": {"qqp": {}}}, tasks="xtreme")
    with pytest.raises(InputError, match="no task with a test split uses the heads"):
        wanted({"heads": {}}, tasks="all")


def test_words_are_for_lists_that_can_mean_them() -> None:
    check(EvaluateConfig(model="runs:/a/checkpoint", tasks="all"))
    check(EvaluateConfig(model="runs:/a/checkpoint", tasks="xtreme,xnli"))
    with pytest.raises(InputError, match="unknown task 'xtrem'"):
        check(EvaluateConfig(model="runs:/a/checkpoint", tasks="xtrem"))
    with pytest.raises(InputError, match="needs runs="):
        check(ExportConfig())
    with pytest.raises(InputError, match="a is listed twice"):
        check(ExportConfig(runs="a,b,a"))


@pytest.mark.slow
def test_a_partial_submission_is_written_and_scores_as_the_runs_do(
    home: Path, run_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from stilts_mlflow.phases.retrieve import retrieve
    from stilts_mlflow.phases.retrieve_config import RetrieveConfig

    runs = [run_id, *(evaluate(config_of(home, kind, languages="en,de")) for kind in ("question_answering", "tagging"))]
    encoder = RetrieveConfig(
        model=str(home / "tagging"), output_dir=str(home / "out"), languages="sw,de", tasks="tatoeba", max_examples=30
    )
    runs.append(retrieve(encoder))
    options = ExportConfig(runs=",".join(runs), output_dir=str(home / "out"), partial="true")
    with pytest.raises(InputError, match=r"submission is incomplete .*xnli: ar, bg, de, el.*panx: every language"):
        export(ExportConfig(runs=",".join(runs), output_dir=str(home / "out")))
    capsys.readouterr()
    submission = tracking.resolve_model(f"runs:/{export(options)}/submission")
    said = capsys.readouterr().out
    assert "8 files re-scored by the official formulas" in said
    assert "PARTIAL, no submission" in said
    assert isinstance(submission, Path)
    names = {str(path.relative_to(submission)) for path in submission.rglob("*.*")}
    assert names == {
        "PARTIAL.txt",
        *(f"xnli/test-{code}.tsv" for code in ("en", "sw")),
        *(f"udpos/test-{code}.tsv" for code in ("en", "de")),
        *(f"xquad/test-{code}.json" for code in ("en", "de")),
        *(f"tatoeba/test-{code}.tsv" for code in ("de", "sw")),
    }
    assert "udpos: af, ar" in (submission / "PARTIAL.txt").read_text()
    scores = {(s.task, s.language, s.metric): s.value for one in runs for s in tracking.read_scores(one)}
    for path in submission.glob("*/*"):
        task, language = path.parent.name, path.stem.removeprefix("test-")
        examples = load_examples(TASKS[task], "test", language, DataSource(max_examples=30))
        found = rescored(task, language, path.read_text(encoding="utf-8"), examples)
        assert set(found) == set(METRICS_OF[task])
        for metric, value in found.items():
            assert value == pytest.approx(scores[task, language, metric], abs=1e-9)


@pytest.mark.slow
def test_export_refuses(home: Path, run_id: str) -> None:
    def refusal(runs: str, **options: Any) -> str:
        with pytest.raises(InputError) as caught:
            export(ExportConfig(runs=runs, output_dir=str(home / "out"), partial="true", **options))
        return str(caught.value)

    dev = evaluate(config_of(home, split="dev", languages="en", max_examples=8))
    assert "no run 'abc'" in refusal("abc")
    assert "scored the dev split" in refusal(dev)
    assert "goes with one main run" in refusal(run_id, condition="mnli")
    again = evaluate(config_of(home, languages="sw"))
    assert f"xnli/sw is in two runs, {run_id} and {again}" in refusal(f"{run_id},{again}")


@pytest.mark.slow
def test_predictions_and_scores_that_disagree_are_refused(
    home: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stilts_mlflow.phases import export as phase

    genuine = tracking.read_scores
    spoilt = [one if one.language != "sw" else type(one)(**{**vars_of(one), "value": one.value + 1e-6})
              for one in genuine(run_id)]  # fmt: skip
    monkeypatch.setattr(phase.tracking, "read_scores", lambda run: spoilt)
    options = ExportConfig(runs=run_id, output_dir=str(home / "out"), partial="true")
    with pytest.raises(InputError, match=r"test-sw\.tsv: accuracy of the file is .* must not be submitted"):
        export(options)
    # The data change behind the run's back: their fingerprint tells.
    monkeypatch.setattr(phase.tracking, "read_scores", genuine)
    shorter = load_examples(TASKS["xnli"], "test", "en", DataSource(max_examples=29))
    monkeypatch.setattr(phase, "load_examples", lambda *_: shorter)
    with pytest.raises(InputError, match="the predictions are of other data"):
        export(options)


def vars_of(score: Any) -> dict[str, Any]:
    """Fields of a Score."""
    from dataclasses import asdict

    return asdict(score)
