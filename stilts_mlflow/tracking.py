"""Runs: the only door to MLflow's tracking store (with `tracking_run`, `tracking_store` and `promotion`).

    connect("stilts")
    key = RunKey("target", config, {"encoder": parent_id}, data_fingerprint, code_version())
    run_id = find_finished(key)
    if run_id is None:
        print(explain_miss(key))
        with phase_run(key, name="xnli", description="...", config=options) as run:
            run.log({"loss": 0.7}, step=10)

The exit code overwrites a run's MLflow status under `mlflow run`, so the truth is the tag
`stilts.state`: running, done, preempted or failed. Callers import this module lazily: mlflow costs seconds.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
from mlflow.entities import Param
from mlflow.entities import Run as StoredRun
from mlflow.exceptions import MlflowException

from stilts_mlflow.errors import InputError, stop_behind
from stilts_mlflow.tracking_key import RunKey, code_version, differences, git_commit, plain
from stilts_mlflow.tracking_models import resolve_model
from stilts_mlflow.tracking_run import Run
from stilts_mlflow.tracking_store import (
    brief_patience,
    child_runs,
    client,
    connect,
    forget_given_run,
    given_run_aside,
    given_run_id,
    is_alive,
    process_tags,
    read_json,
    read_scores,
    run_metrics,
    run_tags,
    search,
    search_here,
    shown,
    store_uri,
)

__all__ = [
    "Run",
    "RunKey",
    "child_runs",
    "code_version",
    "connect",
    "explain_miss",
    "find_finished",
    "given_run_aside",
    "is_at_work",
    "is_from_here",
    "mark_given_run",
    "phase_run",
    "read_json",
    "read_scores",
    "resolve_model",
    "run_metrics",
    "run_tags",
    "search",
    "shown",
    "store_uri",
]

log = logging.getLogger(__name__)

PARAM_LIMIT = 500  # older servers refuse more; config.json holds the whole value


def find_finished(key: RunKey) -> str | None:
    """Id of the newest finished run with this key, or None."""
    found = search_here({"stilts.fingerprint": key.fingerprint, "stilts.state": "done"}, finished=True, limit=1)
    return found[0][0] if found else None


def explain_miss(key: RunKey) -> str:
    """One sentence: what differs between `key` and the finished run of the same phase that is nearest to it."""
    found = search_here({"phase": key.phase, "stilts.state": "done"}, finished=True, limit=50)
    if not found:
        return f"no finished run of phase {key.phase} yet"
    differing = [(run_id, differences(tags, key.tags)) for run_id, tags in found]
    run_id, parts = min(differing, key=lambda pair: len(pair[1]))  # the newest of equally near ones
    return f"nearest finished run {run_id} differs in {'; '.join(parts)}" if parts else f"run {run_id} is the same"


@contextmanager
def phase_run(
    key: RunKey,
    *,
    name: str,
    description: str,
    config: Mapping[str, object],
    tags: Mapping[str, str] | None = None,
    nested: bool = False,
    resume_id: str | None = None,
) -> Iterator[Run]:
    """The MLflow run of a phase, closed with the right state however the block ends.

    The outermost run is the one `mlflow run` has opened, if it did; `resume_id` reopens an unfinished run.
    """
    own_tags = {
        **key.tags,
        **process_tags(),
        **(tags or {}),
        "stilts.state": "running",
        "mlflow.note.content": description,
    }
    if commit := git_commit():
        own_tags["stilts.git_commit"] = commit
    run = Run(open_run(key.phase, name, own_tags, nested, resume_id), Path(str(config.get("output_dir") or ".")))
    try:
        log_config(run, config)
        yield run
        run.flush(patient=True)
        run.set_tags({"stilts.state": run.end_state})
    except BaseException as error:
        close(run, *verdict(error))
        raise
    mlflow.end_run("FINISHED")


def open_run(phase: str, name: str, tags: dict[str, str], nested: bool, resume_id: str | None) -> str:
    """Adopt, resume or start a run and return its id."""
    parent = mlflow.active_run()
    adopted = adopt(phase) if parent is None else None
    old = adopted or (existing(resume_id) if resume_id else None)
    if old is None:
        return str(mlflow.start_run(run_name=name, nested=nested, tags=tags).info.run_id)
    if parent is not None:
        tags = {**tags, "mlflow.parentRunId": parent.info.run_id}
    if "stilts.reason" in old.data.tags:
        client().delete_tag(old.info.run_id, "stilts.reason")
    name = name if is_random_name(old.info.run_name) else old.info.run_name
    return str(mlflow.start_run(run_id=old.info.run_id, run_name=name, nested=nested, tags=tags).info.run_id)


def adopt(phase: str) -> StoredRun | None:
    """The run that `mlflow run` has opened for this phase; not for another one that comes first (pretrain)."""
    if run_id := given_run_id():
        run = client().get_run(run_id)
        if run.data.tags.get("mlflow.project.entryPoint", phase) == phase:
            forget_given_run()
            return run
    return None


def existing(run_id: str) -> StoredRun | None:
    """The run, unless it is missing, deleted, at work, or belongs to another experiment than the one in use."""
    with suppress(MlflowException):
        run = client().get_run(run_id)
        in_use = run.info.experiment_id == os.environ.get("MLFLOW_EXPERIMENT_ID")
        if run.info.lifecycle_stage == "active" and in_use and not is_at_work(run.data.tags):
            return run
    return None


def is_at_work(tags: Mapping[str, str]) -> bool:
    """Whether another process of this machine is in that run."""
    if tags.get("stilts.state") != "running" or not is_from_here(tags):
        return False
    return tags.get("stilts.pid") != str(os.getpid()) and is_alive(tags)


def is_from_here(tags: Mapping[str, str]) -> bool:
    """Whether a run was begun on this machine."""
    return tags.get("stilts.host") == process_tags()["stilts.host"]


def is_random_name(name: str | None) -> bool:
    """Whether MLflow made the name up ("amusing-doe-123"); a name from `--run-name` stays."""
    return not name or re.fullmatch(r"[a-z]+-[a-z]+-\d+", name) is not None


def log_config(run: Run, config: Mapping[str, object]) -> None:
    """Resolved options as `cfg/<field>` (the bare keys are MLflow's under `mlflow run`) and whole as config.json."""
    known = client().get_run(run.id).data.params
    texts = {f"cfg/{field}": str(value)[:PARAM_LIMIT] for field, value in config.items()}
    # Parameters cannot change: a resumed run keeps its first ones, the file below has the present ones.
    new = [Param(field, text) for field, text in texts.items() if field not in known]
    client().log_batch(run.id, params=new)
    run.log_text(json.dumps(plain(config), indent=2, ensure_ascii=False) + "\n", "config.json")


def verdict(error: BaseException) -> tuple[str, str, str]:
    """MLflow status, state and one-line reason of a run that ended with `error`."""
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    reason = " ".join(text.split())[:PARAM_LIMIT]
    if stop_behind(error):
        return "KILLED", "preempted", reason
    return "FAILED", "failed", reason


def close(run: Run, status: str, state: str, reason: str) -> None:
    """End a run that did not succeed; the store may be gone, and its error must not hide the first one."""
    try:
        with brief_patience():
            run.flush()
            run.set_tags({"stilts.state": state, "stilts.reason": reason})
    except Exception as error:
        log.warning("run %s: state %r not recorded: %s", run.id, state, " ".join(str(error).split())[:200])
    with brief_patience(), suppress(Exception):
        mlflow.end_run(status)


def mark_given_run(state: str, reason: str) -> None:
    """Tag the run that `mlflow run` opened and no phase adopted: the phase failed before, or an older run is reused."""
    if run_id := given_run_id():
        with brief_patience(), suppress(Exception):
            Run(run_id, Path()).set_tags({"stilts.state": state, "stilts.reason": reason})
