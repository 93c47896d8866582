"""Commonsense multiple choice in English: HellaSwag, Cosmos QA, CommonsenseQA, Social IQa, COPA."""

from stilts_mlflow.tasks.choice_readers import (
    read_commonsense_qa,
    read_copa,
    read_cosmos_qa,
    read_hellaswag,
    read_social_iqa,
)
from stilts_mlflow.tasks.task import FileSource, Task

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

COSMOS_QA = Task(
    name="cosmos_qa",
    title="Cosmos QA",
    type="multiple_choice",
    languages=("en",),
    metrics=("accuracy",),
    reader=read_cosmos_qa,
    files={
        "train": (FileSource("cosmosqa/train.csv", "csv"), FileSource("cosmosqa/train.jsonl", "jsonl")),
        "dev": (FileSource("cosmosqa/valid.csv", "csv"), FileSource("cosmosqa/valid.jsonl", "jsonl")),
    },
    expected={"train": 25_262, "dev": 2_985},
    licence="CC BY 4.0",
    citation="Huang et al. 2019",
)

COMMONSENSE_QA = Task(
    name="commonsense_qa",
    title="CommonsenseQA",
    type="multiple_choice",
    languages=("en",),
    metrics=("accuracy",),
    reader=read_commonsense_qa,
    files={
        "train": (FileSource("commonsenseqa/train_rand_split.jsonl", "jsonl"),),
        "dev": (FileSource("commonsenseqa/dev_rand_split.jsonl", "jsonl"),),
    },
    expected={"train": 9_741, "dev": 1_221},
    licence="MIT",
    citation="Talmor et al. 2019",
)

_AI2 = "siqa/socialiqa-train-dev"

SOCIAL_IQA = Task(
    name="social_iqa",
    title="Social IQa",
    type="multiple_choice",
    languages=("en",),
    metrics=("accuracy",),
    reader=read_social_iqa,
    files={
        "train": (
            FileSource("siqa/socialIQa_v1.4_trn.jsonl", "jsonl"),
            FileSource(f"{_AI2}/train.jsonl", "jsonl", labels=f"{_AI2}/train-labels.lst"),
        ),
        "dev": (
            FileSource("siqa/socialIQa_v1.4_dev.jsonl", "jsonl"),
            FileSource(f"{_AI2}/dev.jsonl", "jsonl", labels=f"{_AI2}/dev-labels.lst"),
        ),
    },
    expected={"train": 33_410, "dev": 1_954},
    licence="CC BY 4.0",
    citation="Sap et al. 2019",
)

COPA = Task(
    name="copa",
    title="COPA",
    type="multiple_choice",
    languages=("en",),
    metrics=("accuracy",),
    reader=read_copa,
    files={
        "train": (FileSource("xcopa/train-en.jsonl", "jsonl"), FileSource("copa/COPA/train.jsonl", "jsonl")),
        "dev": (FileSource("xcopa/val-en.jsonl", "jsonl"), FileSource("copa/COPA/val.jsonl", "jsonl")),
    },
    expected={"train": 400, "dev": 100},
    licence="BSD 2-clause",
    citation="Roemmele et al. 2011; SuperGLUE: Wang et al. 2019",
)

COMMONSENSE_TASKS = (HELLASWAG, COSMOS_QA, COMMONSENSE_QA, SOCIAL_IQA, COPA)
