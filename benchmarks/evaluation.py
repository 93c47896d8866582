"""Zero-shot evaluation against the usual way: all languages bucketed by length, or one language after the other.

    python benchmarks/evaluation.py --data files --data_dir DATA --model MODEL --tasks xnli,udpos,xquad

Both ways score the same examples with the same weights (an encoder with new heads) in one process, so that the ratio
of their times says something on any machine. The usual way is that of the benchmark's own scripts: a pass a language,
examples in the order of the file, fixed batches padded to their longest. Printed beside it: the share of the time that
our way spends outside the model (loading, tokenising, collating, decoding, metrics, writing).
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from stilts_mlflow import checkpoint
from stilts_mlflow.batching import BatchSize, Stopwatch, to_device
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.evaluation import evaluate_task
from stilts_mlflow.model import Model, collation
from stilts_mlflow.predictions import Facts, write_table
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task

USUAL_BATCH = 64


def ours(model: Model, tokenizer: object, task: Task, codes: Sequence[str], source: DataSource, limits: Limits) -> str:
    """Seconds, examples a second and the share outside the model."""
    watch = Stopwatch.start()
    size = BatchSize.of(None, next(model.parameters()).device)
    with tempfile.TemporaryDirectory() as folder:
        parts = evaluate_task(
            model, tokenizer, task, codes, "test", source, limits, size, kept=Path(folder) / "kept", watch=watch
        )
        for part in parts:
            part.metrics()
        rows = [row for part in parts for row in part.rows()]
        write_table(rows, Path(folder) / "predictions.parquet", Facts(task.name, "test", "benchmark"))
    RESULT[task.name] = watch.elapsed()
    return f"{watch.elapsed():8.1f} s, {len(rows) / watch.elapsed():7.1f} examples/s, {watch.outside():6.1%} outside"


def usual(model: Model, tokenizer: object, task: Task, codes: Sequence[str], source: DataSource, limits: Limits) -> str:
    """Seconds of a pass a language in the order of the file."""
    begun, count = time.perf_counter(), 0
    kind, labels = TASK_TYPES[task.type], model.labels[task.trains_on]
    device = next(model.parameters()).device
    for code in codes:
        examples = load_examples(task, "test", code, source)
        features = kind.featurize(examples, labels, tokenizer, limits)
        outputs = []
        for first in range(0, len(features), USUAL_BATCH):
            some = features[first : first + USUAL_BATCH]
            with torch.inference_mode():
                given = model(task.trains_on, to_device(kind.collate(some, collation(tokenizer, 0)), device))
            rows = {key: value.float().cpu() for key, value in given.items()}
            outputs += [{key: value[i] for key, value in rows.items()} for i in range(len(some))]
        kind.decode(examples, features, outputs, labels)
        count += len(examples)
    seconds = time.perf_counter() - begun
    return f"{seconds:8.1f} s, {count / seconds:7.1f} examples/s; ours takes {RESULT[task.name] / seconds:.2f} of it"


RESULT: dict[str, float] = {}


def main() -> None:
    """Print two lines a task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--data_dir")
    parser.add_argument("--tasks", default="xnli")
    parser.add_argument("--languages", default="all")
    parser.add_argument("--max_examples", type=int, default=100)
    parser.add_argument("--max_length", type=int, default=128)
    options = parser.parse_args()
    os.environ.setdefault("STILTS_CACHE", "off")  # both tokenise
    source = DataSource(options.data, options.data_dir, options.max_examples)
    loaded = checkpoint.start_from(options.model)
    loaded.model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    torch.manual_seed(0)
    for task in (TASKS[name] for name in options.tasks.split(",")):
        codes = available_languages(task, "test", source)
        codes = codes if options.languages == "all" else tuple(c for c in options.languages.split(",") if c in codes)
        loaded.model.add_head(task.trains_on, task.type, task.labels or TASKS[task.trains_on].labels)
        loaded.model.to(next(loaded.model.encoder.parameters()).device).eval()
        limits = Limits(min(options.max_length, loaded.model.longest))
        for code in codes:
            load_examples(task, "test", code, source)  # parsed once, for both
        print(f"{task.name} ours  {ours(loaded.model, loaded.tokenizer, task, codes, source, limits)}", flush=True)
        print(f"{task.name} usual {usual(loaded.model, loaded.tokenizer, task, codes, source, limits)}", flush=True)


if __name__ == "__main__":
    main()
