"""XTREME's submission folder from evaluated runs: written, read again, re-scored and compared with the runs' scores.

python -m entry_points.export --runs <evaluate run>,<evaluate run>,<retrieve run>
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stilts_mlflow import submission, tracking
from stilts_mlflow.benchmark import METRICS_OF, XTREME, result_of
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.export_config import ExportConfig
from stilts_mlflow.phases.report import CHAIN
from stilts_mlflow.phases.work import key_config
from stilts_mlflow.predictions import check_data, prediction_files, read_facts, read_rows
from stilts_mlflow.scores import Score
from stilts_mlflow.tasks.tables import TASKS

TOLERANCE = 1e-9
PARTIAL = "PARTIAL.txt"


@dataclass(frozen=True)
class Scored:
    """A finished evaluate or retrieve run: its data, its scores of XTREME's tasks, and where its predictions lie."""

    run_id: str
    source: DataSource
    scores: tuple[Score, ...]
    files: Mapping[str, Path]
    is_retrieval: bool


def export(config: ExportConfig) -> str:
    """Write and check the submission; returns the id of the run that holds it as the artifact `submission`.

    InputError: an incomplete submission (unless partial=true), runs that are no evaluation of the test split, a cell
    that two runs have, data that are not those of the predictions, and re-scored values that differ from the runs'.
    """
    tracking.connect(config.experiment)
    scored = [read_run(run_id, config) for run_id in chosen_runs(config)]
    cells = cells_of(scored)
    gaps = missing(cells)
    if not cells:
        raise InputError("export: none of the runs scored a task of XTREME in one of its languages")
    if gaps and config.partial == "false":
        raise InputError(f"the submission is incomplete (partial=true writes what there is): {'; '.join(gaps)}")
    key = tracking.RunKey(
        "export", key_config(config), {one.run_id[:8]: one.run_id for one in scored}, "", tracking.code_version()
    )
    with tracking.phase_run(
        key,
        name="xtreme submission" + (" (partial)" if gaps else ""),
        description=f"XTREME's submission folder from the runs {', '.join(one.run_id for one in scored)}.",
        config=asdict(config),
        tags={"complete": "false" if gaps else "true"},
    ) as run:
        folder = Path(config.output_dir) / f"submission-{run.id[:8]}"
        largest = write_and_check(folder, cells, gaps)
        run.log_folder(folder, "submission")
        result = result_of([score for one in scored for score in one.scores], XTREME)
        found = {**result.tasks, **result.groups} | ({} if result.average is None else {"average": result.average})
        run.log({f"benchmark/xtreme/{what}": value for what, value in found.items()})
        print(f"{len(cells)} files re-scored by the official formulas: the runs' scores, at most {largest:.1e} apart")
        print("complete" if not gaps else f"PARTIAL, no submission to the benchmark: {'; '.join(gaps)}")
        print(f"submission: {folder.resolve()}")
    return run.id


def chosen_runs(config: ExportConfig) -> list[str]:
    """Ids of evaluate and retrieve runs; those of one condition, where a main run is given."""
    given = [name.strip() for name in str(config.runs).split(",")]
    phases = {run_id: tracking.run_tags(run_id).get("phase") for run_id in given}
    if list(phases.values()) != ["main"]:
        if config.condition is not None:
            raise InputError(f"condition={config.condition!r} goes with one main run, not with {', '.join(given)}")
        return given
    conditions = {one["name"]: one["runs"] for one in tracking.read_json(given[0], CHAIN)["conditions"]}
    name = config.condition or (next(iter(conditions)) if len(conditions) == 1 else "")
    if name not in conditions:
        raise InputError(f"condition={name!r}: main run {given[0]} has {', '.join(conditions)}; name one")
    return [run_id for what, run_id in conditions[name].items() if what.startswith(("evaluate/", "retrieve"))]


