"""The table of all tasks.

from stilts_mlflow.tasks.tables import TASKS, task
task("xnli").languages
"""

from dataclasses import replace

from stilts_mlflow.errors import InputError, unknown
from stilts_mlflow.tasks.hub_sources import HUB
from stilts_mlflow.tasks.intermediate import INTERMEDIATE
from stilts_mlflow.tasks.low_resource import LOW_RESOURCE
from stilts_mlflow.tasks.pretraining import PRETRAINING
from stilts_mlflow.tasks.retrieval_tasks import RETRIEVAL
from stilts_mlflow.tasks.task import Task, table
from stilts_mlflow.tasks.translate_test import TRANSLATE_TEST
from stilts_mlflow.tasks.xtreme import XTREME
from stilts_mlflow.tasks.xtreme_r import XTREME_R

TARGETS = (*XTREME, *RETRIEVAL, *XTREME_R, *LOW_RESOURCE, *TRANSLATE_TEST)
"""What a model is tested on in many languages."""

TASKS: dict[str, Task] = {
    name: replace(row, hub=HUB.get(name, {})) for name, row in table(INTERMEDIATE, TARGETS, PRETRAINING).items()
}


def task(name: str) -> Task:
    """Row of a name; InputError with a guess for an unknown one."""
    if name not in TASKS:
        raise InputError(unknown("task", name, TASKS))
    return TASKS[name]
