"""Which splits a run of a task reads, and where each could come from."""

from collections.abc import Iterator

from stilts_mlflow.data.demo.world import DEMO_TASKS
from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import FileSource, HubSource, Task

SPLITS = ("train", "dev", "test")

Need = tuple[str, str, str]
"""Task, split and language."""


def has_data(task: Task, source: DataSource) -> bool:
    """Whether there are data of the task in any split and language."""
    return any(available_languages(task, split, source) for split in SPLITS)


def needs(task: Task, split: str, languages: str, source: DataSource) -> list[Need]:
    """English training and dev set of the task's head, and `split` in the languages that it is to be scored in.

    Of `all` languages those that are there; when none is, one of them, so that loading tells what was looked for. With
    it comes what trains first (XCOPA), the dev set that tunes a mining threshold, and the whole pool of a ranking.
    """
    trained = task.type not in ("masked_lm", "sentence_retrieval")
    first = TASKS[task.first] if task.first else None
    found: list[Need] = []
    for row in (first, task):
        if row and trained:
            found += [(row.trains_on, "train", "en"), (row.selects_on, "dev", "en")]
    own = split if split in task.files or available_languages(task, split, source) else "train"
    if own == "train" and trained:
        return found
    codes = available_languages(task, own, source) or ("en" if "en" in task.languages else task.languages[0],)
    if languages != "all" and task.metrics[0] != "map_at_20":
        codes = tuple(code.strip() for code in languages.split(",") if code.strip() in task.languages)
    if task.metrics[0] == "mining_f1" and own == "test":
        there = available_languages(task, "dev", source)
        found += [(task.name, "dev", code) for code in codes if code in there]
    return [*found, *((task.name, own, code) for code in codes)]


def all_needs(tasks: list[Task], split: str, languages: str, source: DataSource) -> list[Need]:
    """The needs of several tasks, each once."""
    return list(dict.fromkeys(need for task in tasks for need in needs(task, split, languages, source)))


def described(task: Task, source: DataSource) -> Iterator[str]:
    """Lines about a task: type, languages, licence, and for each backend where its splits would come from."""
    count = len(task.languages)
    yield f"{task.name}: {task.title}, {task.type}, {count} language{'s' * (count > 1)}: {' '.join(task.languages)}"
    yield f"  licence: {task.licence}"
    if task.parts:
        yield f"  parts:   {', '.join(task.parts)}, wherever these come from"
        return
    demo = DEMO_TASKS.get(task.name)
    yield f"  demo:    {', '.join(demo.sizes) if demo else 'none'}"
    for split, sources in task.files.items():
        yield f"  files:   {split}: {' | '.join(dict.fromkeys(map(file_place, sources)))}{there(task, split, source)}"
    for split, places in task.hub.items():
        yield f"  hub:     {split}: {' | '.join(dict.fromkeys(map(hub_place, places)))}"
    if not task.hub:
        yield "  hub:     none"


def there(task: Task, split: str, source: DataSource) -> str:
    """How many languages of a split lie under data_dir."""
    if source.backend != "files":
        return ""
    return f" ({len(available_languages(task, split, source))} of {len(task.languages)} languages are there)"


def file_place(source: FileSource) -> str:
    """Path with the label file beside."""
    return f"{source.path} with {source.labels}" if source.labels else source.path


def hub_place(source: HubSource) -> str:
    """Repository, configuration and split, without the branch: the try-list has each on two of them."""
    return f"{source.repo} {source.config}/{source.split}" if source.config else f"{source.repo} {source.split}"
