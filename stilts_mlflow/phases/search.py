"""Search of a target's hyper-parameters: trials, then one run that holds the result.

Several `target` processes with equal settings and one storage share the trials. One of them makes the result - the
one that has the best trial's checkpoint at hand, else any - and the others return its run.
"""

import itertools
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stilts_mlflow import hpo_report, tracking
from stilts_mlflow.checkpoint_meta import META, read_meta
from stilts_mlflow.errors import InputError
from stilts_mlflow.hpo import POLL_SECONDS, Best, Budget, Draw, open_study, search
from stilts_mlflow.hpo_storage import SILENCE_SECONDS, open_storage
from stilts_mlflow.phases.recipes import search_space
from stilts_mlflow.phases.target import Job
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.phases.trial import Trials, with_values

NOT_IN_NAME = frozenset({"n_trials", "search_minutes", "search_retrain"})
"""What may differ between runs that share their trials."""


def search_and_fit(config: TargetConfig, job: Job) -> str:
    """Search, and make the result or wait for the process that does; id of the run that holds it."""
    name = study_name(config, job.key)
    journal = Path(config.output_dir) / "searches" / f"{name.replace('/', '-')}.journal"
    storage = open_storage(config.search_storage or str(journal))
    known = len(open_study(storage, name).get_trials(deepcopy=False))
    print(f"search {name}: {known} trials so far in {tracking.shown(config.search_storage or str(journal))}")
    space = search_space(job.training, job.task, config.searchable())
    budget = Budget(config.n_trials, config.search_minutes)
    best = search(Trials(job).run_one, space, storage, name, budget, job.training.seed, config.pruner)
    return Result(job, storage, name, best, config.search_retrain == "true").run_id()


def study_name(config: TargetConfig, key: tracking.RunKey) -> str:
    """The name that equal searches share, whatever their budget: task, options, encoder, data and code go into it."""
    options = {option: value for option, value in key.config.items() if option not in NOT_IN_NAME}
    settings = replace(key, phase="search", config=options).fingerprint[:16]
    return f"{config.search_name or 'search'}/{key.config['task']}-{settings}"


@dataclass(frozen=True)
class Result:
    """The search's last step, done by one of its processes."""

    job: Job
    storage: Any
    name: str
    best: Best
    retrain: bool

    def run_id(self) -> str:
        """Make the result or wait for it; a process that dies at that is replaced as in the search itself."""
        if not self.checkpoint():
            time.sleep(3 * POLL_SECONDS)  # the process that has the checkpoint goes first
        for number in itertools.count(1):
            name = f"{self.name}/result-{self.job.key.fingerprint[:16]}-{number}"
            made = search(self.make, {}, self.storage, name, Budget(trials=1), 0, None).notes["run"]
            if made == self.job.run.id or ended_well(made, self.job.key):
                return made
        raise AssertionError("unreachable")

    def make(self, draw: Draw) -> float:
        """The best trial's checkpoint becomes the run's, or its values are trained again."""
        job, best, run = self.job, self.best, self.job.run
        draw.note("run", run.id)
        folder, place = job.folder / "checkpoint", self.checkpoint()
        training = with_values(job.training, best.values)
        shutil.rmtree(folder, ignore_errors=True)
        if self.retrain:
            training = replace(training, seed=training.seed + 1)
        if place and not self.retrain:
            shutil.copytree(place, folder)
            change_meta(folder, {"run_id": run.id})
            value = best.value
            run.log({"best/dev_mean": value})
        else:
            meta = {**job.meta, "trial": best.number, "values": best.values, "retrained": True}
            value = replace(job, training=training, meta=meta).fit()
        run.log_folder(folder, "checkpoint")
        tags = {f"best.{name}": str(value) for name, value in best.values.items()}
        kind = f"retrained with seed {training.seed}" if self.retrain or not place else "kept"
        run.set_tags({**tags, "search": self.name, "search.result": kind})
        self.report()
        open_study(self.storage, self.name).set_user_attr(f"kept-{best.number}", "" if self.retrain else run.id)
        return value

    def checkpoint(self) -> Path | None:
        """Folder of the best trial's checkpoint; None where it lies on another machine or has been tidied away."""
        place = Path(self.best.notes["checkpoint"])
        if (place / META).is_file():
            return place
        kept = open_study(self.storage, self.name).user_attrs.get(f"kept-{self.best.number}")
        try:
            return Path(tracking.resolve_model(f"runs:/{kept}/checkpoint")) if kept else None
        except InputError:
            return None

    def report(self) -> None:
        """Metrics of the search; table, figures and importances as the artifacts `search/...`."""
        run, best = self.job.run, self.best
        study = open_study(self.storage, self.name)
        trials = study.get_trials(deepcopy=False)
        run.log({"search/dev_mean": best.value, "best/trial": float(best.number)})
        run.log({f"trials/{state}": float(count) for state, count in best.counts.items() if count})
        rows = hpo_report.table(trials)
        run.log_table(rows, "search/trials.json")
        run.log_text(hpo_report.as_csv(rows), "search/trials.csv")
        metric = f"{self.job.task.selects_on} {self.job.task.metrics[0]}, English dev"
        run.log_figure(hpo_report.history_figure(trials, metric), "search/history.png")
        if shares := hpo_report.importances(study, self.job.training.seed):
            run.log({f"search/importance/{name}": share for name, share in shares.items()})
            run.log_text(json.dumps(shares, indent=1), "search/importance.json")
            finished = best.counts["complete"]
            run.log_figure(hpo_report.importance_figure(shares, finished), "search/importance.png")


def change_meta(folder: Path, changes: Mapping[str, Any]) -> None:
    """Put other values into a checkpoint's `meta.json`."""
    meta = {**read_meta(folder), **changes}
    text = json.dumps(meta, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / META).write_text(text, encoding="utf-8")


def ended_well(run_id: str, key: tracking.RunKey) -> bool:
    """Whether the run that holds a result is done and still there; waits while its process is closing it."""
    deadline = time.monotonic() + SILENCE_SECONDS
    while True:
        try:
            tags = tracking.run_tags(run_id)
        except InputError:
            return False
        if tags.get("stilts.state") != "running":
            wanted = {"stilts.fingerprint": key.fingerprint, "stilts.state": "done"}
            return run_id in dict(tracking.search(None, wanted))
        if not tracking.is_at_work(tags) and (tracking.is_from_here(tags) or time.monotonic() > deadline):
            return False
        time.sleep(POLL_SECONDS)
