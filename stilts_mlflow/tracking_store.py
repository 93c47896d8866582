"""The store behind the runs: connecting, searching, reading back."""

import logging
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mlflow
import psutil  # type: ignore[import-untyped]
from filelock import FileLock
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from stilts_mlflow.errors import InputError
from stilts_mlflow.scores import Score, from_rows

log = logging.getLogger(__name__)

SCORES_FILE = "scores.json"
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}

Found = list[tuple[str, dict[str, str]]]
"""Runs as (id, tags)."""

_set_by_connect: dict[str, str] = {}
"""mlflow writes what it is told into the environment; without this note a second `connect` would obey the first one."""


_given_run: list[str] = []


def client() -> MlflowClient:
    """A client of the present store; cheap, mlflow keeps the connections."""
    return MlflowClient()


@contextmanager
def brief_patience() -> Iterator[None]:
    """Requests fail within seconds instead of mlflow's minutes of retries."""
    before = {name: os.environ.get(name) for name in PATIENCE}
    os.environ.update(PATIENCE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def connect(experiment: str) -> None:
    """Choose store and experiment, and close runs of this machine whose process died.

    Without MLFLOW_TRACKING_URI: mlflow.db and mlruns/ in the present folder. `mlflow run` (MLFLOW_RUN_ID)
    and MLFLOW_EXPERIMENT_ID / _NAME in the environment win over `experiment`. Inside a run nothing changes.
    """
    if mlflow.active_run() is not None:
        return
    given = _given("MLFLOW_TRACKING_URI")
    uri = given or f"sqlite:///{Path.cwd() / 'mlflow.db'}"
    check_reachable(uri)
    # Several processes that open a fresh SQLite file at once collide in its migrations.
    database = uri.removeprefix("sqlite:///")
    try:
        mlflow.set_tracking_uri(uri)
        with brief_patience(), FileLock(f"{database}.lock") if database != uri else nullcontext():
            chosen = choose_experiment(experiment)
        named = _given("MLFLOW_EXPERIMENT_ID")
        mlflow.set_experiment(experiment_id=chosen.experiment_id)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"tracking store {shown(uri)}, experiment {experiment!r}: {reason}") from error
    _set_by_connect["MLFLOW_TRACKING_URI"] = "" if given else uri
    _set_by_connect["MLFLOW_EXPERIMENT_ID"] = "" if named else chosen.experiment_id
    close_stale_runs()


def _given(variable: str) -> str | None:
    """Value that the user or `mlflow run` has put into the environment, not an earlier `connect`."""
    value = os.environ.get(variable)
    return value if value and value != _set_by_connect.get(variable) else None


def given_run_id() -> str | None:
    """Id of the run that `mlflow run` has opened for this process, until a phase adopts it.

    Kept here instead of in MLFLOW_RUN_ID, since mlflow hands that to whichever run starts first and then drops it.
    """
    if run_id := os.environ.pop("MLFLOW_RUN_ID", None):
        _given_run.append(run_id)
    return _given_run[-1] if _given_run else None


def forget_given_run() -> None:
    """The given run has been adopted."""
    _given_run.clear()


@contextmanager
def given_run_aside() -> Iterator[None]:
    """A phase inside the block opens a run of its own: the given one is for what comes after."""
    given_run_id()
    kept = list(_given_run)
    _given_run.clear()
    try:
        yield
    finally:
        _given_run[:] = kept


def check_reachable(uri: str) -> None:
    """Raise InputError within seconds when nothing answers at `uri`; local files and named services pass."""
    parts = urlsplit(uri)
    try:
        if parts.scheme in ("http", "https"):
            urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=8).close()
        elif parts.hostname and parts.port:
            socket.create_connection((parts.hostname, parts.port), timeout=8).close()
    except urllib.error.HTTPError:
        return  # it answers; whether it lets us in, the first request will tell
    except (OSError, ValueError) as error:
        reason = " ".join(str(getattr(error, "reason", error)).split())
        raise InputError(
            f"tracking server {shown(uri)} does not answer ({reason}); start it, or mend or unset MLFLOW_TRACKING_URI"
        ) from error


