"""Where the trials of a search are kept, and which of them belong to processes that still live.

A storage is a journal file (one machine, or machines with a shared disk) or a database. Each running trial carries
a note of its process - host, process id, start time - that a thread renews every half minute, so that the trials of
a dead process can be told from those of a living one, on this machine at once and from others by the silence.
"""

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import optuna
from filelock import FileLock

from stilts_mlflow.errors import InputError
from stilts_mlflow.tracking_store import is_alive, process_tags, shown

log = logging.getLogger(__name__)

NOTE = "process"
BEAT_SECONDS = 30.0
SILENCE_SECONDS = 300.0
"""A process of another machine that has not renewed its note for so long is dead."""
_PORTS = {"postgresql": 5432, "mysql": 3306}


def open_storage(address: str) -> Any:
    """Storage at an Optuna URL or path of a journal file; InputError when it cannot be reached."""
    try:
        if "://" not in address:
            path = Path(address).absolute()
            path.parent.mkdir(parents=True, exist_ok=True)
            return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
        check_answers(address)
        return database(address) if not address.startswith("sqlite") else database_file(address)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"search_storage {shown(address)}: {reason}; start it, or give another one") from error


def database_file(address: str) -> Any:
    """Storage in an SQLite file; processes that open a fresh one at once collide in the making of its tables."""
    file = Path(address.partition(":///")[2])
    if not file.absolute().parent.is_dir():  # the lock would make it
        raise FileNotFoundError(f"no folder {file.absolute().parent}")
    with FileLock(f"{file}.lock"):
        return optuna.storages.RDBStorage(address, engine_kwargs={"connect_args": {"timeout": 60}})


def database(address: str) -> Any:
    """Storage on a server; a second try where another process was making the tables."""
    options = {"pool_pre_ping": True}
    try:
        return optuna.storages.RDBStorage(address, engine_kwargs=options)
    except Exception as error:
        if "exists" not in str(error):
            raise
        time.sleep(2)
        return optuna.storages.RDBStorage(address, engine_kwargs=options)


def check_answers(address: str) -> None:
    """Raise OSError within seconds when no server answers; files pass."""
    parts = urlsplit(address)
    port = parts.port or _PORTS.get(parts.scheme.partition("+")[0])
    if parts.hostname and port:
        socket.create_connection((parts.hostname, port), timeout=8).close()


def this_process() -> dict[str, str]:
    """Who runs a trial; processes in containers of one host do not see each other, hence the namespace."""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return {**process_tags(), "namespace": space}


class Heart:
    """Notes on a running trial that its process lives, while the `with` block runs; `begun` and `seen` are Unix times.

    The last note stands when the block is left, so `begun` to `seen` is the time the trial took.
    """

    def __init__(self, trial: Any) -> None:
        self.trial = trial
        self.note: dict[str, Any] = {**this_process(), "begun": time.time()}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._beat, name="heartbeat of the search", daemon=True)

    def __enter__(self) -> "Heart":
        self._write()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()
        try:
            self._write()
        except Exception as error:
            log.warning("search: trial %d: %s", self.trial.number, " ".join(str(error).split())[:200])

    def _write(self) -> None:
        self.trial.set_user_attr(NOTE, {**self.note, "seen": time.time()})

    def _beat(self) -> None:
        while not self.stopped.wait(BEAT_SECONDS):
            try:
                self._write()
            except Exception as error:  # the storage may be away for a while; the training goes on
                log.warning("search: heartbeat not written: %s", " ".join(str(error).split())[:200])


class Watch:
    """Which running trials have lost their process.

    Clocks of machines differ, so silence is measured by this process's own: since it saw the note change.
    """

    def __init__(self) -> None:
        self.own = this_process()
        self.last: dict[int, tuple[str, float]] = {}

    def dead(self, trials: Iterable[Any]) -> list[Any]:
        """Those of the running trials whose process is gone."""
        return [trial for trial in trials if self._is_dead(trial)]

    def _is_dead(self, trial: Any) -> bool:
        note = trial.user_attrs.get(NOTE, {})
        if note and all(note.get(name) == self.own[name] for name in ("stilts.host", "namespace")):
            return not is_alive(note)
        text, now = json.dumps(note, sort_keys=True), time.monotonic()
        known, since = self.last.setdefault(trial.number, (text, now))
        if known != text:
            self.last[trial.number] = (text, now)
            return False
        return now - since > SILENCE_SECONDS


def active_minutes(trials: Iterable[Any]) -> float:
    """Minutes in which at least one of the trials was running: pauses between two starts of a search do not count."""
    notes = [trial.user_attrs[NOTE] for trial in trials if NOTE in trial.user_attrs]
    total, end = 0.0, float("-inf")
    for begun, seen in sorted((note["begun"], note["seen"]) for note in notes):
        total += max(0.0, seen - max(begun, end))
        end = max(end, seen)
    return total / 60
