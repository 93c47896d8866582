"""MLQA in the same language and across two, and TyDiQA's gold passages.

MLQA-Q: the question is in another language than the context. One row for each language of the questions, whose
languages are those of the contexts: answers are in the context's language, by whose rules they are scored
(`evaluate_mlqa.py <data> <predictions> <answer language>`). 7 rows of 6 languages are the 42 pairs.
"""

from stilts_mlflow.tasks.readers import read_question
from stilts_mlflow.tasks.task import FileSource, Split, Task, words

MLQA_LANGUAGES = words("en es de ar hi vi zh")
AWARE = ("aware_f1", "aware_exact_match")
"""Beside the official pair of XQuAD and TyDiQA, which takes words between white space in every language."""


def _mlqa(split: str, question: str) -> FileSource:
    """The pair's file; XTREME's own test files have no answers."""
    return FileSource(f"mlqa/MLQA_V1/{split}/{split}-context-{{lang}}-question-{question}.json", "squad")


def _mlqa_files(question: str, labelled: tuple[FileSource, ...] = ()) -> dict[Split, tuple[FileSource, ...]]:
    return {"dev": (_mlqa("dev", question),), "test": (*labelled, _mlqa("test", question))}


MLQA = Task(
    name="mlqa",
    title="MLQA, question and context in the same language",
    type="question_answering",
    languages=MLQA_LANGUAGES,
    metrics=("mlqa_f1", "mlqa_exact_match"),
    reader=read_question,
    trains_on="squad_v1",
    selects_on="squad_v1",
    files=_mlqa_files("{lang}", (FileSource("labels/mlqa/test-{lang}.json", "squad"),)),
    expected={"dev": 1_148, "test": 11_590},
    licence="CC BY-SA 3.0",
    citation="Lewis et al. 2020",
)


def _cross(question: str) -> Task:
    """Questions in one language, contexts in the six others."""
    return Task(
        name=f"mlqa_q_{question}",
        title=f"MLQA, questions in {question}, contexts in other languages",
        type="question_answering",
        languages=tuple(code for code in MLQA_LANGUAGES if code != question),
        metrics=MLQA.metrics,
        reader=read_question,
        trains_on="squad_v1",
        selects_on="squad_v1",
        files=_mlqa_files(question),
        licence=MLQA.licence,
        citation=MLQA.citation,
    )


MLQA_CROSS = tuple(_cross(question) for question in MLQA_LANGUAGES)

_GOLDP = "tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp"
_OF_LANGUAGE = {"id_prefix": "{name}-"}


def _mixed(split: str, **options: object) -> tuple[FileSource, ...]:
    """The official file of all languages, whose ids begin with their names, as it is or in a folder of its name."""
    name = f"tydiqa-goldp-v1.1-{split}"
    return tuple(FileSource(f"tydiqa/{path}.json", "squad", options=options) for path in (name, f"{name}/{name}"))


TYDIQA = Task(
    name="tydiqa",
    title="TyDiQA, gold passage",
    type="question_answering",
    languages=words("en ar bn fi id ko ru sw te"),
    metrics=("f1", "exact_match", *AWARE),
    reader=read_question,
    files={
        "train": (
            # XTREME's preparation keeps the last part of the ids alone, and these repeat.
            FileSource(
                "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json", "squad", options={"numbered": True}
            ),
            *_mixed("train", id_prefix="english-"),
        ),
        # The official test set is kept back: the dev set is what XTREME tests on, and its English part selects.
        "dev": (FileSource(f"{_GOLDP}.en.dev.json", "squad"), *_mixed("dev", id_prefix="english-")),
        "test": (
            FileSource("labels/tydiqa/test-{lang}.json", "squad"),
            FileSource(f"{_GOLDP}.{{lang}}.dev.json", "squad"),
            *_mixed("dev", **_OF_LANGUAGE),
        ),
    },
    expected={"train": 3_696, "dev": 440, "test": 440},
    licence="Apache 2.0",
    citation="Clark et al. 2020",
)

XTREME_QUESTIONS = (MLQA, *MLQA_CROSS, TYDIQA)
