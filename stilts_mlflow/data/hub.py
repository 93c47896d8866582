"""Backend `hub`: the Hugging Face Hub through `datasets`. It arrives with the intermediate tasks' Hub sources."""

from typing import Any

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import Task


def rows(task: Task, split: str, language: str) -> list[dict[str, Any]]:
    """Always an InputError in this version."""
    raise InputError(f"{task.name}/{language}/{split}: data=hub is not in this version; use data=files or data=demo")
