"""Span question answering in English: SQuAD v1.1 and v2.0."""

from stilts_mlflow.tasks.readers import read_question
from stilts_mlflow.tasks.task import FileSource, Task
from stilts_mlflow.tasks.translated import SQUAD_V1_TRANSLATED, SQUAD_V2_TRANSLATED

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
    metrics=("v2_f1", "v2_exact_match", "has_answer_f1", "has_answer_exact_match", "no_answer_f1"),
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

READING_TASKS = (SQUAD_V1, SQUAD_V2)
