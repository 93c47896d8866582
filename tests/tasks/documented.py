"""docs/tasks.md from the table: `python -m tests.tasks.documented` writes it."""

from stilts_mlflow.tasks.tables import TARGETS, TASKS
from stilts_mlflow.tasks.task import Task
from tests.conftest import ROOT

PATH = ROOT / "docs" / "tasks.md"
HEAD = """# Targets

What a model is tested on, row by row (`stilts_mlflow/tasks/`). This file is made from the rows
(`python -m tests.tasks.documented`), and a test compares both. Languages are those of XTREME and XTREME-R together; a
benchmark's own lists decide what its averages are over. `train`: the task whose English data train the head, after
another one where an arrow says so; tasks with the same `train` and `selects on` share one target run. Numbers behind
splits are examples of the English part of the official distribution. Sources are tried in the order given.
"""


def targets() -> str:
    """The whole document."""
    lines = ["| task | title | languages | splits | train | selects on | metrics |", "|---|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(what(TASKS[row.name]))} |" for row in TARGETS]
    places = ["| task | original files | Hugging Face Hub | licence | citation |", "|---|---|---|---|---|"]
    places += [f"| {' | '.join(where(TASKS[row.name]))} |" for row in TARGETS]
    return "\n".join([HEAD, *lines, "", "## Sources", "", *places, ""])


def what(row: Task) -> list[str]:
    """Cells of the first table."""
    splits = ", ".join(f"{split} {row.expected[split]:,}" if split in row.expected else split for split in row.files)
    train = f"{row.first} -> {row.trains_on}" if row.first else row.trains_on
    trained = row.type != "sentence_retrieval"
    return [
        f"`{row.name}`",
        row.title,
        f"{len(row.languages)}: {' '.join(row.languages)}",
        splits,
        train if trained else "none",
        row.selects_on if trained else "none",
        ", ".join(row.metrics),
    ]


def where(row: Task) -> list[str]:
    """Cells of the second table."""
    paths = dict.fromkeys(source.path for split in row.files.values() for source in split)
    repos = dict.fromkeys(source.repo for split in row.hub.values() for source in split)
    files = ", ".join(f"`{path}`" for path in paths)
    return [f"`{row.name}`", files, ", ".join(f"`{repo}`" for repo in repos) or "none", row.licence, row.citation]


if __name__ == "__main__":
    PATH.write_text(targets(), encoding="utf-8")
