"""Target and evaluate runs of tiny checkpoints, as the phases leave them, for tests of promotion and serving."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from stilts_mlflow import checkpoint, tracking
from stilts_mlflow.evaluation import Part
from stilts_mlflow.inference import predict
from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.scores import Score
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample, TaggingExample
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny

TARGETS = {
    "classification": "xnli",
    "multiple_choice": "hellaswag",
    "tagging": "udpos",
    "question_answering": "xquad",
}

# Several lengths, so that batches are padded, and texts beyond the limit of 32 sub-words.
EXAMPLES: dict[str, list[Example]] = {
    "classification": [
        PairExample(f"{i}", a, b, "neutral")
        for i, (a, b) in enumerate(zip(tiny.LINES * 2, tiny.LINES[1:] + tiny.LINES, strict=False))
    ]
    + [PairExample("long", " ".join(tiny.LINES * 4), tiny.LINES[0], "neutral")],
    "multiple_choice": [
        ChoiceExample("0", tiny.LINES[0], "who", tiny.LINES[1:4], 0),
        ChoiceExample("1", tiny.LINES[4], "", tiny.LINES[:3], 2),
    ],
    "tagging": [
        TaggingExample(f"{i}", tuple(line.split() * (1 + 3 * i)), tuple(["NOUN"] * (len(line.split()) * (1 + 3 * i))))
        for i, line in enumerate(tiny.LINES)
    ],
    "question_answering": [
        QuestionExample("0", "who sells bread", tiny.LINES[0], (), ()),
        QuestionExample("1", "who reads", " ".join(tiny.LINES * 2), (), ()),
    ],
}


@contextmanager
def store_settings(uri: str, cache: Path) -> Iterator[None]:
    """The store at `uri` for everything inside; what mlflow writes into the environment is gone afterwards."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        if name.removeprefix("MLFLOW_").startswith(("TRACKING_", "EXPERIMENT_", "RUN_")):
            del os.environ[name]
    os.environ.update(MLFLOW_TRACKING_URI=uri, XDG_CACHE_HOME=str(cache))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def make_checkpoint(folder: Path, kind: str, seed: int = 0) -> Path:
    """A checkpoint of a target task of this type with random weights."""
    task = TASKS[TARGETS[kind]]
    model = tiny.model(seed=seed)
    model.add_head(task.trains_on, kind, TASKS[task.trains_on].labels)
    meta = {
        "phase": "target",
        "task": task.name,
        "tasks": [task.trains_on],
        "selects_on": task.selects_on,
        "training": {"max_lengths": [32], "doc_stride": 8},
        "config": {"data": "demo", "seed": 0},
    }
    checkpoint.save(folder, model, tiny.tokenizer(), meta)
    return folder


def make_target(folder: Path, kind: str = "classification", seed: int = 0, **tags: str) -> str:
    """Id of a finished target run with such a checkpoint."""
    key = tracking.RunKey("target", {"seed": seed, "kind": kind}, {}, "train", "c0de")
    tags = {"tasks": TARGETS[kind], "model": "acme/encoder", **tags}
    with tracking.phase_run(key, name=TARGETS[kind], description="d", config={"output_dir": folder}, tags=tags) as run:
        run.log_folder(make_checkpoint(folder / f"checkpoint-{run.id}", kind, seed), "checkpoint")
    return run.id


def scores_of(values: Mapping[str, float], task: str = "xnli", run_id: str = "e") -> list[Score]:
    """Scores of the major metric by language."""
    return [Score(run_id, task, code, "test", TASKS[task].metrics[0], value, 100) for code, value in values.items()]


def make_evaluation(target_run: str, values: Mapping[str, float], task: str = "xnli", data: str = "d1") -> str:
    """Id of a finished evaluate run of a target run."""
    key = tracking.RunKey("evaluate", {"values": dict(values)}, {"model": target_run}, data, "c0de")
    tags = {"parent.model": target_run, "stilts.data": data, "tasks": task}
    with tracking.phase_run(key, name=task, description="d", config={}, tags=tags) as run:
        run.log_scores(scores_of(values, task, run.id))
    return run.id


def evaluated_rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    """What `evaluate` writes for EXAMPLES: prediction, confidence and details."""
    loaded = checkpoint.load(folder)
    task, examples = TASKS[TARGETS[kind]], EXAMPLES[kind]
    labels = loaded.model.labels[task.trains_on]
    limits = limits_of(loaded.meta, task.trains_on, kind, loaded.model.longest)
    features = TASK_TYPES[kind].featurize(examples, labels, loaded.tokenizer, limits)
    predictions = predict(loaded.model, task.trains_on, examples, features, loaded.tokenizer, 64)
    rows = Part(task, "en", "test", examples, predictions).rows()
    return [{name: row[name] for name in ("prediction", "confidence", "details")} for row in rows]


def as_rows(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """The columns that a served model takes."""
    wanted = {"text_a", "text_b", "context", "question", "choices", "words"}
    return [
        {f.name: list(v) if isinstance(v := asdict(e)[f.name], tuple) else v for f in fields(e) if f.name in wanted}
        for e in examples
    ]
