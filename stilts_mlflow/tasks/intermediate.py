"""English intermediate tasks (Phang et al. 2020): their rows, and which nine are the paper's."""

from stilts_mlflow.tasks.choices import COMMONSENSE_QA, COPA, COSMOS_QA, HELLASWAG, SOCIAL_IQA
from stilts_mlflow.tasks.nli import ANLI_PLUS, ANLI_R1, ANLI_R2, ANLI_R3, MNLI, SNLI
from stilts_mlflow.tasks.readers import read_pair, read_question, read_tags
from stilts_mlflow.tasks.task import FileSource, Split, Task
from stilts_mlflow.tasks.translated import SQUAD_V1_TRANSLATED, SQUAD_V2_TRANSLATED

_QQP = {"is_duplicate": "label"}

QQP = Task(
    name="qqp",
    title="Quora Question Pairs",
    type="classification",
    languages=("en",),
    labels=("not_duplicate", "duplicate"),
    # jiant's AccAndF1EvaluationScheme: the mean of both is the major one.
    metrics=("accuracy_and_f1", "accuracy", "duplicate_f1"),
    reader=read_pair(
        "question1", "question2", ("not_duplicate", "duplicate"), {"0": "not_duplicate", "1": "duplicate"}
    ),
    files={
        split: (
            FileSource(f"qqp/glue_data/QQP/{split}.tsv", "glue", options={"rename": _QQP}),
            FileSource(f"qqp/glue_data_original_ids/QQP/{split}.tsv", "glue", options={"rename": _QQP}),
        )
        for split in ("train", "dev")
    },
    expected={"train": 363_846, "dev": 40_430},
    licence="Quora's terms of service",
    citation="Iyer et al. 2017; Wang et al. 2018",
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

SQUAD_V2 = Task(
    name="squad_v2",
    title="SQuAD v2.0",
    type="question_answering",
    languages=("en",),
    metrics=("f1", "exact_match", "has_answer_f1", "no_answer_accuracy"),
    reader=read_question,
    may_lack_answer=True,
    files={
        "train": (FileSource("squad_v2/train-v2.0.json", "squad"),),
        "dev": (FileSource("squad_v2/dev-v2.0.json", "squad"),),
    },
    translated=SQUAD_V2_TRANSLATED,
    expected={"train": 130_319, "dev": 11_873},
    licence="CC BY-SA 4.0",
    citation="Rajpurkar et al. 2018",
)

_SECTIONS: dict[Split, range] = {"train": range(2, 22), "dev": range(1), "test": range(23, 24)}
"""Sections of CCGbank in the usual split (Hockenmaier and Steedman 2007)."""

CCG = Task(
    name="ccg",
    title="CCG supertagging",
    type="tagging",
    languages=("en",),
    metrics=("token_accuracy",),
    reader=read_tags("tags"),
    files={
        split: (
            FileSource("ccg*/**/AUTO/*/wsj_*.auto", "auto", options={"sections": sections}),
            FileSource(f"ccg/{split}.tsv", "tags", options={"tag": "tags"}),
            FileSource(f"ccg/pmb-*/en/gold/{split}.conll", "pmb"),
        )
        for split, sections in _SECTIONS.items()
    },
    missing="CCGbank is licensed by the Linguistic Data Consortium (LDC2005T13): put its data/AUTO into ccg/, or files "
    "of word TAB category, or the layer files of the Parallel Meaning Bank (pmb.let.rug.nl), which are free",
    licence="CCGbank: Linguistic Data Consortium (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007; Parallel Meaning Bank: Abzianidze et al. 2017",
)

INTERMEDIATE = (
    ANLI_PLUS,
    SNLI,
    MNLI,
    ANLI_R1,
    ANLI_R2,
    ANLI_R3,
    QQP,
    SQUAD_V2,
    SQUAD_V1,
    HELLASWAG,
    CCG,
    COSMOS_QA,
    COMMONSENSE_QA,
    SOCIAL_IQA,
    COPA,
)
PAPER_TASKS = (
    "anli_plus",
    "mnli",
    "qqp",
    "squad_v2",
    "squad_v1",
    "hellaswag",
    "ccg",
    "cosmos_qa",
    "commonsense_qa",
)
"""The nine of the paper: what `tasks=all` means in the intermediate phase."""
