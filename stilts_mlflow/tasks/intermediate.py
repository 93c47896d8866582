"""English intermediate tasks (Phang et al. 2020): one row each."""

from stilts_mlflow.tasks.readers import read_hellaswag, read_pair, read_question, read_tags
from stilts_mlflow.tasks.task import FileSource, Task
from stilts_mlflow.tasks.translated import MNLI_TRANSLATED, SQUAD_V1_TRANSLATED

NLI = ("entailment", "neutral", "contradiction")
NLI_ALIASES = {"contradictory": "contradiction"}
"""The machine-translated XNLI training files use the other word."""

_GLUE_NLI = {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"}

MNLI = Task(
    name="mnli",
    title="MultiNLI",
    type="classification",
    languages=("en",),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES),
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

SQUAD_V1 = Task(
    name="squad_v1",
    title="SQuAD v1.1",
    type="question_answering",
    languages=("en",),
    metrics=("f1", "exact_match"),
    reader=read_question,
    files={
        "train": (FileSource("squad/train-v1.1.json", "squad"),),
        "dev": (FileSource("squad/dev-v1.1.json", "squad"),),
    },
    translated=SQUAD_V1_TRANSLATED,
    expected={"train": 87_599, "dev": 10_570},
    licence="CC BY-SA 4.0",
    citation="Rajpurkar et al. 2016",
)

HELLASWAG = Task(
    name="hellaswag",
    title="HellaSwag",
    type="multiple_choice",
    languages=("en",),
    metrics=("accuracy",),
    reader=read_hellaswag,
    files={
        "train": (FileSource("hellaswag/hellaswag_train.jsonl", "jsonl"),),
        "dev": (FileSource("hellaswag/hellaswag_val.jsonl", "jsonl"),),
    },
    expected={"train": 39_905, "dev": 10_042},
    licence="MIT",
    citation="Zellers et al. 2019",
)

CCG = Task(
    name="ccg",
    title="CCG supertagging",
    type="tagging",
    languages=("en",),
    metrics=("token_accuracy",),
    reader=read_tags("tags"),
    files={
        split: (
            FileSource(f"ccg/{split}.tsv", "tags", options={"tag": "tags"}),
            FileSource(f"ccg/pmb-*/en/gold/{split}.conll", "pmb"),
        )
        for split in ("train", "dev")
    },
    licence="CCGbank: Linguistic Data Consortium (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007; Parallel Meaning Bank: Abzianidze et al. 2017",
)

INTERMEDIATE = (MNLI, SQUAD_V1, HELLASWAG, CCG)
