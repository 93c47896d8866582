"""What the feature cache saves: seconds from loaded examples to features, without it, filling it, and with it filled.

    python -m benchmarks.first_step --tasks mnli,squad_v1,ccg --max_examples 2000 --rounds 3

Each round takes the three ways one after the other in one process, so that load on the machine meets all of them;
ratios are of the medians over rounds. The same features come out, or it ends with an error.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a way: median seconds, and how many times as fast as without a cache."""
    options = parse(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder:
        seconds = measure(options, Path(folder))
    base = statistics.median(seconds["off"])
    for way, values in seconds.items():
        middle = statistics.median(values)
        print(f"{way:8} {middle:8.2f} s   {base / middle:5.1f} x   ({', '.join(f'{v:.2f}' for v in values)})")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default="all", help="intermediate tasks")
    parser.add_argument("--model", required=True, help="encoder folder or checkpoint")
    parser.add_argument("--data", default="demo", choices=["demo", "files", "hub"])
    parser.add_argument("--data_dir", default=None)
    parser.add_argument("--max_examples", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(argv)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, list[float]]:
    """Seconds of every round by way: off, filling, filled."""
    from stilts_mlflow import checkpoint
    from stilts_mlflow.phases.config import IntermediateConfig
    from stilts_mlflow.phases.encoder import Encoder
    from stilts_mlflow.phases.fit import load_data
    from stilts_mlflow.phases.options import check
    from stilts_mlflow.phases.resolve import resolve
    from stilts_mlflow.phases.work import source_of
    from stilts_mlflow.tasks.intermediate import PAPER_TASKS
    from stilts_mlflow.tasks.tables import TASKS
    from stilts_mlflow.tasks.task import pick

    places = {name: getattr(options, name) for name in ("tasks", "model", "data", "data_dir", "max_examples")}
    config = IntermediateConfig(recipe="paper", **places)
    check(config)
    tasks = pick(TASKS, options.tasks, PAPER_TASKS)
    start = checkpoint.start_from(Path(options.model))
    training = resolve(
        config, tasks, Encoder(options.model, options.model, options.model, is_builtin=False), "intermediate"
    )

    def timed(cache: str) -> tuple[float, list[Any]]:
        """Seconds with the cache in a folder, or off, and the features."""
        os.environ["STILTS_CACHE"] = cache
        begun = time.perf_counter()
        data = load_data(start.model, start.tokenizer, tasks, source_of(config), training)
        return time.perf_counter() - begun, [[*one.train, *one.dev_features] for one in data]

    timed("off")  # examples are read once a process: not what is measured
    seconds: dict[str, list[float]] = {"off": [], "filling": [], "filled": []}
    for number in range(options.rounds):
        ways = {"off": "off", "filling": str(folder / str(number)), "filled": str(folder / str(number))}
        results = {way: timed(cache) for way, cache in ways.items()}
        if not results["off"][1] == results["filling"][1] == results["filled"][1]:
            raise SystemExit("the features of the three ways differ")
        for way, (value, _) in results.items():
            seconds[way].append(value)
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
