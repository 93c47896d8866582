"""Checks of option values: each yields one sentence a problem, so that all are told at once."""

from collections.abc import Iterator
from pathlib import Path

from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES, parse_languages
from stilts_mlflow.lora_settings import parse_layers, parse_targets
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import pick


def at_least(least: int, **values: int | None) -> Iterator[str]:
    """Sentences for values below `least`; None is not set."""
    for name, value in values.items():
        if value is not None and value < least:
            yield f"{name}={value}: expected {least} or more"


def positive(**values: float | None) -> Iterator[str]:
    """Sentences for values that are not above zero (or not finite); None is not set."""
    for name, value in values.items():
        if value is not None and not 0 < value < float("inf"):
            yield f"{name}={value}: expected a number above 0"


def not_negative(**values: float | None) -> Iterator[str]:
    """Sentences for values below zero (or not finite); None is not set."""
    for name, value in values.items():
        if value is not None and not 0 <= value < float("inf"):
            yield f"{name}={value}: expected 0 or a number above"


def shares(**values: float | None) -> Iterator[str]:
    """Sentences for values that are no share; None is not set."""
    for name, value in values.items():
        if value is not None and not 0 <= value < 1:
            yield f"{name}={value}: expected 0 or a number below 1"


def lora_problems(rank: int, layers: str | None, targets: str | None) -> Iterator[str]:
    """Sentences for a wrong range of layers or list of names, and for either without LoRA."""
    for name, value, parse in (("layers", layers, parse_layers), ("targets", targets, parse_targets)):
        if value is None:
            continue
        try:
            parse(value)
        except InputError as error:
            yield str(error)
        if rank == 0:
            yield f"lora_{name}={value!r} without LoRA: set lora_rank"


def task_problems(
    names: str,
    *,
    trainable: bool = False,
    retrieval: bool = False,
    every: tuple[str, ...] = (),
    benchmarks: bool = False,
) -> Iterator[str]:
    """Sentences for unknown tasks, and for tasks of the wrong kind.

    `every`: what `all` stands for. `benchmarks`: the words xtreme and xtreme_r may stand for tasks.
    """
    try:
        rows = pick(TASKS, spelled_out(names, TASKS, retrieval=retrieval) if benchmarks else names, every)
    except InputError as error:
        yield str(error)
        return
    for row in rows:
        is_retrieval = row.type == "sentence_retrieval"
        if retrieval and not is_retrieval:
            yield f"{row.name} is a {row.type} task: score it with evaluate"
        if not retrieval and is_retrieval:
            yield f"{row.name} is a sentence_retrieval task without a head: score it with retrieve"
        if trainable and not retrieval and not is_retrieval and not TASKS[row.trains_on].has_training_data:
            yield f"{row.name} has no training data"


def language_problems(languages: str, tasks: str | None) -> Iterator[str]:
    """Sentences for unknown languages and for languages that none of the tasks has."""
    try:
        rows = pick(TASKS, spelled_out(tasks, TASKS)) if tasks is not None else list(TASKS.values())
    except InputError:
        return  # reported by task_problems
    allowed = dict.fromkeys(code for row in rows for code in row.languages)
    try:
        parse_languages(languages, tuple(allowed))
    except InputError as error:
        yield f"{tasks or 'languages'}: {error}"


def gap_problems(languages: str, tasks: str) -> Iterator[str]:
    """Sentences for tasks that have none of the languages: found out at the end of a chain, it would be lost."""
    codes = {code.strip() for code in languages.split(",")}
    for name in dict.fromkeys(name.strip() for name in tasks.split(",")):
        if name in TASKS and languages != "all" and not codes & set(TASKS[name].languages):
            yield f"languages={languages!r}: {name} has none of them, leave it out"


def translate_problems(languages: str | None, translations: str | None) -> Iterator[str]:
    """Sentences for unknown languages, English among them, and for a folder of translations that is not there."""
    try:
        parse_languages(languages or "all", tuple(LANGUAGES))
    except InputError as error:
        yield f"translate: {error}"
    if "en" in (languages or "").split(","):
        yield "translate: en is what is translated; translate_mode=with_english adds it to the training"
    if translations is not None and languages is None:
        yield "translations is set and translate is not: name the languages, or all"
    if translations is not None and not translations.startswith("runs:/") and not Path(translations).is_dir():
        yield f"translations={translations!r} is not a folder"


def translatable_problems(names: str) -> Iterator[str]:
    """Sentences for tasks that cannot be translated."""
    kinds = {name: TASKS[name].type for name in map(str.strip, names.split(",")) if name in TASKS}
    for name, kind in kinds.items():
        if kind == "tagging":
            yield f"{name}: tags do not survive translation"
        elif kind == "masked_lm":
            yield f"{name}: raw text needs no translation"


def required_model(model: str | None) -> Iterator[str]:
    """Sentences for a missing model."""
    if model is None:
        yield "model is not set: give runs:/<target run>/checkpoint, models:/<name>@<alias> or a checkpoint folder"
    yield from folder_problems(model)


def folder_problems(model: str | None) -> Iterator[str]:
    """Sentences for a model folder that is not there or has no config.json."""
    if model is None or model.startswith(("runs:/", "models:/")):
        return
    path = Path(model).expanduser()
    looks_local = path.is_absolute() or model.startswith((".", "~")) or path.exists() or model.count("/") > 1
    if looks_local and not path.is_dir():
        yield f"model={model!r}: no such folder"
    elif looks_local and not (path / "config.json").is_file():
        yield f"model={model!r}: the folder has no config.json, so it is not a Hugging Face model or a checkpoint"
