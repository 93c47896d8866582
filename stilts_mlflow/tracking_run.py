"""An open run: what a phase logs goes through here, batched, and metrics never stop the training."""

import json
import logging
import math
import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, RunTag

from stilts_mlflow.scores import Score, metric_key, to_rows
from stilts_mlflow.tracking_store import SCORES_FILE, brief_patience, client

log = logging.getLogger(__name__)

SECONDS_BETWEEN_SENDS = 2.0
SECONDS_AFTER_FAILURE = 30.0
NAME_LIMIT = 250


class Run:
    """A running MLflow run. `log` never raises; everything else does when the store is gone.

    `end_state`: what `stilts.state` will say when it has ended well.
    """

    def __init__(self, run_id: str, output_dir: Path) -> None:
        self.id = run_id
        self.end_state = "done"
        self.spool = output_dir / f"unsent-{run_id}.jsonl"
        self._pending: list[Metric] = []
        self._next_send = 0.0
        self._warned: set[str] = set()
        self._lock = threading.Lock()

    def log(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Queue metrics; they are sent together about every two seconds and at the end."""
        now = int(time.time() * 1000)
        with self._lock:
            for name, value in metrics.items():
                if math.isfinite(value):
                    self._pending.append(Metric(metric_name(name), float(value), now, step or 0))
                else:
                    self._warn(f"metric {name!r} is {value} at step {step or 0}: not logged")
            if time.monotonic() >= self._next_send:
                self._send()

    def flush(self, patient: bool = False) -> None:
        """Send what is queued and what earlier failures have spooled; never raises. `patient` waits for a restart."""
        with self._lock:
            self._send(patient)
        if self.spool.exists():
            log.warning("run %s: metrics that could not be sent are kept in %s", self.id, self.spool)

    def _send(self, patient: bool = False) -> None:
        spooled = self._read_spool()
        if not self._pending and not spooled:
            return
        try:
            # A dead server must not hold the training up for mlflow's minutes of retries.
            with nullcontext() if patient else brief_patience():
                client().log_batch(self.id, metrics=[*spooled, *self._pending])
        except Exception as error:
            self._warn(f"metrics not sent, kept in {self.spool}: {' '.join(str(error).split())[:200]}")
            self._write_spool()
            self._next_send = time.monotonic() + SECONDS_AFTER_FAILURE
        else:
            self.spool.unlink(missing_ok=True)
            self._next_send = time.monotonic() + SECONDS_BETWEEN_SENDS
        self._pending.clear()

    def _write_spool(self) -> None:
        lines = [json.dumps([m.key, m.value, m.timestamp, m.step]) + "\n" for m in self._pending]
        try:
            self.spool.parent.mkdir(parents=True, exist_ok=True)
            with self.spool.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        except OSError as error:
            self._warn(f"{len(lines)} metrics lost: {error}")

    def _read_spool(self) -> list[Metric]:
        if not self.spool.exists():
            return []
        with self.spool.open(encoding="utf-8") as file:
            return [Metric(*json.loads(line)) for line in file]

    def _warn(self, text: str) -> None:
        """Warn once a metric or kind of trouble: a diverged training would repeat itself thousands of times."""
        kind = text.split(" ", 2)[1]
        if kind not in self._warned:
            self._warned.add(kind)
            log.warning("run %s: %s", self.id, text)

    def log_scores(self, scores: Sequence[Score]) -> None:
        """Scores as metrics (`zero_shot/<task>/<metric>/<language>`) and as the table scores.json."""
        self.log({metric_key(score): score.value for score in scores})
        self.flush()
        self.log_table(to_rows(scores), SCORES_FILE)

    def log_table(self, rows: Sequence[Mapping[str, Any]], path: str) -> None:
        """Rows as a JSON table the UI shows; a table that is there already is replaced (MLflow's own way appends)."""
        columns = list(dict.fromkeys(name for row in rows for name in row))
        table = {"columns": columns, "data": [[row.get(name) for name in columns] for row in rows]}
        self.log_text(json.dumps(table, ensure_ascii=False), path)
        shown = json.loads(client().get_run(self.id).data.tags.get("mlflow.loggedArtifacts", "[]"))
        entry = {"path": path, "type": "table"}
        if entry not in shown:
            self.set_tags({"mlflow.loggedArtifacts": json.dumps([*shown, entry])})

    def log_file(self, path: str | Path, artifact_path: str | None = None) -> None:
        """A local file into the artifact folder `artifact_path` (None: the root)."""
        client().log_artifact(self.id, str(path), artifact_path)

    def log_folder(self, folder: str | Path, artifact_path: str) -> None:
        """A local folder's content as the artifact folder `artifact_path`."""
        client().log_artifacts(self.id, str(folder), artifact_path)

    def log_text(self, text: str, path: str) -> None:
        """A text as the artifact `path`."""
        client().log_text(self.id, text, path)

    def log_figure(self, figure: Any, path: str) -> None:
        """A matplotlib figure as the artifact `path`."""
        client().log_figure(self.id, figure, path)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Tags in one request."""
        client().log_batch(self.id, tags=[RunTag(key, str(value)) for key, value in tags.items()])

    def log_input(
        self, name: str, fingerprint: str, rows: int, context: str, source: Mapping[str, str] | None = None
    ) -> None:
        """A data set as an input of the run: name, digest, context and source show in the UI and can be searched.

        `source`: `path`, `config_name`, `split` and `revision` of a Hub data set, as MLflow itself writes them; or
        the `uri` of something else.
        """
        kind = "hugging_face" if source and "path" in source else "local"
        described = json.dumps({**(source or {}), "rows": rows, "fingerprint": fingerprint})
        dataset = Dataset(name, fingerprint[:36], kind, described, profile=json.dumps({"num_rows": rows}))
        tags = [InputTag("mlflow.data.context", context)]
        client().log_inputs(self.id, [DatasetInput(dataset, tags)])


def metric_name(name: str) -> str:
    """`name` with what MLflow refuses replaced: only letters, digits, `_ - . : /` and space, no empty path parts."""
    allowed = re.sub(r"[^\w\-.: /]", "_", name)
    parts = [part for part in allowed.split("/") if part.strip(". ")]
    return "/".join(parts)[:NAME_LIMIT] or "_"
