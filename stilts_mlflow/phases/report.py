"""Tables, heat map, Markdown and HTML from the runs of a chain.

    python -m entry_points.report --run <main run>

`main` calls the same functions at its end; this door makes the report again, with the present code.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.config import ReportConfig
from stilts_mlflow.phases.work import key_config
from stilts_mlflow.report.benchmarks import benchmark_metrics
from stilts_mlflow.report.comparison import Comparison, Condition
from stilts_mlflow.report.document import DataUsed, ReportContext, write_report
from stilts_mlflow.report.terminal import print_comparison
from stilts_mlflow.scores import Score

SELECTION = {
    "english": "English development data only",
    "target-dev": "English development data; the threshold of mining (BUCC) on the development sets of its languages",
    "oracle": "English development data; the threshold of mining (BUCC) on the very sets that are scored (oracle)",
}
CHAIN = "chain.json"
CHANCE = "chance.json"
"""Artifacts: of a main run, which run did what; of an evaluate run, what guessing would give."""


def report(config: ReportConfig) -> str:
    """Make the report of a main run again; returns the id of the run that holds it as the artifact `report`."""
    tracking.connect(config.experiment)
    main_run = config.run or newest_main()
    if tracking.run_tags(main_run).get("phase") != "main":
        raise InputError(f"run={main_run!r} is not a main run; give one, or none for the newest")
    chain = tracking.read_json(main_run, CHAIN)
    key = tracking.RunKey("report", key_config(config), {"main": main_run}, "", tracking.code_version())
    with tracking.phase_run(
        key,
        name=f"report of {main_run[:8]}",
        description=f"Tables and figures of the chain in run {main_run}.",
        config={"run": main_run, "output_dir": config.output_dir},
        tags={"parent.main": main_run},
    ) as run:
        write_reports(run, chain, config.output_dir, main_run)
    return run.id


def newest_main() -> str:
    """Id of the newest finished main run."""
    found = tracking.search(None, {"phase": "main", "stilts.state": "done"}, limit=1)
    if not found:
        raise InputError("no finished main run in this experiment; run main first")
    return found[0][0]


def write_reports(run: tracking.Run, chain: Mapping[str, Any], output_dir: str, main_run: str | None = None) -> None:
    """Print the tables, write the files, and store them as the artifact `report` of `run`."""
    config = chain["config"]
    comparison = Comparison([condition(one) for one in chain["conditions"]], split=config["split"])
    chance = chance_levels(chain)
    folder = Path(output_dir) / f"report-{(main_run or run.id)[:8]}"
    paths = write_report(folder, comparison, context(chain, chance))
    run.log_folder(folder, "report")
    run.log(benchmark_metrics(comparison))
    print_comparison(comparison, chance=chance)
    print(f"report: {paths[1].resolve()}")
    print(f"compare the runs: mlflow ui --backend-store-uri {tracking.store_uri()}")


def condition(one: Mapping[str, Any]) -> Condition:
    """Scores of every evaluate and retrieve run of a condition."""
    runs: dict[str, str] = one["runs"]
    scores: list[Score] = []
    for name, run_id in runs.items():
        if name.startswith("evaluate/") or name == "retrieve":
            scores += tracking.read_scores(run_id)
    return Condition(one["name"], scores, runs)


def chance_levels(chain: Mapping[str, Any]) -> dict[tuple[str, str, str], float]:
    """What guessing gives, by task, metric and language: the same for every condition."""
    levels: dict[tuple[str, str, str], float] = {}
    for name, run_id in chain["conditions"][0]["runs"].items():
        if name.startswith("evaluate/") or name == "retrieve":
            try:
                rows = tracking.read_json(run_id, CHANCE)
            except InputError:
                if name != "retrieve":
                    raise
                continue  # a run of before retrieval had chance levels
            levels |= {(row["task"], row["metric"], row["language"]): row["value"] for row in rows}
    return levels


def context(chain: Mapping[str, Any], chance: dict[tuple[str, str, str], float]) -> ReportContext:
    """What the report says besides the scores."""
    config = chain["config"]
    named = {name: run_id for one in chain["conditions"] for name, run_id in one["runs"].items()}
    data = [
        DataUsed(
            name, f"{config['data']} ({config['data_dir'] or 'built in'})", int(tags.get("stilts.rows", 0)), print_
        )
        for name, run_id in named.items()
        if name != "encoder" and (tags := tracking.run_tags(run_id)) and (print_ := tags.get("stilts.data", ""))
    ]
    caveats = (
        [f"At most {config['max_examples']} examples a task, language and split."] if config["max_examples"] else []
    )
    if config["data"] == "demo":
        caveats.append("Built-in data: these figures say that the chain works, nothing about real languages.")
    return ReportContext(
        summary=f"Encoder {chain['encoder']}; intermediate training on {config['intermediate'] or 'nothing'}; targets "
        f"{config['targets']}; {config['split']} split.",
        models={one["name"]: one["runs"]["encoder"] for one in chain["conditions"]},
        data=data,
        seeds=(config["seed"],),
        selection=SELECTION[selection_of(chain)],
        caveats=caveats,
        chance=chance,
    )


def selection_of(chain: Mapping[str, Any]) -> str:
    """Which data chose something: english, target-dev (a mining threshold), or oracle; the one that saw most."""
    runs = [one["runs"]["retrieve"] for one in chain["conditions"] if "retrieve" in one["runs"]]
    seen = {tracking.run_tags(run).get("selection", "none") for run in runs}
    return next((kind for kind in ("oracle", "target-dev") if kind in seen), "english")
