"""The built-in data: a small multilingual world of our own, generated the same way everywhere and at every time.

    rows("xnli", "test", "sw")  # raw rows with the Hub's column names; row i translates row i of any other language

Facts are split before they are told: no core event of dev or test is in the training data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stilts_mlflow.data.demo import (
    commonsense,
    consequence,
    deduction,
    inference,
    paraphrase,
    reading,
    scripts,
    tagging,
    texts,
)
from stilts_mlflow.data.demo.retrieval import mining_rows, passage_rows
from stilts_mlflow.errors import InputError, unknown

DEMO_LANGUAGES = ("en", "de", "es", "ru", "ar", "hi", "tr", "sw", "zh", "fi", "eu", "yo")
LOW_RESOURCE = frozenset({"eu", "yo"})
ENGLISH = ("en",)
FOREIGN = DEMO_LANGUAGES[1:]
MLQA = ("en", "de", "es", "ar", "hi", "zh")
TYDIQA = ("en", "ru", "ar", "sw", "fi")
XCOPA = ("tr", "sw", "zh")
"""Languages of the benchmarks that the demo world has."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class DemoTask:
    """Rows of each split (`sizes`), its languages, and the maker of rows: (split, language, count) -> rows."""

    make: Callable[[str, str, int], Rows]
    sizes: dict[str, int]
    languages: dict[str, tuple[str, ...]]


def _english(train: int, dev: int) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    return {"train": train, "dev": dev}, {"train": ENGLISH, "dev": ENGLISH}


def _zero_shot(train: int, dev: int, test: int) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    sizes = {"train": train, "dev": dev, "test": test}
    return sizes, {"train": ENGLISH, "dev": DEMO_LANGUAGES, "test": DEMO_LANGUAGES}


def _nli(task: str) -> Callable[[str, str, int], Rows]:
    # Both train on the same pairs, as XNLI does on MNLI.
    return lambda split, language, count: inference.rows("nli" if split == "train" else task, split, language, count)


def _own_nli(task: str) -> Callable[[str, str, int], Rows]:
    """NLI with pairs of its own."""
    return lambda split, language, count: inference.rows(task, split, language, count)


def _reading(task: str) -> Callable[[str, str, int], Rows]:
    return lambda split, language, count: reading.rows(
        "squad" if task != "squad_v2" and split == "train" else task, split, language, count
    )


def _only_tested(languages: tuple[str, ...]) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    return {"dev": 300, "test": 200}, {"dev": languages, "test": languages}


def _asked_in_english(split: str, language: str, count: int) -> Rows:
    """MLQA's contexts, asked about in English."""
    return reading.rows("mlqa", split, language, count, asked_in="en")


def _tydiqa(split: str, language: str, count: int) -> Rows:
    """Training questions of its own."""
    return reading.rows("tydiqa", split, language, count)


def _tags(task: str) -> Callable[[str, str, int], Rows]:
    return lambda split, language, count: tagging.rows(task, split, language, count)


