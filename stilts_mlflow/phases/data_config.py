"""Options of the entry point `data`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.checks import language_problems
from stilts_mlflow.phases.options import DataOptions
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick


@dataclass(frozen=True, kw_only=True)
class DataConfig(DataOptions):
    """List the tasks and their sources, check the data that runs would need, or export them."""

    action: Literal["list", "check", "export"] = "list"
    """list: tasks and sources; check: load what runs would need; export: also write it to output_dir/exported."""
    tasks: str = "all"
    """Comma list of tasks, or all: those of which there are data."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        try:
            named = self.named()
        except InputError as error:
            yield str(error)
            return
        yield from language_problems(self.languages, ",".join(task.name for task in named))

    def named(self) -> list[Task]:
        """The tasks, all of the table for `all`; InputError for unknown ones."""
        return list(TASKS.values()) if self.tasks.strip() == "all" else pick(TASKS, spelled_out(self.tasks, TASKS))
