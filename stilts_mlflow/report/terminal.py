"""The comparison on the terminal.

print_comparison(comparison)  # overview, then every target and retrieval task
"""

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from stilts_mlflow.report.benchmarks import benchmark_tables
from stilts_mlflow.report.comparison import Comparison
from stilts_mlflow.report.tables import Chance, Row, Table, Trend, metric_tables, overview, shown

COLOURS: dict[Trend, str] = {"better": "green", "worse": "red", "": "default"}


def print_comparison(comparison: Comparison, console: Console | None = None, chance: Chance | None = None) -> None:
    """Overview, benchmarks, and one table a task and metric; colour and width are the console's."""
    console = console or Console()
    tasks = [*comparison.targets(), *comparison.retrievals()]
    head = (overview(comparison), *benchmark_tables(comparison))
    for table in (*head, *metric_tables(comparison, tasks, chance)):
        console.print(rich_table(table))


def rich_table(table: Table) -> RichTable:
    """A Table for rich: averages below a line, differences green (better) or red."""
    notes = [f"Averages are over what every condition has: {table.note}"] if table.note else []
    note = " ".join([*notes, *table.remarks]) or None
    rich = RichTable(title=escape(table.title), caption=escape(note) if note else None, title_justify="left")
    rich.add_column(table.head)
    for column in table.columns:
        rich.add_column(escape(column.name), justify="right")
    for i, row in enumerate(table.rows):
        is_last_language = i + 1 < len(table.rows) and table.rows[i + 1].is_average and not row.is_average
        rich.add_row(escape(row.label), *_cells(table, row), end_section=is_last_language)
    return rich


def _cells(table: Table, row: Row) -> list[str]:
    return [
        f"[{COLOURS[row.trend(cell, column.kind)]}]{shown(cell, column.kind)}[/]"
        for cell, column in zip(row.cells, table.columns, strict=True)
    ]