def shown(uri: str) -> str:
    """`uri` without the password."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@") if password else uri


def choose_experiment(name: str) -> Experiment:
    """The experiment of the run `mlflow run` has opened, else of the environment, else `name` (created if new)."""
    store = client()
    if run_id := given_run_id():
        found = store.get_experiment(store.get_run(run_id).info.experiment_id)
    elif identity := _given("MLFLOW_EXPERIMENT_ID"):
        found = store.get_experiment(identity)
    else:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
        found = store.get_experiment_by_name(name) or store.get_experiment(create_experiment(store, name))
    if found.name != name:
        log.warning(
            "recording in experiment %r, which mlflow run or the environment chose, not in %r", found.name, name
        )
    return found


def create_experiment(store: MlflowClient, name: str) -> str:
    """Create an experiment; another process may have been faster."""
    try:
        return str(store.create_experiment(name))
    except MlflowException:
        if found := store.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise


def process_tags() -> dict[str, str]:
    """Who runs a run: enough to tell later whether that process still lives."""
    process = psutil.Process()
    return {
        "stilts.host": socket.gethostname(),
        "stilts.pid": str(process.pid),
        "stilts.pid_started": str(int(process.create_time())),
    }


def is_alive(tags: Mapping[str, str]) -> bool:
    """Whether the process that wrote `process_tags` lives (a pid alone may have been given to another one)."""
    try:
        started = psutil.Process(int(tags.get("stilts.pid", "-1"))).create_time()
    except (psutil.Error, ValueError):
        return False
    return bool(abs(started - float(tags.get("stilts.pid_started", started))) < 2)


def close_stale_runs() -> None:
    """Mark runs as failed that claim to run on this machine though their process is gone (kill -9, power cut)."""
    for run_id, tags in search_here({"stilts.state": "running", "stilts.host": socket.gethostname()}):
        if not is_alive(tags):
            client().set_tag(run_id, "stilts.state", "failed")
            client().set_tag(run_id, "stilts.reason", "process died")
            client().set_terminated(run_id, "FAILED")


def search(experiment: str | None, tags: Mapping[str, str], limit: int = 1000) -> Found:
    """Runs with these tags, newest first; `experiment` None is the one in use, an unknown one has no runs."""
    if experiment is None:
        return search_here(tags, limit=limit)
    found = client().get_experiment_by_name(experiment)
    return _search(found.experiment_id, tags, "", limit) if found else []


def search_here(tags: Mapping[str, str], *, finished: bool = False, limit: int = 1000) -> Found:
    """Runs of the experiment in use with these tags, newest first."""
    return _search(
        os.environ["MLFLOW_EXPERIMENT_ID"], tags, "attributes.status = 'FINISHED'" if finished else "", limit
    )


def _search(experiment_id: str, tags: Mapping[str, str], also: str, limit: int) -> Found:
    quoted = {name: value.replace("'", "\\'") for name, value in tags.items()}
    clauses = [f"tags.`{name}` = '{value}'" for name, value in quoted.items()] + ([also] if also else [])
    order = ["attributes.start_time DESC"]
    runs = client().search_runs([experiment_id], " and ".join(clauses), max_results=limit, order_by=order)
    return [(run.info.run_id, dict(run.data.tags)) for run in runs]


def store_uri() -> str:
    """Address of the tracking store, without a password."""
    return shown(mlflow.get_tracking_uri())


def run_tags(run_id: str) -> dict[str, str]:
    """Tags of a run; InputError when there is none with this id."""
    return dict(stored(run_id).data.tags)


def run_metrics(run_id: str) -> dict[str, float]:
    """Last values of a run's metrics; InputError when there is none with this id."""
    return dict(stored(run_id).data.metrics)


def stored(run_id: str) -> Any:
    """A run as the store has it; InputError when there is none with this id."""
    try:
        return client().get_run(run_id)
    except MlflowException as error:
        raise InputError(f"no run {run_id!r} in the tracking store {shown(mlflow.get_tracking_uri())}") from error


def child_runs(parent_id: str) -> Found:
    """Nested runs of a run, oldest first."""
    experiment_id = client().get_run(parent_id).info.experiment_id
    return _search(experiment_id, {"mlflow.parentRunId": parent_id}, "", 1000)[::-1]


def read_json(run_id: str, path: str) -> Any:
    """A JSON artifact of a run; InputError when the run or the artifact is missing."""
    tags = run_tags(run_id)
    try:
        return mlflow.artifacts.load_dict(f"runs:/{run_id}/{path}")
    except (MlflowException, OSError) as error:
        phase = tags.get("phase", "unknown")
        raise InputError(f"run {run_id} (phase {phase}) has no {path}") from error


def read_scores(run_id: str) -> list[Score]:
    """Scores that `Run.log_scores` stored."""
    table = read_json(run_id, SCORES_FILE)
    return from_rows(dict(zip(table["columns"], row, strict=True)) for row in table["data"])
