"""Task: one row says everything that makes a benchmark that benchmark.

Nothing about a model or training is in it, and importing it needs neither torch nor mlflow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stilts_mlflow.errors import InputError, unknown
from stilts_mlflow.tasks.examples import Example

Row = Mapping[str, Any]
"""A raw record with the column names of the Hugging Face Hub's data set, whatever it was read from."""

TaskTypeName = Literal[
    "classification", "multiple_choice", "tagging", "question_answering", "masked_lm", "sentence_retrieval"
]
Split = Literal["train", "dev", "test", "translated"]
"""`translated`: the training set in machine translation."""


@dataclass(frozen=True)
class FileSource:
    """One place where a split may lie in its original distribution; a row lists several, the first found serves.

    `path` is relative to the data folder and may hold `{lang}`, `{iso3}`, `{name}` (English name of the
    language), `{code}` (what this source calls the language: `codes`, else `{lang}`) and `*`; several matches are read
    in sorted order. `labels` names a file with one label a line that belongs to the rows of `path` (XTREME's test files
    are label-less). `where` keeps the rows whose columns have these values (a file that holds several languages).
    `options` are those of the format, and may hold the same names; with `folders`, only files in folders of these
    names count.
    """

    path: str
    format: str
    columns: tuple[str, ...] = ()
    labels: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_multilingual(self) -> bool:
        """Whether the place depends on the language; what has no language in its name is English."""
        texts = [self.path, *(text for text in self.options.values() if isinstance(text, str))]
        return bool(self.where) or any("{" in text for text in texts)


@dataclass(frozen=True)
class HubSource:
    """One place on the Hugging Face Hub where a split may lie; a row lists several, the first that serves wins.

    `config` and the values of `where` may hold `{lang}`, `{iso3}`, `{name}` and `{code}` (what the repository calls the
    language: `codes`, else `{lang}`); `prefix` too (compared without case):
    it keeps the rows whose `id` begins so. `revision`: branch or commit; None is main. `columns` renames (Hub ->
    reader), `labels` gives the names of label columns in the Hub's order, checked where the Hub tells them itself.
    `shape`: how rows are put into the order and form of the original files (`data/hub_rows.py`). `lacks`: languages
    of the task that the repository does not have in this split; `languages`: the only ones, if not the task's.
    `questions`: a configuration whose `question` is right where this one's is not (XCOPA), joined by `idx`.
    """

    repo: str
    config: str = ""
    split: str = ""
    revision: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    shape: Literal["", "numbered", "aligned", "mined"] = ""
    lacks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    questions: str = ""

    @property
    def is_multilingual(self) -> bool:
        """Whether it is for other languages than English: those that it lists or that its place names."""
        return bool(self.languages) or any("{" in text for text in (self.config, self.prefix, *self.where.values()))


@dataclass(frozen=True)
class Task:
    """A benchmark.

    `languages`: codes in which the task can be evaluated. `train_languages`: those with training data.
    `labels`: fixed label set in the order of the head's outputs; empty: taken from the training data (CCG).
    `metrics`: names in `stilts_mlflow.metrics`; the first is the major one.
    `trains_on`: the task whose English training set and head this one uses (xnli -> mnli, xquad -> squad_v1).
    `first`: the task whose target training comes first: this one goes on from its encoder and head (xcopa, which
    trains on COPA: social_iqa).
    `selects_on`: the task whose English dev set selects checkpoints and hyper-parameters.
    `reader`: turns a raw row into an Example, or None for a row that the protocol drops (counted and reported).
    `translated`: machine translations of the English training set, served only when asked for (translation/sources.py).
    `parts`: tasks whose examples together are this one's; such a row has no files of its own (anli_plus).
    `may_lack_answer`: questions may have no answer in their context, and predictions be empty (squad_v2).
    `unique_ids`: ids name the rows, across languages or in files of predictions; one that repeats is an error (those of
    questions always are), where others are replaced by places.
    `missing`: what to do when no file is there, where "download it" is not enough.
    `hub`: where the splits lie on the Hugging Face Hub (`tasks/hub_sources.py`).
    `expected`: examples of the official distribution per split, in English (a warning when the data found differ).
    """

    name: str
    type: TaskTypeName
    languages: tuple[str, ...]
    metrics: tuple[str, ...]
    reader: Callable[[Row], Example | None]
    files: Mapping[Split, tuple[FileSource, ...]]
    labels: tuple[str, ...] = ()
    train_languages: tuple[str, ...] = ("en",)
    trains_on: str = ""
    selects_on: str = ""
    first: str = ""
    translated: tuple[FileSource, ...] = ()
    parts: tuple[str, ...] = ()
    may_lack_answer: bool = False
    unique_ids: bool = False
    missing: str = ""
    hub: Mapping[Split, tuple[HubSource, ...]] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)
    title: str = ""
    licence: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "trains_on", self.trains_on or self.name)
        object.__setattr__(self, "selects_on", self.selects_on or self.name)
        object.__setattr__(self, "unique_ids", self.unique_ids or self.type == "question_answering")

    @property
    def has_training_data(self) -> bool:
        """Whether there are places for a training split."""
        return bool(self.parts) or "train" in self.files

    def check_language(self, language: str) -> None:
        """Raise InputError when the task has no data in `language`."""
        if language not in self.languages:
            raise InputError(f"{self.name}: no data in language {language!r}; languages: {', '.join(self.languages)}")


def words(text: str) -> tuple[str, ...]:
    """A row of short names, such as language codes."""
    return tuple(text.split())


def table(*groups: tuple[Task, ...]) -> dict[str, Task]:
    """Rows by name; a name that occurs twice raises."""
    rows: dict[str, Task] = {}
    for task in (task for group in groups for task in group):
        if task.name in rows:
            raise ValueError(f"task {task.name!r} is declared twice")
        rows[task.name] = task
    return rows


def pick(rows: Mapping[str, Task], names: str, every: tuple[str, ...] = ()) -> list[Task]:
    """Tasks of a comma list, in its order; unknown or repeated names raise InputError.

    `every`: what the word `all` stands for, where it stands for something (`all,masked_lm`).
    """
    given = [name.strip() for name in names.split(",") if name.strip()]
    wanted = [each for name in given for each in (every if name == "all" and every else (name,))]
    for name in wanted:
        if name not in rows:
            raise InputError(unknown("task", name, rows))
        if wanted.count(name) > 1:
            raise InputError(f"task {name!r} is listed twice in {names!r}")
    if not wanted:
        raise InputError(f"no task in {names!r}; known: {', '.join(sorted(rows))}")
    return [rows[name] for name in wanted]
