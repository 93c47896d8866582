"""Translate-test: evaluation sets in machine translation into English, and SQuAD in Spanish.

The other way to cross a language than zero-shot transfer (Conneau et al. 2018, section 5): the text is English and the
language that of the original, so the scores stand beside those of the task itself. They need the head of the same
training task, and files that somebody has translated; there are no sources on the Hub.
"""

from dataclasses import replace

from stilts_mlflow.tasks.examples import QuestionExample
from stilts_mlflow.tasks.nli import NLI, NLI_ALIASES
from stilts_mlflow.tasks.readers import read_pair, read_question
from stilts_mlflow.tasks.reading import SQUAD_V2
from stilts_mlflow.tasks.task import FileSource, Row, Task, words
from stilts_mlflow.tasks.xtreme_r import RIGHT_QUESTIONS, XCOPA


def read_translated_question(row: Row) -> QuestionExample | None:
    """SQuAD rows; a question whose answers all got lost in translation (empty texts) is dropped: nothing to score."""
    example = read_question(row)
    return None if example.answers is None else example


_ENGLISH = {"sentence1_en": "premise", "sentence2_en": "hypothesis"}

XNLI_TRANSLATE_TEST = Task(
    name="xnli_translate_test",
    title="XNLI translated into English",
    type="classification",
    languages=words("ar bg de el es fr hi my ru sw th tr ur vi zh"),
    train_languages=(),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES),
    trains_on="mnli",
    selects_on="xnli",
    files={
        "test": (FileSource("xnli-translate-test/{lang}.trans.test.tsv", "table", options={"rename": _ENGLISH}),),
    },
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018; translations: Htet and Dras 2024",
)


def _xcopa(split: str) -> tuple[FileSource, ...]:
    """Beside a language whose `question` is right, as for XCOPA itself: the translations kept the wrong ones."""
    folders = ("xcopa-translate-test/{lang}", "data-gmt/{lang}")
    paths = [f"{folder}/{split}.{{lang}}.jsonl" for folder in folders]
    right = {path: [path.replace("{lang}", code) for code in RIGHT_QUESTIONS] for path in paths}
    found = [FileSource(path, "xcopa", labels=other) for path in paths for other in right[path]]
    return (*found, *(FileSource(path, "xcopa", options={"beside": " or ".join(right[path])}) for path in paths))


XCOPA_TRANSLATE_TEST = replace(
    XCOPA,
    name="xcopa_translate_test",
    title="XCOPA translated into English",
    languages=words("et ht id it sw ta th tr vi zh"),
    files={"dev": _xcopa("val"), "test": _xcopa("test")},
)

SQUAD_ES = Task(
    name="squad_es",
    title="SQuAD v1.1 in Spanish",
    type="question_answering",
    languages=("es",),
    train_languages=(),
    metrics=("f1", "exact_match"),
    reader=read_translated_question,
    trains_on="squad_v1",
    selects_on="squad_v1",
    files={
        "test": (
            FileSource("SQuAD-{lang}-v1.1/dev-v1.1-{lang}.json", "squad"),
            FileSource("squad-{lang}/dev-v1.1-{lang}_small.json", "squad"),
        ),
    },
    licence="CC BY 4.0",
    citation="Carrino et al. 2020",
)

SQUAD_V2_ES = replace(
    SQUAD_ES,
    name="squad_v2_es",
    title="SQuAD v2.0 in Spanish",
    metrics=SQUAD_V2.metrics,
    trains_on="squad_v2",
    selects_on="squad_v2",
    may_lack_answer=True,
    files={
        "test": (
            FileSource("SQuAD-{lang}-v2.0/dev-v2.0-{lang}.json", "squad"),
            FileSource("squad-{lang}/dev-v2.0-{lang}_small.json", "squad"),
        ),
    },
)

TRANSLATE_TEST = (XNLI_TRANSLATE_TEST, XCOPA_TRANSLATE_TEST, SQUAD_ES, SQUAD_V2_ES)
