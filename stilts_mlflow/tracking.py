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

import hashlib
import json
import logging
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mlflow
from mlflow.entities import Param
from mlflow.entities import Run as StoredRun
from mlflow.exceptions import MlflowException

from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.tracking_models import resolve_model
from stilts_mlflow.tracking_run import Run
from stilts_mlflow.tracking_store import (
    brief_patience,
    child_runs,
    client,
    connect,
    process_tags,
    read_json,
    read_scores,
    run_tags,
    search,
    search_here,
)

__all__ = [
    "Run",
    "RunKey",
    "child_runs",
    "code_version",
    "connect",
    "explain_miss",
    "find_finished",
    "mark_given_run",
    "phase_run",
    "read_json",
    "read_scores",
    "resolve_model",
    "run_tags",
    "search",
]

log = logging.getLogger(__name__)

TAG_LIMIT = 8000
PARAM_LIMIT = 500  # older servers refuse more; config.json holds the whole value
PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class RunKey:
    """What makes two runs the same: equal keys, equal results.

    `config` holds only what can change the result; `parents` maps a role to a run or model id, so a
    change upstream voids what follows by itself; `data` is a fingerprint; `code` is `code_version()`.
    """

    phase: str
    config: Mapping[str, object]
    parents: Mapping[str, str]
    data: str
    code: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON of all parts."""
        parts = [self.phase, plain(self.config), plain(self.parents), self.data, self.code]
        return hashlib.sha256(compact(parts).encode()).hexdigest()

    @property
    def tags(self) -> dict[str, str]:
        """The parts as tags, so that a later miss can be explained."""
        return {
            "phase": self.phase,
            "stilts.fingerprint": self.fingerprint,
            "stilts.key.config": compact(plain(self.config))[:TAG_LIMIT],
            "stilts.key.parents": compact(plain(self.parents))[:TAG_LIMIT],
            "stilts.key.data": self.data[:TAG_LIMIT],
            "stilts.key.code": self.code,
        }


def plain(value: object) -> object:
    """`value` as JSON data in which 2 and 2.0 are the same and a tuple is a list."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def compact(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def code_version() -> str:
    """16 hex digits over the sources of the package and its data files."""
    digest = hashlib.sha256()
    suffixes = {".py", ".tsv", ".j2"}
    for path in sorted(path for path in PACKAGE.rglob("*") if path.suffix in suffixes):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def git_commit() -> str | None:
    """Commit of the checkout that holds the package; None for an installed package or without git."""
    command = ["git", "-C", str(PACKAGE)]
    with suppress(OSError, subprocess.SubprocessError):
        # An environment inside someone else's checkout must not borrow that checkout's commit.
        subprocess.run([*command, "ls-files", "--error-unmatch", "tracking.py"], check=True, capture_output=True)
        found = subprocess.run([*command, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        return found.stdout.strip()
    return None


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


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs between the key tags of two runs, a phrase each."""
    found = []
    for part in ("config", "parents"):
        before, after = fields(old.get(f"stilts.key.{part}", "")), fields(new[f"stilts.key.{part}"])
        names = sorted(name for name in before | after if before.get(name, "(unset)") != after.get(name, "(unset)"))
        changes = [f"{name} {before.get(name, '(unset)')} -> {after.get(name, '(unset)')}" for name in names]
        found += [f"{part}: {change}" for change in changes]
    for part in ("data", "code"):
        if old.get(f"stilts.key.{part}") != new[f"stilts.key.{part}"]:
            found.append(f"{part} changed")
    return found


def fields(text: str) -> dict[str, object]:
    """JSON object of a key tag; one field with the text when it was cut."""
    with suppress(json.JSONDecodeError):
        return dict(json.loads(text))
    return {"(too long to compare by field)": text[:40] + "..." if text else "(unset)"}


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
    run = Run(open_run(name, own_tags, nested, resume_id), Path(str(config.get("output_dir") or ".")))
    try:
        log_config(run, config)
        yield run
        run.flush(patient=True)
        run.set_tags({"stilts.state": "done"})
    except BaseException as error:
        close(run, *verdict(error))
        raise
    mlflow.end_run("FINISHED")


def open_run(name: str, tags: dict[str, str], nested: bool, resume_id: str | None) -> str:
    """Start, adopt or resume a run and return its id."""
    parent = mlflow.active_run()
    given = os.environ.pop("MLFLOW_RUN_ID", None) if parent is None else None
    if given is None and resume_id and (old := existing(resume_id)):
        if parent is not None:
            tags["mlflow.parentRunId"] = parent.info.run_id
        if "stilts.reason" in old.data.tags:
            client().delete_tag(resume_id, "stilts.reason")
        given = resume_id
    elif given is not None and is_random_name(client().get_run(given).info.run_name):
        client().update_run(given, name=name)
    return str(mlflow.start_run(run_id=given, run_name=None if given else name, nested=nested, tags=tags).info.run_id)


def existing(run_id: str) -> StoredRun | None:
    """The run, unless it is missing, deleted or belongs to another experiment than the one in use."""
    with suppress(MlflowException):
        run = client().get_run(run_id)
        if run.info.lifecycle_stage == "active" and run.info.experiment_id == os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return run
    return None


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
    if isinstance(error, (Preempted, KeyboardInterrupt)):
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


def mark_given_run(tags: Mapping[str, str]) -> None:
    """Tag the run that `mlflow run` opened and no phase adopted: the phase failed before, or an older run is reused."""
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        with brief_patience(), suppress(Exception):
            Run(run_id, Path()).set_tags(tags)
