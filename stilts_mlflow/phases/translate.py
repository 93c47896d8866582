"""Make machine-translated training sets of intermediate tasks.

python -m entry_points.translate --model <folder or Hub id> --tasks mnli,squad_v1 --languages de,sw
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from stilts_mlflow import tracking
from stilts_mlflow.data.load import load_examples
from stilts_mlflow.errors import InputError, Preempted
from stilts_mlflow.languages import LANGUAGES, parse_languages
from stilts_mlflow.phases.encoder import identity
from stilts_mlflow.phases.translate_config import TranslateConfig
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.signals import Stop, stop_signals
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick
from stilts_mlflow.translation import folder as folders
from stilts_mlflow.translation.codes import is_spaced
from stilts_mlflow.translation.examples import translate_block
from stilts_mlflow.translation.translator import Translator

BATCHES_A_BLOCK = 4
"""Examples between two writes, times the batch size. Texts are sorted into batches inside a block only, so that a
resumed run has the same batches."""
ARTIFACT = "translations"


def translate(config: TranslateConfig) -> str:
    """Translate the English training sets of `config.tasks`; returns the run id. The artifact is `translations`."""
    tracking.connect(config.experiment)
    tasks = pick(TASKS, config.tasks)
    languages = parse_languages(config.languages, tuple(code for code in LANGUAGES if code != "en"))
    names = ",".join(task.name for task in tasks)
    inputs = inputs_of([(task, "train", "en") for task in tasks], source_of(config))
    uri = str(config.model)
    place = tracking.resolve_model(uri)
    parent = identity(uri, place)
    options = key_config(config, tasks=names, languages=languages)
    key = tracking.RunKey("translate", options, {"model": parent}, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        counts = translate_all(config, place, tasks, languages, folder / ARTIFACT, run.log)
        about = {"model": uri, "identity": parent, "source": "en", "data": config.data, "outcomes": counts}
        (folder / ARTIFACT / "about.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        run.log_folder(folder / ARTIFACT, ARTIFACT)

    return reuse_or_work(
        key,
        work,
        name=f"{names} in {','.join(languages)}",
        description=f"Training sets of {names} translated from English by {uri} ({config.data} data).",
        config=asdict(config) | {"tasks": names, "languages": ",".join(languages)},
        inputs=inputs,
        tags={"tasks": names, "languages": ",".join(languages), "model": uri, "parent.model": parent},
    )


def translate_all(
    config: TranslateConfig,
    place: Path | str,
    tasks: list[Task],
    languages: tuple[str, ...],
    folder: Path,
    log: Callable[[dict[str, float]], None],
) -> dict[str, dict[str, int]]:
    """Every task in every language, into `folder`; goes on where it was stopped. Counts by task and language."""
    from stilts_mlflow.optimization import make_accelerator

    with ExitStack() as stack:
        stop = stack.enter_context(stop_signals())
        accelerator = make_accelerator(config.precision, several_heads=False)
        translator = Translator(
            place,
            device=accelerator.device,
            beams=config.beams,
            max_length=config.max_length,
            batch_size=config.batch_size,
            check=lambda: preempt(stop),
            autocast=accelerator.autocast,
        )
        for code in languages:
            translator.to(code)  # a language that the model has not is told before hours of work
        counts = {}
        for task in tasks:
            examples = load_examples(task, "train", "en", source_of(config))
            for code in languages:
                path = folder / task.name / f"{code}.jsonl"
                translate_set(examples, translator.to(code), code, path, f"{task.name}/{code}")
                counts[f"{task.name}/{code}"] = told = summary(path, f"{task.name}/{code}")
                log({f"translate/{task.name}/{code}/{name}": float(value) for name, value in told.items()})
    return counts


def translate_set(examples: list[Example], translator: Translator, code: str, path: Path, label: str) -> None:
    """One task in one language, block by block; a block is written whole."""
    size = BATCHES_A_BLOCK * translator.batch_size
    done = folders.resume(path, size, len(examples))
    with tqdm(total=len(examples), initial=done, unit="example", desc=label, mininterval=1) as bar:
        for start in range(done, len(examples), size):
            block = examples[start : start + size]
            folders.append(path, translate_block(block, translator.translate, translator.fits, is_spaced(code)))
            bar.update(len(block))


def summary(path: Path, label: str) -> dict[str, int]:
    """Counts of a file: examples, kept and dropped ones, and answers by how they were found."""
    found = folders.outcomes(path)
    kept = sum(found[name] for name in ("kept", "alone", "marked"))
    if not kept:
        raise InputError(f"{label}: none of {found.total()} examples survived translation ({dict(found)})")
    return {
        "examples": found.total(),
        "kept": kept,
        "dropped": found.total() - kept,
        **{f"answer_{name}": found[name] for name in ("alone", "marked", "lost")},
    }


def preempt(stop: Stop) -> None:
    """End when a signal asked for it; what is written stays."""
    if stop.name:
        raise Preempted(f"{stop.name} during translation; the same command goes on from there")
