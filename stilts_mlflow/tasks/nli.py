"""Natural language inference in English: MultiNLI, SNLI, the rounds of ANLI, and their union ANLI+."""

from collections.abc import Mapping

from stilts_mlflow.tasks.readers import read_pair
from stilts_mlflow.tasks.task import FileSource, Split, Task
from stilts_mlflow.tasks.translated import MNLI_TRANSLATED

NLI = ("entailment", "neutral", "contradiction")
NLI_ALIASES = {"contradictory": "contradiction"}
"""The machine-translated XNLI training files use the other word."""

UNDECIDED = ("-",)
"""Gold label where the annotators did not agree; such pairs are in no published count."""

_RENAMED = {"rename": {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"}}

MNLI = Task(
    name="mnli",
    title="MultiNLI",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES, drops=UNDECIDED),
    files={
        "train": (
            FileSource("mnli/multinli_1.0/multinli_1.0_train.jsonl", "jsonl", options=_RENAMED),
            FileSource("mnli/glue_data/MNLI/train.tsv", "glue", options=_RENAMED),
            # XNLI brings the same pairs, without ids.
            FileSource("xnli/train-en.tsv", "tsv", ("premise", "hypothesis", "label")),
            FileSource(
                "xnli/XNLI-MT-1.0/multinli/multinli.train.en.tsv", "table", options={"rename": {"hypo": "hypothesis"}}
            ),
        ),
        "dev": (
            FileSource("mnli/multinli_1.0/multinli_1.0_dev_matched.jsonl", "jsonl", options=_RENAMED),
            FileSource("mnli/glue_data/MNLI/dev_matched.tsv", "glue", options=_RENAMED),
        ),
    },
    translated=MNLI_TRANSLATED,
    expected={"train": 392_702, "dev": 9_815},
    licence="OANC; parts CC BY 3.0 and CC BY-SA 3.0",
    citation="Williams et al. 2018",
)


def _snli(split: str) -> tuple[FileSource, ...]:
    return (
        FileSource(f"snli/snli_1.0/snli_1.0_{split}.jsonl", "jsonl", options=_RENAMED),
        FileSource(f"snli/snli_1.0/snli_1.0_{split}.txt", "table", options={**_RENAMED, "short": "fill"}),
        FileSource(f"snli/glue_data/SNLI/{split}.tsv", "glue", options=_RENAMED),
    )


SNLI = Task(
    name="snli",
    title="SNLI",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    # The Hub's number for "-" is -1.
    reader=read_pair("premise", "hypothesis", NLI, drops=(*UNDECIDED, -1)),
    files={"train": _snli("train"), "dev": _snli("dev"), "test": _snli("test")},
    expected={"train": 549_367, "dev": 9_842, "test": 9_824},
    licence="CC BY-SA 4.0",
    citation="Bowman et al. 2015",
)


def _anli(number: int, train: int, dev: int) -> Task:
    """A round of ANLI; its files call the premise `context` and the labels by their first letters."""
    options = {"rename": {"context": "premise", "uid": "id"}}
    files: dict[Split, tuple[FileSource, ...]] = {
        split: tuple(
            FileSource(f"anli/anli_{version}/R{number}/{split}.jsonl", "jsonl", options=options)
            for version in ("v1.0", "v0.1")
        )
        for split in ("train", "dev", "test")
    }
    return Task(
        name=f"anli_r{number}",
        title=f"Adversarial NLI, round {number}",
        type="classification",
        languages=("en",),
        labels=NLI,
        metrics=("accuracy",),
        reader=read_pair("premise", "hypothesis", NLI, {name[0]: name for name in NLI}),
        files=files,
        expected={"train": train, "dev": dev, "test": dev},
        licence="CC BY-NC 4.0",
        citation="Nie et al. 2020",
    )


ANLI_R1 = _anli(1, 16_946, 1_000)
ANLI_R2 = _anli(2, 45_460, 1_000)
ANLI_R3 = _anli(3, 100_459, 1_200)

_PARTS = (SNLI, MNLI, ANLI_R1, ANLI_R2, ANLI_R3)
_SPLITS: tuple[Split, ...] = ("train", "dev")


def _sum(split: Split) -> int:
    return sum(part.expected[split] for part in _PARTS)


_FILES: Mapping[Split, tuple[FileSource, ...]] = {
    split: tuple(source for part in _PARTS for source in part.files[split]) for split in _SPLITS
}

ANLI_PLUS = Task(
    name="anli_plus",
    title="SNLI, MultiNLI and ANLI R1-R3 together",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=MNLI.reader,
    files=_FILES,
    # One head for all parts and proportional sampling (jiant, guides/tasks/task_specific.md): their union.
    parts=tuple(part.name for part in _PARTS),
    expected={split: _sum(split) for split in _SPLITS},
    licence="; ".join(dict.fromkeys(f"{part.title}: {part.licence}" for part in (SNLI, MNLI, ANLI_R1))),
    citation="Nie et al. 2020; Williams et al. 2018; Bowman et al. 2015",
)

NLI_TASKS = (MNLI, SNLI, ANLI_R1, ANLI_R2, ANLI_R3, ANLI_PLUS)
