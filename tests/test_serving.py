"""The served model says what `evaluate` says: in process, loaded from the registry, and over HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample, PairExample, TaggingExample
from stilts_mlflow.tasks.served import COLUMNS, SAMPLES, to_examples
from tests.conftest import ROOT, Server
from tests.registry import (
    EXAMPLES,
    TARGETS,
    as_rows,
    evaluated_rows,
    make_checkpoint,
    make_evaluation,
    make_target,
    store_settings,
)

KINDS = sorted(TARGETS)


def served(folder: Path) -> Any:
    """The model as MLflow loads it, without MLflow."""
    from stilts_mlflow.serving import ServedModel

    model = ServedModel()
    model.load_context(SimpleNamespace(artifacts={"checkpoint": str(folder)}))
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_those_of_evaluate(kind: str, tmp_path: Path) -> None:
    import pandas

    folder = make_checkpoint(tmp_path / "c", kind)
    rows = as_rows(EXAMPLES[kind])
    frame = pandas.DataFrame(rows, index=[7] * len(rows))  # labels of rows may repeat
    table = served(folder).predict(None, frame)
    assert table.to_dict("records") == evaluated_rows(folder, kind)
    assert list(table.index) == [7] * len(rows)
    assert len({row["prediction"] for row in evaluated_rows(folder, kind)}) > 1 or kind != "tagging"


@pytest.mark.parametrize("kind", KINDS)
def test_samples_fit_and_no_rows_give_no_rows(kind: str, tmp_path: Path) -> None:
    import pandas

    model = served(make_checkpoint(tmp_path / "c", kind))
    assert len(model.predict(None, pandas.DataFrame([SAMPLES[kind]]))) == 1
    empty = model.predict(None, pandas.DataFrame([SAMPLES[kind]])[:0])
    assert list(empty.columns) == ["prediction", "confidence", "details"]
    assert len(empty) == 0


def test_lists_may_be_json_and_words_plain_text() -> None:
    choices = {"context": [""] * 2, "question": ["q"] * 2, "choices": [["a", "b"], '["a", "b"]']}
    assert [e.choices for e in to_examples("multiple_choice", choices) if isinstance(e, ChoiceExample)] == [
        ("a", "b")
    ] * 2
    words = to_examples("tagging", {"words": ["a b", '["a", "b"]', ["a", "b"], "[ a b"]})
    assert [e.words for e in words if isinstance(e, TaggingExample)] == [("a", "b")] * 3 + [("[", "a", "b")]


def test_nli_names_are_taken() -> None:
    (example,) = to_examples("classification", {"premise": ["p"], "hypothesis": ["h"], "more": [1]})
    assert example == PairExample("0", "p", "h", None)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_columns_are_named(kind: str) -> None:
    for names in COLUMNS[kind]:
        others = {column[0]: ["x"] for column in COLUMNS[kind] if column != names}
        with pytest.raises(InputError, match=f"{kind}: missing columns: {' or '.join(names)}; of the others came: "):
            to_examples(kind, others | {"other": ["x"]})


@pytest.mark.parametrize(
    ("kind", "row", "message"),
    [
        ("classification", {"text_a": "a", "text_b": None}, "row 0: text_b is None; expected a string"),
        ("classification", {"text_a": float("nan"), "text_b": "b"}, "row 0: text_a is nan"),
        ("multiple_choice", {"context": "", "question": "", "choices": []}, "row 0: choices is empty"),
        ("multiple_choice", {"context": "", "question": "", "choices": "a, b"}, "expected a list of strings"),
        ("multiple_choice", {"context": "", "question": "", "choices": [1, 2]}, "expected a list of strings"),
        ("tagging", {"words": 3}, "row 0: words is 3"),
        ("question_answering", {"question": "q", "context": " "}, "row 0: context is empty"),
    ],
)
def test_wrong_rows_are_named(kind: str, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_examples(kind, {name: [value] for name, value in row.items()})


def test_a_head_is_chosen_by_its_name_or_a_task_that_uses_it() -> None:
    from stilts_mlflow.serving import choose_head

    one = {"heads": {"mnli": {"type": "classification"}, "masked_lm": {"type": "masked_lm"}}}
    two = {"heads": {"mnli": {"type": "classification"}, "squad_v1": {"type": "question_answering"}}}
    assert choose_head(one, "") == choose_head(two, "xnli") == choose_head(two, "mnli") == "mnli"
    assert choose_head(two, "xquad") == "squad_v1"
    with pytest.raises(InputError, match=r"2 heads; choose one with params task=mnli \| squad_v1"):
        choose_head(two, "")
    with pytest.raises(InputError, match="unknown task 'xnly'; did you mean 'xnli'"):
        choose_head(two, "xnly")


def promote(folder: Path, kind: str, name: str) -> Path:
    """Promote a tiny model of this type into the store in use; its checkpoint's folder."""
    from stilts_mlflow import tracking
    from stilts_mlflow.phases.config import PromoteConfig
    from stilts_mlflow.phases.promote import promote as run_phase

    tracking.connect(name)
    target = make_target(folder, kind)
    make_evaluation(target, {"en": 70.0, "sw": 50.0}, TARGETS[kind])
    run_phase(PromoteConfig(run=target, name=name, experiment=name, output_dir=str(folder)))
    return folder / f"checkpoint-{target}"


