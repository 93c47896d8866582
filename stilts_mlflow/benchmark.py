"""XTREME and XTREME-R as tables: tasks, languages, groups, and the scores that the benchmarks make of them.

    result = result_of(scores, XTREME)
    result.average   # None unless all nine tasks are there in all their languages; result.missing says what is not

Source: google-research/xtreme `evaluate.py` (`XTREME_TASK2LANGS`, `XTREME_R_TASK2LANGS`, the `GROUP2TASK` tables and
`evaluate`): a task's score is the unweighted mean over its languages, English included, of its metric, for question
answering (mean exact match + mean F1) / 2; a group's score the mean of its tasks; the average that of all tasks.

Where XTREME-R's script stops short, this is ours: it lists XCOPA twice, in the groups classification and multiple
choice, and LAReQA in none and without languages, so that it never prints an average. Here the average is the mean of
the ten tasks of Ruder et al. 2021, XCOPA is classification, and LAReQA is retrieval in the 11 languages of XQuAD-R.

Everything here is strings: a task need not be in the table of tasks.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stilts_mlflow.errors import InputError
from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.scores import PIVOT, Score, by_language, in_order


@dataclass(frozen=True)
class Benchmark:
    """`languages`: task -> the codes in which it counts. `groups`: group -> its tasks, together all of them."""

    name: str
    title: str
    languages: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, group by group."""
        return tuple(task for members in self.groups.values() for task in members)


METRICS_OF: dict[str, tuple[str, ...]] = {
    "xnli": ("accuracy",),
    "pawsx": ("accuracy",),
    "xcopa": ("accuracy",),
    "udpos": ("pos_f1",),
    "panx": ("span_f1",),
    "xquad": ("exact_match", "f1"),
    "mlqa": ("mlqa_exact_match", "mlqa_f1"),
    "tydiqa": ("exact_match", "f1"),
    "bucc2018": ("mining_f1",),
    "tatoeba": ("accuracy",),
    "lareqa": ("map_at_20",),
    "mewslix": ("map_at_20",),
}
"""The metrics of which a task's score is the mean."""


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_XNLI = _codes("ar bg de el en es fr hi ru sw th tr ur vi zh")
_PANX = _codes(
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk tr et "
    "fi hu"
)
_UDPOS = _codes("af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh")
_TATOEBA = _codes(
    "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
)
_XQUAD = _codes("en es de el ru tr ar vi th zh hi")
_MLQA = _codes("en es de ar hi vi zh")
_TYDIQA = _codes("en ar bn fi id ko ru sw te")

