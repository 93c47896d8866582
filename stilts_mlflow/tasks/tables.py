"""The table of all tasks.

from stilts_mlflow.tasks.tables import TASKS, task
task("xnli").languages
"""

from stilts_mlflow.errors import InputError, unknown
from stilts_mlflow.tasks.intermediate import INTERMEDIATE, PAPER_TASKS
from stilts_mlflow.tasks.pretraining import PRETRAINING
from stilts_mlflow.tasks.task import Task, table
from stilts_mlflow.tasks.xtreme import XTREME

TASKS: dict[str, Task] = table(INTERMEDIATE, XTREME, PRETRAINING)


def intermediate_names(names: str) -> str:
    """The comma list; `all` stands for the nine intermediate tasks of the paper."""
    return ",".join(PAPER_TASKS) if names.strip() == "all" else names


def task(name: str) -> Task:
    """Row of a name; InputError with a guess for an unknown one."""
    if name not in TASKS:
        raise InputError(unknown("task", name, TASKS))
    return TASKS[name]
