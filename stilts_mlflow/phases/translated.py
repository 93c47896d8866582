"""The options `translate*` of a training: which training sets come in translation, and what the run says of them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, Translated
from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES, parse_languages
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.work import source_of
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.translation.sources import AS_THEY_ARE, origin_of, train_languages


def training_source(config: IntermediateConfig) -> DataSource:
    """Where the data come from, translated when `translate` says so."""
    source = source_of(config)
    if config.translate is None:
        return source
    allowed = tuple(code for code in LANGUAGES if code != "en")
    languages = None if config.translate == "all" else parse_languages(config.translate, allowed)
    folder = None if config.translations is None else str(translations_folder(config.translations))
    return replace(source, translated=Translated(languages, config.translate_mode == "with_english", folder))


def translations_folder(uri: str) -> Path:
    """Folder of the option `translations`."""
    if re.fullmatch(r"runs:/\w+/?", uri):
        uri = f"{uri.rstrip('/')}/translations"
    try:
        place = tracking.resolve_model(uri)
    except InputError as error:
        raise InputError(str(error).replace("model=", "translations=", 1)) from error
    if isinstance(place, str):
        raise InputError(f"translations={uri!r} is not a folder; give one, or runs:/<translate run>/translations")
    return place


def resolved(tasks: Sequence[Task], source: DataSource) -> dict[str, list[str]]:
    """Languages of the training data by translated task; InputError where there is nothing to translate."""
    if source.translated is None:
        return {}
    found = {task.name: list(train_languages(task, source)) for task in tasks if task.type not in AS_THEY_ARE}
    if not found:
        raise InputError(f"translate: none of {', '.join(task.name for task in tasks)} is translated")
    return found


def tags_of(config: IntermediateConfig, tasks: Sequence[Task], source: DataSource) -> dict[str, str]:
    """What the run says of its translations: languages, mode, where each comes from."""
    found = resolved(tasks, source)
    if not found:
        return {}
    by_name = {task.name: task for task in tasks}
    places = [
        f"{name}/{code}: {origin_of(by_name[name], code, source)}"
        for name, codes in found.items()
        for code in codes
        if code != "en"
    ]
    tags = {
        "translate": ",".join(dict.fromkeys(code for codes in found.values() for code in codes if code != "en")),
        "translate.mode": config.translate_mode,
        "translate.origin": "; ".join(places)[:5000],
    }
    return tags | ({"parent.translations": config.translations} if config.translations else {})
