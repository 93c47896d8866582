"""What XTREME-R (Ruder et al. 2021) adds: XCOPA, and MultiCheckList as a diagnostic.

Its languages of UD-POS, PAN-X and XQuAD are in the rows of `xtreme.py`.
"""

from stilts_mlflow.tasks.choice_readers import read_copa
from stilts_mlflow.tasks.readers import read_question
from stilts_mlflow.tasks.task import FileSource, Task, words
from stilts_mlflow.tasks.xtreme_questions import AWARE

RIGHT_QUESTIONS = words("et ta vi zh")
"""Languages whose files of XCOPA ask what the original asks (`data/xcopa.py`)."""


def _xcopa(split: str) -> tuple[FileSource, ...]:
    """In XTREME-R's layout and in that of the repository; each beside a language that has the right questions."""
    found = []
    for path in (f"xcopa/{split}-{{lang}}.jsonl", f"xcopa/data/{{lang}}/{split}.{{lang}}.jsonl"):
        beside = [path.replace("{lang}", code) for code in RIGHT_QUESTIONS]
        if split == "val":
            beside.append(path.replace("{lang}", "en"))
        found += [FileSource(path, "xcopa", labels=other) for other in beside]
        found.append(FileSource(path, "xcopa", options={"beside": " or ".join(beside)}))
    return tuple(found)


XCOPA = Task(
    name="xcopa",
    title="XCOPA",
    type="multiple_choice",
    languages=words("et ht id it qu sw ta th tr vi zh"),
    train_languages=(),
    metrics=("accuracy",),
    reader=read_copa,
    trains_on="copa",
    selects_on="copa",
    # XTREME-R trains on Social IQa, then on English COPA.
    first="social_iqa",
    unique_ids=True,
    files={"dev": _xcopa("val"), "test": _xcopa("test")},
    licence="CC BY 4.0",
    citation="Ponti et al. 2020",
)

MULTICHECKLIST = Task(
    name="multichecklist",
    title="MultiCheckList, questions made from its templates (diagnostic)",
    type="question_answering",
    languages=words(
        "en af my et fi fr he it jv es sw th uk qu ur eu ar bg bn nl zh de ka hi ht id ru ja ta kk fa ko pl hu pt ms "
        "az el gu ha lt ml mr pa tl te tr vi wo yo"
    ),
    train_languages=(),
    metrics=("f1", "exact_match", *AWARE),
    reader=read_question,
    trains_on="squad_v1",
    selects_on="squad_v1",
    files={
        "test": (
            FileSource(
                "multichecklist/checklist_templates.tsv",
                "multichecklist",
                options={"language": "{lang}"},
            ),
        )
    },
    licence="Apache 2.0",
    citation="Ruder et al. 2021",
)

XTREME_R = (XCOPA, MULTICHECKLIST)