XTREME = Benchmark(
    name="xtreme",
    title="XTREME",
    languages={
        "pawsx": _codes("de en es fr ja ko zh"),
        "xnli": _XNLI,
        "udpos": _UDPOS,
        "panx": _PANX,
        "xquad": _XQUAD,
        "mlqa": _MLQA,
        "tydiqa": _TYDIQA,
        "bucc2018": _codes("de fr ru zh"),
        "tatoeba": _TATOEBA,
    },
    groups={
        "classification": ("pawsx", "xnli"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("bucc2018", "tatoeba"),
    },
)
XTREME_R = Benchmark(
    name="xtreme_r",
    title="XTREME-R",
    languages={
        "xnli": _XNLI,
        "xcopa": _codes("et ht id it qu sw ta th tr vi zh"),
        "udpos": (*_UDPOS, *_codes("lt pl uk wo ro")),
        "panx": (*_PANX, *_codes("qu pl uk az lt pa gu ro")),
        "xquad": (*_XQUAD, "ro"),
        "mlqa": _MLQA,
        "tydiqa": _TYDIQA,
        "tatoeba": (*_TATOEBA, *_codes("az lt pl uk ro")),
        "mewslix": _codes("ar de en es fa ja pl ro ta tr uk"),
        "lareqa": _XQUAD,
    },
    groups={
        "classification": ("xnli", "xcopa"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("tatoeba", "mewslix", "lareqa"),
    },
)
BENCHMARKS = {one.name: one for one in (XTREME, XTREME_R)}


@dataclass(frozen=True)
class Result:
    """Points. `tasks` and `groups` have what is complete; `average` is None unless everything is.

    `missing`: one sentence a task that is not there in all its languages. `partial`: the mean over all tasks of each
    one's mean over the languages that are there, where something is missing but no task as a whole; not the
    benchmark's figure. `cells`: task-language pairs that are there, and those of the benchmark.
    """

    tasks: Mapping[str, float]
    groups: Mapping[str, float]
    average: float | None
    missing: tuple[str, ...]
    partial: float | None = None
    cells: tuple[int, int] = (0, 0)


def spelled_out(names: str, known: Collection[str], retrieval: bool | None = None) -> str:
    """A comma list with the words `xtreme` and `xtreme_r` replaced by the benchmark's tasks that are `known`.

    `retrieval`: only its retrieval tasks, or only the others; None: both. What a word brings in comes once; a name
    that is listed twice stays twice, for `pick` to complain.
    """
    given = [name.strip() for name in names.split(",") if name.strip()]
    found: list[str] = []
    for name in given:
        if name not in BENCHMARKS:
            found.append(name)
            continue
        for group, members in BENCHMARKS[name].groups.items():
            is_wanted = retrieval is None or retrieval == (group == "retrieval")
            found += [task for task in members if is_wanted and task in known and task not in (*found, *given)]
    return ",".join(found)


def task_result(scores: Iterable[Score], benchmark: Benchmark, task: str) -> float:
    """Score of a task over all its languages; other languages and metrics do not count.

    Raises InputError that names the languages or metrics that are missing, and for a language with two values.
    """
    if task not in benchmark.languages:
        raise InputError(f"{benchmark.title} has no task {task!r}; its tasks: {', '.join(benchmark.tasks)}")
    mine, means = [score for score in scores if score.task == task], []
    wanted = benchmark.languages[task]
    if not mine:
        raise InputError(f"{task}: not scored")
    for metric in METRICS_OF[task]:
        try:
            values = by_language(mine, task, metric)
        except ValueError as error:
            raise InputError(str(error)) from error
        lacking = [code for code in wanted if code not in values]
        if lacking:
            some = f"{', '.join(lacking[:12])}{' ...' if len(lacking) > 12 else ''}"
            raise InputError(f"{task}: {metric} is missing in {len(lacking)} of {len(wanted)} languages ({some})")
        means.append(_mean(values[code] for code in wanted))
    return _mean(means)


def result_of(scores: Iterable[Score], benchmark: Benchmark) -> Result:
    """Everything that can be said; `scores` are those of one model and one split."""
    scores, tasks, missing = list(scores), {}, []
    for task in benchmark.tasks:
        try:
            tasks[task] = task_result(scores, benchmark, task)
        except InputError as error:
            missing.append(str(error))
    groups = {
        group: _mean(tasks[task] for task in members)
        for group, members in benchmark.groups.items()
        if all(task in tasks for task in members)
    }
    average = None if missing else _mean(tasks[task] for task in benchmark.tasks)
    there = {task: in_benchmark(scores, benchmark, task) for task in benchmark.tasks}
    cells = sum(map(len, there.values())), sum(map(len, benchmark.languages.values()))
    partial = _mean(_mean(found.values()) for found in there.values()) if missing and all(there.values()) else None
    return Result(tasks, groups, average, tuple(missing), partial, cells)


def in_benchmark(scores: Iterable[Score], benchmark: Benchmark, task: str) -> dict[str, float]:
    """One figure a language of the benchmark that has all of the task's metrics; empty where there is none."""
    mine = [score for score in scores if score.task == task and score.language in benchmark.languages[task]]
    return figures(mine, task)


def figures(scores: Iterable[Score], task: str) -> dict[str, float]:
    """One figure a language of a benchmark task: the mean of its metrics; languages that lack one are left out."""
    scores = list(scores)
    values = [by_language(scores, task, metric) for metric in METRICS_OF[task]]
    shared = in_order(set(values[0]).intersection(*values))
    return {code: _mean(value[code] for value in values) for code in shared}


def grouped(cells: Iterable[tuple[str, str]], part: str) -> dict[str, list[tuple[str, str]]]:
    """(task, language) cells by `family`, `script` or `resource` of the language, in the order of the table of names.

    English is left out, since all training data are English; so is a code that is no language (a pair of two).
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for task, code in cells:
        if code != PIVOT and code in LANGUAGES:
            found.setdefault(getattr(LANGUAGES[code], part), []).append((task, code))
    return dict(sorted(found.items()))


def mean_of_cells(values: Mapping[tuple[str, str], float], cells: Sequence[tuple[str, str]]) -> float:
    """Mean over tasks of each task's mean over its languages, so that a task with many languages counts once."""
    by_task: dict[str, list[float]] = {}
    for task, code in cells:
        by_task.setdefault(task, []).append(values[task, code])
    return _mean(_mean(each) for each in by_task.values())


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values)
