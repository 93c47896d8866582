"""One phase = one MLflow run: reuse a finished one with the same key, else do the work and record it.

Nothing here imports torch: when everything is reused, a chain ends in seconds.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, fingerprint, load_examples, served
from stilts_mlflow.phases.options import DataOptions, RunOptions
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation.sources import training_examples, training_place

# What cannot change a result: places, and how often a state is saved.
NOT_IN_KEY = frozenset({"experiment", "output_dir", "save_every", "data_dir", "run", "name", "model", "translations"})
NOT_IN_KEY |= {"search_storage", "search_name"}


@dataclass(frozen=True)
class Input:
    """One split of one task in one language, as it went into a run."""

    task: str
    split: str
    language: str
    rows: int
    fingerprint: str
    source: Mapping[str, str] = field(default_factory=dict)


def source_of(config: DataOptions) -> DataSource:
    """Where the data of a phase come from."""
    return DataSource(config.data, config.data_dir, config.max_examples)


def inputs_of(wanted: Iterable[tuple[Task, str, str]], source: DataSource) -> list[Input]:
    """Load (task, split, language) and describe each; bad data end here, before any model is loaded."""
    found = []
    for task, split, language in wanted:
        if split == "train":
            examples, place = training_examples(task, language, source), training_place(task, language, source)
        else:
            examples, place = load_examples(task, split, language, source), served(task, split, language, source)
        found.append(Input(task.name, split, language, len(examples), fingerprint(examples), place.source()))
    return found


def data_key(inputs: Iterable[Input]) -> str:
    """One fingerprint for all inputs of a run."""
    import hashlib

    text = "\n".join(f"{i.task}/{i.split}/{i.language} {i.fingerprint}" for i in inputs)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def key_config(config: RunOptions, **resolved: object) -> dict[str, object]:
    """The options that can change a result, with the recipe's values in the place of `none`."""
    return {name: value for name, value in (asdict(config) | resolved).items() if name not in NOT_IN_KEY}


def reuse_or_work(
    key: tracking.RunKey,
    work: Callable[[tracking.Run, Path], str | None],
    *,
    name: str,
    description: str,
    config: Mapping[str, object],
    inputs: Iterable[Input] = (),
    tags: Mapping[str, str] | None = None,
    shared: bool = False,
) -> str:
    """Id of a finished run with `key`: an older one, or a new one in which `work(run, folder)` was done.

    `folder` holds the resumable state of this key; the same command finds it again after an interruption, and
    it goes away when the run is done. `work` may return the id of another run that holds the result, where several
    processes shared the work: this one is then marked as reused. Unless it is `shared`, a second process with the same
    key waits for the first.
    """
    label = f"{key.phase} {name}"
    if found := finished(key, label):
        return found
    print(f"{label}: {tracking.explain_miss(key)}")
    folder = Path(str(config["output_dir"])) / f"{key.phase}-{key.fingerprint[:16]}"
    with alone(folder, label) if not shared else nullcontext(False) as waited:
        if waited and (found := finished(key, label)):
            return found
        return record(key, work, folder, name, description, config, inputs, tags)


def finished(key: tracking.RunKey, label: str) -> str | None:
    """Id of a finished run with `key`, told; the run that `mlflow run` opened says so too."""
    found = tracking.find_finished(key)
    if found:
        print(f"{label}: reusing finished run {found}")
        tracking.mark_given_run("reused", f"same as finished run {found}")
    return found


@contextmanager
def alone(folder: Path, label: str) -> Iterator[bool]:
    """One process at a time may work in `folder`; the value says whether it had to wait for another one.

    Two chains often need the same first step. The processes of one distributed training do work in it together.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        yield False
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        print(f"{label}: another process is at it; waiting for its result")
        lock.acquire(poll_interval=1)
    try:
        yield waited
    finally:
        lock.release()


def record(
    key: tracking.RunKey,
    work: Callable[[tracking.Run, Path], str | None],
    folder: Path,
    name: str,
    description: str,
    config: Mapping[str, object],
    inputs: Iterable[Input],
    tags: Mapping[str, str] | None,
) -> str:
    """Do the work in a run of its own; id of the run that holds the result."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "run_id"
    earlier = note.read_text(encoding="utf-8").strip() if note.is_file() else None
    inputs = list(inputs)
    rows = sum(item.rows for item in inputs)
    own = {"stilts.data": key.data, "stilts.rows": str(rows), **(tags or {})}
    with tracking.phase_run(
        key, name=name, description=description, config=config, tags=own, nested=True, resume_id=earlier
    ) as run:
        folder.mkdir(parents=True, exist_ok=True)  # another process that shares the work may just have tidied up
        note.write_text(run.id, encoding="utf-8")
        for item in inputs:
            run.log_input(f"{item.task}.{item.language}", item.fingerprint, item.rows, item.split, item.source)
        result = work(run, folder) or run.id
        if result != run.id:
            run.end_state = "reused"
            run.set_tags({"stilts.reason": f"shared the work of run {result}"})
    shutil.rmtree(folder, ignore_errors=True)  # another process that shared the work may be faster
    return result