@pytest.fixture
def file_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a new SQLite store."""
    monkeypatch.chdir(tmp_path)  # MLflow puts the artifacts of a SQLite store into ./mlruns
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with store_settings(uri, tmp_path / "cache"):
        yield uri


@pytest.fixture(params=["sqlite", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a store: a file, and a real server."""
    if request.param == "sqlite":
        yield request.getfixturevalue("file_store")
        return
    server: Server = request.getfixturevalue("mlflow_server")
    with store_settings(server.url, tmp_path / "cache"):
        yield server.url


@pytest.mark.slow
def test_every_type_loads_from_the_registry(store: str, tmp_path: Path) -> None:
    import mlflow
    import pandas

    for kind in KINDS:
        name = f"loads-{kind.replace('_', '-')}"
        folder = promote(tmp_path, kind, name)
        model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
        rows = as_rows(EXAMPLES[kind])
        table = model.predict(pandas.DataFrame(rows))
        assert table.to_dict("records") == evaluated_rows(folder, kind)
        chosen = model.predict(pandas.DataFrame(rows[:1]), params={"task": TARGETS[kind]})
        assert chosen["prediction"][0] == model.predict(pandas.DataFrame(rows[:1]))["prediction"][0]
        text = [{key: json.dumps(v) if isinstance(v, list) else v for key, v in row.items()} for row in rows]
        assert model.predict(pandas.DataFrame(text)).equals(table)
        assert len(model.predict(model.input_example)) == 1
        with pytest.raises(mlflow.exceptions.MlflowException, match="missing columns"):
            model.predict(pandas.DataFrame([{"something": "else"}]))


LOAD = """
import json, sys
import mlflow, pandas
table = mlflow.pyfunc.load_model(sys.argv[1]).predict(pandas.DataFrame(json.loads(sys.argv[2])))
import stilts_mlflow
print(json.dumps({"package": stilts_mlflow.__file__, "modules": list(sys.modules), "rows": table.to_dict("records")}))
"""


@pytest.mark.slow
def test_the_model_needs_only_what_it_names(file_store: str, tmp_path: Path) -> None:
    import mlflow

    folder = promote(tmp_path, "question_answering", "alone")
    needs = Path(mlflow.artifacts.download_artifacts("models:/alone@champion/requirements.txt")).read_text()
    link_packages(tmp_path / "packages", {Requirement(line).name for line in needs.split()})
    rows = json.dumps(as_rows(EXAMPLES["question_answering"]))
    # Without site-packages, so that this project and everything else that is installed here is out of sight.
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOAD, "models:/alone@champion", rows],
        cwd=tmp_path / "packages",
        env=plain(file_store) | {"PYTHONPATH": str(tmp_path / "packages")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert not Path(found["package"]).is_relative_to(ROOT)
    assert not {"accelerate", "datasets", "optuna", "peft"} & set(found["modules"])
    assert found["rows"] == evaluated_rows(folder, "question_answering")


def link_packages(folder: Path, names: set[str]) -> None:
    """A folder with these distributions and what they require: an environment without building one."""
    folder.mkdir()
    todo, known = [(name, "") for name in names], set()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in known:
            continue
        known.add((name, extra))
        with suppress(metadata.PackageNotFoundError):
            found = metadata.distribution(name)
            for top in {Path(file).parts[0] for file in found.files or []} - {"..", "__pycache__"}:
                with suppress(FileExistsError):
                    (folder / top).symlink_to(found.locate_file(top))
            needed = [Requirement(text) for text in found.requires or []]
            needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": extra})]
            todo += [(one.name, choice) for one in needed for choice in ("", *one.extras)]


def plain(uri: str) -> dict[str, str]:
    """Environment of another user of the store: nothing of this project on its path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHON"))}
    return environment | {"MLFLOW_TRACKING_URI": uri}


@contextmanager
def serving(uri: str, store: str, folder: Path) -> Iterator[str]:
    """`mlflow models serve` on loopback, from a folder that has nothing to do with the project."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", uri, "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = plain(store) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait(f"http://127.0.0.1:{port}/ping", process, folder / "serve.log")
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(url: str, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 120) -> None:
    """Until `url` answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.5)
    pytest.fail(f"mlflow models serve did not start:\n{log.read_text()[-3000:]}")


def post(url: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Status and answer of the scoring server."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classification", "tagging"])
def test_mlflow_models_serve_answers(kind: str, store: str, tmp_path: Path) -> None:
    name = f"serves-{kind}"
    folder = promote(tmp_path, kind, name)
    rows = as_rows(EXAMPLES[kind])
    with serving(f"models:/{name}@champion", store, tmp_path / "elsewhere") as url:
        expected = evaluated_rows(folder, kind)
        assert post(url, {"dataframe_records": rows}) == (200, {"predictions": expected})
        split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
        assert post(url, {"dataframe_split": split}) == (200, {"predictions": expected})
        assert post(url, {"inputs": rows}) == (200, {"predictions": expected})
        status, answer = post(url, {"dataframe_records": rows, "params": {"task": TARGETS[kind]}})
        assert (status, answer) == (200, {"predictions": expected})
        status, answer = post(url, {"dataframe_records": [{"title": "x"}]})
        assert status == 400
        expected_message = {
            "classification": "missing columns: text_a or premise, text_b or hypothesis",
            "tagging": "missing columns: words",
        }
        assert expected_message[kind] in answer["message"]
