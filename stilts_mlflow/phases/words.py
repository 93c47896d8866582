"""Task lists in which a word stands for several tasks: what it brings in may be left out, what is named may not."""

from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick


def named(text: str) -> set[str]:
    """Names and words of a comma list as they stand there."""
    return {name.strip() for name in text.split(",")}


def tasks_of(text: str, split: str, source: DataSource, languages: str, *, retrieval: bool) -> list[Task]:
    """Tasks of a comma list; those of a benchmark that lack data, or all of the languages, are told and left out."""
    tasks = pick(TASKS, spelled_out(text, TASKS, retrieval=retrieval))
    kept = [task for task in tasks if task.name in named(text) or scored_in(task, split, source, languages)]
    if left := [task.name for task in tasks if task not in kept]:
        print(f"no {split} data ({source.backend}, languages {languages}), left out: {', '.join(left)}")
    return kept


def scored_in(task: Task, split: str, source: DataSource, languages: str) -> list[str]:
    """Languages with data, of those asked for."""
    found = available_languages(task, split, source)
    return [code for code in found if languages == "all" or code in named(languages)]
