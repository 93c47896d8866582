"""English intermediate tasks: those of Phang et al. 2020 and a few more, one row each, by family."""

from stilts_mlflow.tasks.commonsense import COMMONSENSE_TASKS
from stilts_mlflow.tasks.nli import NLI_TASKS
from stilts_mlflow.tasks.readers import read_pair, read_tags
from stilts_mlflow.tasks.reading import READING_TASKS
from stilts_mlflow.tasks.task import FileSource, Task

DUPLICATE = ("not_duplicate", "duplicate")

_QQP = {"rename": {"is_duplicate": "label"}, "unquote": True, "short": "drop"}

QQP = Task(
    name="qqp",
    title="Quora Question Pairs",
    type="classification",
    languages=("en",),
    labels=DUPLICATE,
    metrics=("accuracy_and_f1", "accuracy", "duplicate_f1"),
    reader=read_pair("question1", "question2", DUPLICATE, {"0": DUPLICATE[0], "1": DUPLICATE[1]}),
    files={
        "train": (FileSource("qqp/glue_data/QQP/train.tsv", "glue", options=_QQP),),
        "dev": (FileSource("qqp/glue_data/QQP/dev.tsv", "glue", options=_QQP),),
    },
    expected={"train": 363_846, "dev": 40_430},
    licence="Quora's terms of service",
    citation="Iyer et al. 2017; GLUE: Wang et al. 2019",
)

SECTIONS = {"train": tuple(f"{n:02}" for n in range(2, 22)), "dev": ("00",), "test": ("23",)}
"""The usual split of CCGbank, by the sections of the Penn Treebank."""

CCG = Task(
    name="ccg",
    title="CCG supertagging",
    type="tagging",
    languages=("en",),
    metrics=("token_accuracy",),
    reader=read_tags("tags"),
    files={
        split: (
            FileSource("ccg/**/data/AUTO/*/wsj_*.auto", "ccgbank", options={"folders": SECTIONS[split]}),
            FileSource(f"ccg/{split}.tsv", "tags", options={"tag": "tags"}),
            FileSource(f"ccg/pmb-*/en/gold/{split}.conll", "pmb"),
        )
        for split in ("train", "dev", "test")
    },
    missing="CCGbank is licensed by the Linguistic Data Consortium (LDC2005T13): put its folder data/AUTO under ccg/, "
    "or use the open stand-in, gold files of the Parallel Meaning Bank under ccg/pmb-<version>/en/gold/",
    licence="CCGbank: Linguistic Data Consortium (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007; Parallel Meaning Bank: Abzianidze et al. 2017",
)

INTERMEDIATE = (*NLI_TASKS, QQP, *READING_TASKS, *COMMONSENSE_TASKS, CCG)

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
"""The nine of Phang et al. 2020; what `tasks=all` stands for."""
