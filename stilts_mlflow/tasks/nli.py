"""Natural language inference in English: SNLI, MultiNLI, ANLI, and ANLI+ (all of them, one head)."""

from stilts_mlflow.tasks.readers import read_pair
from stilts_mlflow.tasks.task import FileSource, Split, Task
from stilts_mlflow.tasks.translated import MNLI_TRANSLATED

NLI = ("entailment", "neutral", "contradiction")
NLI_ALIASES = {"contradictory": "contradiction", "e": "entailment", "n": "neutral", "c": "contradiction"}
"""The machine-translated XNLI training files use the long word, ANLI's own files the letters."""

SPLITS: tuple[Split, ...] = ("train", "dev", "test")
_GLUE_NLI = {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"}
_ANLI = {"context": "premise", "uid": "id"}

MNLI = Task(
    name="mnli",
    title="MultiNLI",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES, drops_unlabelled=True),
    files={
        "train": (
            FileSource("mnli/multinli_1.0/multinli_1.0_train.jsonl", "jsonl", options={"rename": _GLUE_NLI}),
            FileSource("mnli/glue_data/MNLI/train.tsv", "glue", options={"rename": _GLUE_NLI}),
            # XNLI brings the same pairs, without ids.
            FileSource("xnli/train-en.tsv", "tsv", ("premise", "hypothesis", "label")),
            FileSource(
                "xnli/XNLI-MT-1.0/multinli/multinli.train.en.tsv", "table", options={"rename": {"hypo": "hypothesis"}}
            ),
        ),
        "dev": (
            FileSource("mnli/multinli_1.0/multinli_1.0_dev_matched.jsonl", "jsonl", options={"rename": _GLUE_NLI}),
            FileSource("mnli/glue_data/MNLI/dev_matched.tsv", "glue", options={"rename": _GLUE_NLI}),
        ),
    },
    translated=MNLI_TRANSLATED,
    expected={"train": 392_702, "dev": 9_815},
    licence="OANC; parts CC BY 3.0 and CC BY-SA 3.0",
    citation="Williams et al. 2018",
)

SNLI = Task(
    name="snli",
    title="SNLI",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES, drops_unlabelled=True),
    files={
        split: (
            FileSource(f"snli/snli_1.0/snli_1.0_{split}.jsonl", "jsonl", options={"rename": _GLUE_NLI}),
            FileSource(f"snli/glue_data/SNLI/{split}.tsv", "glue", options={"rename": _GLUE_NLI}),
        )
        for split in SPLITS
    },
    # 550,152 and 10,000 rows in the files: those on whose label the annotators did not agree are dropped.
    expected={"train": 549_367, "dev": 9_842},
    licence="CC BY-SA 4.0",
    citation="Bowman et al. 2015",
)


def _anli(number: int, train: int, dev: int) -> Task:
    return Task(
        name=f"anli_r{number}",
        title=f"ANLI, round {number}",
        type="classification",
        languages=("en",),
        labels=NLI,
        metrics=("accuracy",),
        reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES),
        files={
            split: (FileSource(f"anli/anli_v1.0/R{number}/{split}.jsonl", "jsonl", options={"rename": _ANLI}),)
            for split in SPLITS
        },
        expected={"train": train, "dev": dev},
        licence="CC BY-NC 4.0",
        citation="Nie et al. 2020",
    )


ANLI_R1 = _anli(1, 16_946, 1_000)
ANLI_R2 = _anli(2, 45_460, 1_000)
ANLI_R3 = _anli(3, 100_459, 1_200)

ANLI_PLUS = Task(
    name="anli_plus",
    title="ANLI+: SNLI, MultiNLI and ANLI with one head",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=MNLI.reader,
    files={},
    # The whole of every part: sampling in proportion to their sizes, as jiant's guide has it (task_specific.md).
    parts=("snli", "mnli", "anli_r1", "anli_r2", "anli_r3"),
    expected={"train": 1_104_934, "dev": 22_857},
    licence="those of its parts; ANLI CC BY-NC 4.0",
    citation="Nie et al. 2020; Williams et al. 2018; Bowman et al. 2015",
)
