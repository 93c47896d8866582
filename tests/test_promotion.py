"""Promotion into a real registry: a SQLite file and a real server."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow.errors import InputError
from stilts_mlflow.promotion import Gate, promote_model, trace
from stilts_mlflow.report.model_card import Lineage
from tests.registry import make_evaluation, make_target, store_settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One SQLite store for all tests of the module; each test has an experiment and a model of its own."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(params=["sqlite", "server"])
def store(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Name of a new experiment and of a registered model to come, in a file or on a real server."""
    from stilts_mlflow import tracking

    uri = f"sqlite:///{folder / 'mlflow.db'}"
    if request.param == "server":
        uri = request.getfixturevalue("mlflow_server").url
    monkeypatch.chdir(folder)
    name = request.node.originalname.removeprefix("test_").replace("_", "-")
    with store_settings(uri, tmp_path / "cache"):
        tracking.connect(name)
        yield name


def promote(name: str, run: str, **gate: float) -> str:
    """Run the phase."""
    from stilts_mlflow.phases.config import PromoteConfig
    from stilts_mlflow.phases.promote import promote as run_phase

    return run_phase(PromoteConfig(run=run, name=name, experiment=name, output_dir=os.getcwd(), **gate))


def registered(name: str) -> tuple[int, dict[str, int]]:
    """Number of versions, and the aliases."""
    import mlflow

    client = mlflow.MlflowClient()
    found = client.search_model_versions(f"name = '{name}'")
    aliases = client.get_registered_model(name).aliases if found else {}
    return len(found), {alias: int(number) for alias, number in aliases.items()}


def last_run(name: str) -> Any:
    """The newest promote run."""
    import mlflow

    return mlflow.search_runs(
        experiment_names=[name], filter_string="tags.phase = 'promote'", output_format="list", max_results=1
    )[0]


@pytest.mark.slow
def test_wrong_runs_are_refused_before_anything(store: str, tmp_path: Path) -> None:
    from stilts_mlflow import tracking
    from stilts_mlflow.promotion import collect

    target = make_target(tmp_path)
    with pytest.raises(InputError, match=f"{target} has no finished evaluation.*entry_points.evaluate --model runs:/"):
        collect(target)
    with pytest.raises(InputError, match="no run 'nothing'"):
        collect("nothing")
    folder_scored = make_evaluation("sha256:0123", {"en": 1.0})
    with pytest.raises(InputError, match="scored 'sha256:0123'"):
        collect(folder_scored)
    key = tracking.RunKey("intermediate", {}, {}, "d", "c")
    with tracking.phase_run(key, name="n", description="d", config={}) as run:
        pass
    with pytest.raises(InputError, match="is of phase intermediate; promote takes a target run"):
        collect(run.id)
    with (
        pytest.raises(KeyboardInterrupt),
        tracking.phase_run(tracking.RunKey("target", {}, {}, "d", "c"), name="n", description="d", config={}) as run,
    ):
        raise KeyboardInterrupt
    with pytest.raises(InputError, match=r"is not finished: its state is preempted"):
        collect(run.id)
    assert registered(store) == (0, {})


@pytest.mark.slow
def test_the_newest_evaluation_counts_unless_one_is_named(store: str, tmp_path: Path) -> None:
    from stilts_mlflow.promotion import collect

    target = make_target(tmp_path)
    first = make_evaluation(target, {"en": 70.0})
    second = make_evaluation(target, {"en": 60.0}, data="d2")
    assert (collect(target).evaluate_run, collect(target).average, collect(target).data) == (second, 60.0, "d2")
    assert (collect(first).target_run, collect(first).average, collect(first).data) == (target, 70.0, "d1")


@pytest.mark.slow
def test_a_refusal_registers_nothing(store: str, tmp_path: Path) -> None:
    target = make_target(tmp_path)
    make_evaluation(target, {"en": 67.6, "sw": 41.0})
    with pytest.raises(InputError, match=r"^promotion refused: average 54.30 < 60.00 \(short by 5.70\); worst"):
        promote(store, target, min_average=60.0, min_worst=50.0)
    import mlflow

    assert registered(store) == (0, {})
    assert not mlflow.MlflowClient().search_registered_models(f"name = '{store}'")
    run = last_run(store)
    assert run.info.status == "FAILED"
    assert run.data.tags["stilts.state"] == "failed"
    assert run.data.tags["stilts.reason"].startswith("promotion refused: average 54.30")


