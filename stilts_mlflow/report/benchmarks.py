"""XTREME and XTREME-R in the report: task and group scores, the average or what it lacks, families, scripts, gaps.

for table in benchmark_tables(comparison): ...
benchmark_metrics(comparison)  # {'benchmark/xtreme/qa/mnli': 61.2, ...}
"""

from collections.abc import Mapping

from stilts_mlflow.benchmark import (
    METRICS_OF,
    XTREME,
    XTREME_R,
    Benchmark,
    Result,
    figures,
    grouped,
    mean_of_cells,
    result_of,
)
from stilts_mlflow.report.comparison import Comparison, shared_languages
from stilts_mlflow.report.tables import Grid, Row, Table, mean
from stilts_mlflow.scores import PIVOT

Cell = tuple[str, str]
"""Task and language."""


def benchmark_tables(comparison: Comparison) -> list[Table]:
    """What the benchmarks make of the scores; nothing where no task of theirs was scored.

    XTREME-R's table comes when one of the tasks that only it has was scored.
    """
    scored = set(comparison.metrics())
    shown = [one for one in (XTREME, XTREME_R) if own_tasks(one) & scored]
    tables = [score_table(comparison, one) for one in shown]
    cells = cells_of(comparison)
    if cells and any(code != PIVOT for _, code in shared_cells(cells)):
        tables += [group_table(comparison, cells, "family", "By language family")]
        tables += [group_table(comparison, cells, "script", "By script")]
    return [*tables, *gap_tables(comparison, cells)]


def own_tasks(benchmark: Benchmark) -> set[str]:
    """Tasks by which a benchmark is known: XTREME's, and of XTREME-R those that XTREME has not."""
    return set(benchmark.tasks) - (set() if benchmark is XTREME else set(XTREME.tasks))


def results(comparison: Comparison, benchmark: Benchmark) -> dict[str, Result]:
    """Result by condition."""
    return {each.name: result_of(comparison.scores(each), benchmark) for each in comparison.conditions}


def benchmark_metrics(comparison: Comparison) -> dict[str, float]:
    """`benchmark/<benchmark>/<task, group or average>/<condition>`: complete ones only, and `partial` (see Result)."""
    metrics: dict[str, float] = {}
    for benchmark in (XTREME, XTREME_R):
        for condition, result in results(comparison, benchmark).items():
            found = {**result.tasks, **result.groups}
            found |= {"average": result.average} if result.average is not None else {}
            found |= {"partial": result.partial} if result.partial is not None else {}
            metrics |= {f"benchmark/{benchmark.name}/{what}/{condition}": value for what, value in found.items()}
    return metrics


def score_table(comparison: Comparison, benchmark: Benchmark) -> Table:
    """Task scores, group scores and the average; a task without all of its languages has none, and is told."""
    grid, found = Grid(comparison), results(comparison, benchmark)
    rows: list[Row] = []
    for group, members in benchmark.groups.items():
        rows += [grid.row(task, {name: one.tasks.get(task) for name, one in found.items()}) for task in members]
        rows.append(grid.row(group, {name: one.groups.get(group) for name, one in found.items()}, is_average=True))
    label = f"average of {len(benchmark.tasks)}"
    rows.append(grid.row(label, {name: one.average for name, one in found.items()}, is_average=True))
    if any(one.partial is not None for one in found.values()):
        rows.append(grid.row("mean of what is there", {n: one.partial for n, one in found.items()}, is_average=True))
    title = f"{benchmark.title}: the benchmark's task and group scores"
    return Table(title, "task", grid.columns(), tuple(rows), remarks=tuple(lacking(found, benchmark)))


def lacking(found: Mapping[str, Result], benchmark: Benchmark) -> list[str]:
    """Why there is no average, in sentences: once for the conditions that lack the same."""
    by_reason: dict[tuple[str, ...], list[str]] = {}
    for name, result in found.items():
        if result.missing:
            by_reason.setdefault(result.missing, []).append(name)
    told = [f"No average for {', '.join(names)}: {'; '.join(missing)}." for missing, names in by_reason.items()]
    counts = {one.cells for one in found.values() if one.partial is not None}
    return told + [
        f"The mean of what is there is over all {len(benchmark.tasks)} tasks, but over {there} of the {whole} pairs of "
        f"task and language: not comparable with {benchmark.title}'s figures."
        for there, whole in sorted(counts)
    ]


def cells_of(comparison: Comparison) -> dict[str, dict[Cell, float]]:
    """One figure a benchmark task and language, by condition."""
    tasks = [task for task in comparison.metrics() if task in METRICS_OF]
    return {
        each.name: {
            (task, code): value for task in tasks for code, value in figures(comparison.scores(each), task).items()
        }
        for each in comparison.conditions
    }


def shared_cells(cells: Mapping[str, Mapping[Cell, float]]) -> list[Cell]:
    """Cells that every condition has which has any, in the order of the first one."""
    filled = [values for values in cells.values() if values]
    return [cell for cell in filled[0] if all(cell in values for values in filled)] if filled else []


def group_table(comparison: Comparison, cells: Mapping[str, Mapping[Cell, float]], part: str, title: str) -> Table:
    """Means by family or script: of each task's languages, then of the tasks; English is left out."""
    grid, rows = Grid(comparison), []
    for name, members in grouped(shared_cells(cells), part).items():
        languages = sorted({code for _, code in members})
        values: dict[str, float | None] = {
            condition: mean_of_cells(found, members) if found else None for condition, found in cells.items()
        }
        rows.append(grid.row(f"{name} ({' '.join(languages)})", values))
    remark = (
        "Mean over the tasks of each task's mean over the languages of a row; English, the training language, is left "
        "out. Rows rest on different tasks: compare the columns, not the rows."
    )
    return Table(title, part, grid.columns(), tuple(rows), remarks=(remark,))


def gap_tables(comparison: Comparison, cells: Mapping[str, Mapping[Cell, float]]) -> list[Table]:
    """Transfer gap of every task that has English and another language: English minus the mean of the others."""
    grid, rows = Grid(comparison), []
    for task in dict.fromkeys(task for values in cells.values() for task, _ in values):
        by_condition = {name: of_task(values, task) for name, values in cells.items()}
        languages = shared_languages(by_condition)
        others = [code for code in languages if code != PIVOT]
        if PIVOT not in languages or not others:
            continue
        gaps: dict[str, float | None] = {
            name: values[PIVOT] - mean(values[code] for code in others) if values else None
            for name, values in by_condition.items()
        }
        rows.append(grid.row(f"{task} ({len(others)} languages)", gaps, is_gap=True))
    remark = "English minus the mean of the other languages; a smaller gap is better."
    return [Table("Transfer gaps", "task", grid.columns(), tuple(rows), remarks=(remark,))] if rows else []


def of_task(values: Mapping[Cell, float], task: str) -> dict[str, float]:
    """Figures of one task by language."""
    return {code: value for (name, code), value in values.items() if name == task}
