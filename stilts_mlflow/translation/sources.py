"""Training sets in translation: which languages there are, and where the rows come from.

With `DataSource.translated` set, `train_languages` and `training_examples` take the place of a task's own English
training set; without it nothing changes, so that MultiNLI never becomes German training data unasked. Dev sets stay
English. Looked for in this order: the folder that was named, then what the backend has (the demo world says its rows
in any of its languages; original distributions of machine translations, `Task.translated`).
"""

from pathlib import Path

from stilts_mlflow.data import files, hub
from stilts_mlflow.data.demo import world
from stilts_mlflow.data.files import TRANSLATED
from stilts_mlflow.data.load import DataSource, load_examples, load_translated, served
from stilts_mlflow.data.origin import Served
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation import folder
from stilts_mlflow.translation.examples import TRANSLATABLE

AS_THEY_ARE = ("masked_lm", "sentence_retrieval")
"""Task types whose data are multilingual already."""


def train_languages(task: Task, source: DataSource) -> tuple[str, ...]:
    """Languages of the training data of a task, by the options of `source`; InputError for one that cannot be had."""
    wanted = source.translated
    if wanted is None or task.type in AS_THEY_ARE:
        return task.train_languages
    if task.type not in TRANSLATABLE:
        raise InputError(f"{task.name}: tags do not survive translation; take {task.name} out of the tasks")
    languages = wanted.languages or available(task, source)
    if not languages:
        raise InputError(missing(task, "any language", source))
    for language in languages:
        origin_of(task, language, source)
    return (*(task.train_languages if wanted.with_english else ()), *languages)


def training_examples(task: Task, language: str, source: DataSource) -> list[Example]:
    """The training set of a task in one of its `train_languages`."""
    if source.translated is None or task.type in AS_THEY_ARE or language == "en":
        return load_examples(task, "train", language, source)
    return translated_examples(task, language, source)


def training_place(task: Task, language: str, source: DataSource) -> Served:
    """Where they come from."""
    if source.translated is None or task.type in AS_THEY_ARE or language == "en":
        return served(task, "train", language, source)
    path = named_file(task, language, source)
    return served(task, TRANSLATED, language, source) if path is None else Served("files", str(path), 0)


def translated_examples(task: Task, language: str, source: DataSource) -> list[Example]:
    """The training set in translation, capped as usual."""
    path = named_file(task, language, source)
    if path is None:
        origin_of(task, language, source)
        return load_translated(task, language, source)
    examples = list(folder.read(path, task))
    if not examples:
        raise InputError(f"{task.name}/{language}: {path} has no examples")
    return examples[: source.max_examples or None]


def origin_of(task: Task, language: str, source: DataSource) -> str:
    """Where the rows come from, in words; InputError that says what was looked for."""
    if path := named_file(task, language, source):
        return f"{path.parent.name}/{path.name} of the translations given"
    if language in own_languages(task, source):
        if source.backend == "demo":
            return "demo world"
        if source.backend == "hub":
            return served(task, TRANSLATED, language, source).place
        found = files.origin(task, TRANSLATED, language, str(source.data_dir))
        return ", ".join(Path(path).name for path, _, _ in found)
    raise InputError(missing(task, language, source))


def available(task: Task, source: DataSource) -> tuple[str, ...]:
    """Languages in which the training set can be had, in the order of the language table."""
    known = own_languages(task, source)
    if source.translated is not None and source.translated.folder is not None:
        known |= folder.languages_in(Path(source.translated.folder), task)
    return tuple(code for code in LANGUAGES if code in known and code != "en")


def own_languages(task: Task, source: DataSource) -> set[str]:
    """Languages that the backend has; of a whole those of all its parts."""
    if task.parts:
        return set.intersection(*(own_languages(TASKS[name], source) for name in task.parts))
    if source.backend == "demo":
        return set(world.translated_languages(task.name))
    if source.backend == "files" and source.data_dir is not None:
        return {code for code in LANGUAGES if files.is_there(task, TRANSLATED, code, source.data_dir)}
    return {code for code in LANGUAGES if hub.sources(task, TRANSLATED, code)}


def named_file(task: Task, language: str, source: DataSource) -> Path | None:
    """The file in the folder that was named, if there is one."""
    named = source.translated.folder if source.translated is not None else None
    return folder.file_of(Path(named), task, language) if named is not None else None


def missing(task: Task, language: str, source: DataSource) -> str:
    """What was looked for, and what to do."""
    looked = []
    if source.translated is not None and source.translated.folder is not None:
        looked.append(f"{task.name}/{language}.jsonl in {source.translated.folder}")
    if source.backend == "demo":
        known = ", ".join(code for code in world.translated_languages(task.name) if code != "en") or "none"
        looked.append(f"the demo world (languages of {task.name}: {known})")
    elif source.backend == "files" and language in LANGUAGES:
        looked += files.wanted(task, TRANSLATED, language)
    else:
        looked += [place.path for place in task.translated] or [f"data={source.backend}, which has none"]
    return (
        f"{task.name}/{language}: no machine-translated training set; looked for {', '.join(looked)}; make one with "
        f"the entry point translate (tasks={task.name}) and give translations=runs:/<its run>/translations"
    )
