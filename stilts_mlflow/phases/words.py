"""Task lists in which a word stands for several tasks: what it brings in may be left out, what is named may not."""

from collections.abc import Sequence

from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.data.load import DataSource, available_languages, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick

Scored = list[tuple[Task, tuple[str, ...]]]
"""Tasks with the languages to score."""


def named(text: str) -> set[str]:
    """Names and words of a comma list as they stand there."""
    return {name.strip() for name in text.split(",")}


def tasks_of(text: str, split: str, source: DataSource, languages: str, *, retrieval: bool) -> Scored:
    """Tasks of a comma list with their languages, as `scored`; before anything is trained or loaded."""
    return scored(pick(TASKS, spelled_out(text, TASKS, retrieval=retrieval)), named(text), split, source, languages)


def scored(tasks: Sequence[Task], given: set[str], split: str, source: DataSource, languages: str) -> Scored:
    """Languages of each task: of `all` those with data, of a list those that the task has.

    InputError when a task of `given` lacks data in one of them. Of other tasks (a benchmark's, or all of a head's)
    languages without data are left out, the task too when none is left; what is left out is told.
    """
    found, left = [], []
    for task in tasks:
        there = available_languages(task, split, source)
        asked = there if languages == "all" else tuple(code for code in task.languages if code in named(languages))
        lacking = [code for code in asked if code not in there]
        if task.name in given and lacking:
            load_examples(task, split, lacking[0], source)  # says what it looked for
        if task.name in given and (lacking or (languages == "all" and not there)):
            where = ", ".join(lacking) or "any language"
            raise InputError(f"{task.name}/{split}: no data in {where} ({source.backend}, {source.data_dir})")
        codes = tuple(code for code in asked if code in there)
        if codes or task.name in given:
            found.append((task, codes))
        if not codes and task.name not in given:
            left.append(task.name)
        elif lacking:
            left.append(f"{task.name} in {', '.join(lacking)}")
    if left:
        print(f"no {split} data ({source.backend}, languages {languages}), left out: {'; '.join(left)}")
    return found