@pytest.mark.slow
def test_promotion(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import mlflow

    from stilts_mlflow import tracking

    target = make_target(tmp_path)
    scored = make_evaluation(target, {"en": 80.0, "sw": 50.0})
    run_id = promote(store, target, min_average=60.0)
    assert registered(store) == (1, {"champion": 1, "challenger": 1})
    made = mlflow.MlflowClient().get_model_version_by_alias(store, "champion")
    assert made.tags == {
        "gate": "passed",
        "average": "65.0",
        "worst_language": "sw 50.00",
        "tasks": "xnli",
        "run.target": target,
        "run.evaluate": scored,
        "stilts.data": "d1",
        "stilts.code": tracking.code_version(),
    }
    assert made.run_id == run_id
    assert made.description == mlflow.artifacts.load_text(f"runs:/{run_id}/model_card.md")
    assert "| Swahili (sw) | 100 | 50.0 |" in made.description
    run = mlflow.get_run(run_id)
    assert (run.info.status, run.data.metrics["gate/average"]) == ("FINISHED", 65.0)
    assert (run.data.tags["version"], run.data.tags["alias"]) == ("1", "champion")
    said = capsys.readouterr().out
    assert (
        f"registered as version 1 (average 65.00, worst language sw 50.00)\n  model: models:/{store}@champion" in said
    )
    # The registered model is a checkpoint as well: `evaluate --model models:/...` finds it.
    assert (tracking.resolve_model(f"models:/{store}@champion") / "meta.json").is_file()


@pytest.mark.slow
def test_the_same_run_again_makes_no_second_version(store: str, tmp_path: Path) -> None:
    target = make_target(tmp_path)
    make_evaluation(target, {"en": 70.0})
    promote(store, target)
    promote(store, target, min_gain=5.0)
    assert registered(store) == (1, {"champion": 1, "challenger": 1})
    with pytest.raises(InputError, match=r"average 70\.00 < 80\.00"):
        promote(store, target, min_average=80.0)


@pytest.mark.slow
def test_better_worse_and_other_data(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, better, worse, other = (make_target(tmp_path, seed=seed) for seed in range(4))
    make_evaluation(first, {"en": 70.0})
    promote(store, first)
    make_evaluation(worse, {"en": 69.5})
    with pytest.raises(InputError, match=r"gain over champion v1 \(same data\) -0.50 < 0.00"):
        promote(store, worse)
    make_evaluation(better, {"en": 71.0})
    with pytest.raises(InputError, match=r"1\.00 < 2\.00"):
        promote(store, better, min_gain=2.0)
    assert registered(store) == (1, {"champion": 1, "challenger": 1})
    promote(store, better, min_gain=1.0)
    assert registered(store) == (2, {"champion": 2, "challenger": 2})
    make_evaluation(other, {"en": 99.0}, data="d2")
    promote(store, other)
    assert registered(store) == (3, {"champion": 2, "challenger": 3})
    said = capsys.readouterr().out
    assert f"only challenger: champion v2 was scored on other data; evaluate its target run {better}" in said
    # What the message says: the champion's own run, scored on the new data, meets the challenger there.
    make_evaluation(better, {"en": 98.0}, data="d2")
    promote(store, better)
    assert registered(store) == (4, {"champion": 3, "challenger": 4})
    assert "champion v3 is better on the same data (average 99.00)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_withdrawn_version_is_out(store: str, tmp_path: Path) -> None:
    import mlflow

    low, high, middle = (make_target(tmp_path, seed=seed) for seed in range(3))
    make_evaluation(low, {"en": 50.0})
    promote(store, low)
    make_evaluation(high, {"en": 90.0})
    promote(store, high)
    client = mlflow.MlflowClient()
    client.set_model_version_tag(store, "2", "gate", "withdrawn")
    client.set_registered_model_alias(store, "champion", "1")
    make_evaluation(middle, {"en": 60.0})
    promote(store, middle)
    assert registered(store) == (3, {"champion": 3, "challenger": 3})


@pytest.mark.slow
def test_a_version_that_others_registered_stays_champion(store: str, tmp_path: Path) -> None:
    import mlflow

    first, second = make_target(tmp_path), make_target(tmp_path, seed=1)
    make_evaluation(first, {"en": 70.0})
    promote(store, first)
    client = mlflow.MlflowClient()
    mlflow.register_model(client.get_model_version(store, "1").source, store)
    client.set_registered_model_alias(store, "champion", "2")
    make_evaluation(second, {"en": 90.0})
    promote(store, second)
    assert registered(store) == (3, {"champion": 2, "challenger": 3})


@pytest.mark.slow
def test_lineage_goes_back_to_the_encoder(store: str, tmp_path: Path) -> None:
    from stilts_mlflow import tracking

    key = tracking.RunKey("intermediate", {}, {}, "d", "c")
    tags = {"tasks": "mnli,squad_v1", "model": "acme/encoder"}
    with tracking.phase_run(key, name="n", description="d", config={}, tags=tags) as run:
        pass
    target = make_target(tmp_path, model=f"runs:/{run.id}/checkpoint")
    assert trace(target) == Lineage("acme/encoder", (("intermediate", "mnli,squad_v1"), ("target", "xnli")))
    assert trace(make_target(tmp_path, model=str(tmp_path))).encoder == tmp_path.name
    assert trace(run.id).intermediate == ("mnli", "squad_v1")


@pytest.mark.slow
def test_promote_model_needs_no_phase(store: str, tmp_path: Path) -> None:
    """The library function by itself, under any run."""
    from stilts_mlflow import tracking
    from stilts_mlflow.promotion import collect

    target = make_target(tmp_path)
    make_evaluation(target, {"en": 70.0})
    key = tracking.RunKey("promote", {}, {}, "d", "c")
    with tracking.phase_run(key, name="n", description="d", config={}) as run:
        done = promote_model(run, collect(target), store, Gate())
    assert (done.uri, done.is_reused, done.why_not_champion) == (f"models:/{store}@champion", False, "")