DEMO_TASKS: dict[str, DemoTask] = {
    "mnli": DemoTask(_nli("mnli"), *_english(6000, 300)),
    "xnli": DemoTask(_nli("xnli"), *_zero_shot(6000, 300, 300)),
    "snli": DemoTask(_own_nli("snli"), *_english(2400, 300)),
    "anli_r1": DemoTask(_own_nli("anli_r1"), *_english(2100, 300)),
    "anli_r2": DemoTask(_own_nli("anli_r2"), *_english(2100, 300)),
    "anli_r3": DemoTask(_own_nli("anli_r3"), *_english(2100, 300)),
    "qqp": DemoTask(paraphrase.question_rows, *_english(3000, 300)),
    "pawsx": DemoTask(paraphrase.rows, *_zero_shot(4000, 300, 300)),
    "squad_v1": DemoTask(_reading("squad_v1"), *_english(6000, 300)),
    "squad_v2": DemoTask(_reading("squad_v2"), *_english(4000, 300)),
    "xquad": DemoTask(_reading("xquad"), *_zero_shot(6000, 300, 200)),
    "mlqa": DemoTask(_reading("mlqa"), *_only_tested(MLQA)),
    "mlqa_q_en": DemoTask(_asked_in_english, *_only_tested(MLQA[1:])),
    "tydiqa": DemoTask(
        _tydiqa, {"train": 3000, "dev": 300, "test": 200}, {"train": ENGLISH, "dev": ENGLISH, "test": TYDIQA}
    ),
    "xcopa": DemoTask(consequence.rows, *_only_tested(XCOPA)),
    "hellaswag": DemoTask(scripts.rows, *_english(3000, 300)),
    "cosmos_qa": DemoTask(deduction.rows, *_english(2500, 300)),
    "commonsense_qa": DemoTask(commonsense.kind_rows, *_english(2500, 300)),
    "social_iqa": DemoTask(commonsense.people_rows, *_english(2500, 300)),
    "copa": DemoTask(commonsense.cause_rows, *_english(2000, 300)),
    "ccg": DemoTask(_tags("ccg"), *_english(3000, 300)),
    "udpos": DemoTask(_tags("udpos"), *_zero_shot(3000, 300, 300)),
    "panx": DemoTask(_tags("panx"), *_zero_shot(3000, 300, 300)),
    "tatoeba": DemoTask(texts.retrieval_rows, {"dev": 250, "test": 250}, {"dev": FOREIGN, "test": FOREIGN}),
    "bucc2018": DemoTask(mining_rows, {"dev": 300, "test": 400}, dict.fromkeys(("dev", "test"), ("de", "ru", "zh"))),
    "lareqa": DemoTask(passage_rows, {"test": 400}, {"test": ("en", "de", "es", "ru", "ar", "hi", "tr", "zh")}),
    "bitext": DemoTask(texts.bitext_rows, {"train": 2500}, {"train": FOREIGN}),
    "masked_lm": DemoTask(
        texts.raw_rows, {"train": 3000, "dev": 300}, {"train": DEMO_LANGUAGES, "dev": DEMO_LANGUAGES}
    ),
}
"""Tasks by the names of `stilts_mlflow.tasks`."""


PARALLEL = ("mnli", "snli", "anli_r1", "anli_r2", "anli_r3", "xnli", "pawsx", "squad_v1", "squad_v2", "xquad")
"""Tasks whose training rows can be told in every language; the others have words for English only."""


def translated_languages(task: str) -> tuple[str, ...]:
    """Languages in which the training rows of a task can be told."""
    return DEMO_LANGUAGES if task in PARALLEL else ()


def translated_rows(task: str, language: str) -> Rows:
    """The training rows told in another language: row i means the same as row i of the English ones."""
    if language not in translated_languages(task):
        known = ", ".join(translated_languages(task)) or "English alone"
        raise InputError(f"demo data, {task}: no training rows in language {language!r}; they can be told in {known}")
    return DEMO_TASKS[task].make("train", language, DEMO_TASKS[task].sizes["train"])


def training_languages(task: str) -> tuple[str, ...]:
    """Languages with training data; none for a task that is only tested."""
    if task not in DEMO_TASKS:
        raise InputError(unknown("demo task", task, DEMO_TASKS))
    return DEMO_TASKS[task].languages.get("train", ())


def rows(task: str, split: str, language: str) -> Rows:
    """Raw rows, fresh at every call; InputError for a task, split or language that the demo world does not have."""
    if task not in DEMO_TASKS:
        raise InputError(unknown("demo task", task, DEMO_TASKS))
    found = DEMO_TASKS[task]
    if split not in found.sizes:
        raise InputError(f"demo data, {task}: no split {split!r}; splits: {', '.join(found.sizes)}")
    if language not in found.languages[split]:
        known = ", ".join(found.languages[split])
        raise InputError(f"demo data, {task}/{split}: no language {language!r}; languages: {known}")
    count = found.sizes[split]
    scarce = language in LOW_RESOURCE and task in ("bitext", "masked_lm") and split == "train"
    return found.make(split, language, count // 5 if scarce else count)