def read_run(run_id: str, config: ExportConfig) -> Scored:
    """What a run left; InputError when it is no finished evaluation of the test split."""
    tags = tracking.run_tags(run_id)
    phase = tags.get("phase", "unknown")
    if phase not in ("evaluate", "retrieve") or tags.get("stilts.state") != "done":
        state = tags.get("stilts.state", "unknown")
        raise InputError(f"run {run_id} (phase {phase}, {state}): expected a finished evaluate or retrieve run")
    options = tracking.read_json(run_id, "config.json")
    if options["split"] != "test":
        raise InputError(f"run {run_id} scored the {options['split']} split; a submission is of test")
    data_dir = config.data_dir or options["data_dir"]
    if options["data"] == "files" and not Path(data_dir).is_dir():
        raise InputError(f"run {run_id}: its data_dir={data_dir!r} is not there; give data_dir")
    source = DataSource(options["data"], data_dir, int(options["max_examples"]))
    scores = tuple(score for score in tracking.read_scores(run_id) if score.task in XTREME.languages)
    files = {path.stem: path for path in prediction_files(f"runs:/{run_id}")}
    return Scored(run_id, source, scores, files, phase == "retrieve")


Cells = dict[tuple[str, str], Scored]
"""The run that has a task and language."""


def cells_of(scored: Sequence[Scored]) -> Cells:
    """Task and language -> run that has the benchmark's metrics of it; InputError when two runs have the same."""
    cells: Cells = {}
    for one in scored:
        for task, code in dict.fromkeys((score.task, score.language) for score in one.scores):
            metrics = {score.metric for score in one.scores if (score.task, score.language) == (task, code)}
            # BUCC without a dev set has only the score that was tuned on the test set.
            if code not in XTREME.languages[task] or not metrics.issuperset(METRICS_OF[task]):
                continue
            if (task, code) in cells:
                raise InputError(f"{task}/{code} is in two runs, {cells[task, code].run_id} and {one.run_id}; drop one")
            cells[task, code] = one
    return cells


def missing(cells: Cells) -> list[str]:
    """What a complete submission has and this one has not, a phrase a task."""
    found = []
    for task, languages in XTREME.languages.items():
        lacking = [code for code in languages if (task, code) not in cells]
        if lacking:
            every = "every language" if len(lacking) == len(languages) else ", ".join(lacking)
            found.append(f"{task}: {every}")
        caps = {cells[task, code].source.max_examples for code in languages if (task, code) in cells} - {0}
        if caps:
            found.append(f"{task}: all examples behind the first {min(caps)} of a language (max_examples)")
        expected = TASKS[task].expected.get("test") if task in TASKS else None
        counts = [score.n for score in scores_of(cells, task, "en")][:1]
        if expected and counts and counts[0] != expected and not caps:
            found.append(f"{task}: the official test set ({counts[0]} English examples, it has {expected})")
    return found


def scores_of(cells: Cells, task: str, language: str) -> list[Score]:
    """Scores of a cell; none where it is missing."""
    one = cells.get((task, language))
    return [score for score in one.scores if (score.task, score.language) == (task, language)] if one else []


def write_and_check(folder: Path, cells: Cells, gaps: Sequence[str]) -> float:
    """Write every file, read it again, score it; the largest difference to the runs' scores (points)."""
    largest = 0.0
    for (task, language), one in cells.items():
        path = folder / submission.file_name(task, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        examples = load_examples(TASKS[task], "test", language, one.source)
        text = submission.written(task, language, examples, rows_of(one, task, language, examples))
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
        again = submission.rescored(task, language, path.read_bytes().decode("utf-8"), examples)
        for metric in METRICS_OF[task]:
            stored = [score.value for score in scores_of(cells, task, language) if score.metric == metric]
            if not stored or not abs(again[metric] - stored[0]) <= TOLERANCE:
                raise InputError(
                    f"{path}: {metric} of the file is {again[metric]}, the score of run {one.run_id} is "
                    f"{stored[0] if stored else 'missing'}: this folder must not be submitted"
                )
            largest = max(largest, abs(again[metric] - stored[0]))
    if gaps:
        (folder / PARTIAL).write_text("Not a complete submission. Missing:\n" + "".join(f"{gap}\n" for gap in gaps))
    return largest


def rows_of(one: Scored, task: str, language: str, examples: Sequence[Any]) -> list[dict[str, Any]]:
    """Predictions of a task in one language; of evaluate they must be of these examples."""
    if task not in one.files:
        raise InputError(f"run {one.run_id} has scores of {task} and no predictions/{task}.parquet")
    path = one.files[task]
    if not one.is_retrieval:
        check_data(read_facts(path), language, examples, f"run {one.run_id}")
        return [row for row in read_rows(path) if row["language"] == language]
    import pyarrow.parquet

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return [row for row in rows if row["language"] == language]
