"""Raw text and translation pairs: what encoders are pretrained on, and what a mixture may add."""

from stilts_mlflow.languages import LANGUAGES
from stilts_mlflow.tasks.readers import read_bitext, read_text
from stilts_mlflow.tasks.task import FileSource, Task

MASKED_LM = Task(
    name="masked_lm",
    title="multilingual masked language modelling",
    type="masked_lm",
    languages=tuple(LANGUAGES),
    metrics=("perplexity",),
    reader=read_text,
    files={
        "train": (
            FileSource("text/{lang}.txt", "lines"),
            # Sentences of Wikipedia, without their tags; the test sets stay unseen.
            FileSource("panx/train-{lang}.tsv", "tag_words"),
            FileSource("panx/dev-{lang}.tsv", "tag_words"),
        )
    },
    licence="that of the text",
    citation="Devlin et al. 2019",
)

BITEXT = Task(
    name="bitext",
    title="translation ranking",
    type="sentence_retrieval",
    languages=tuple(code for code in LANGUAGES if code != "en"),
    train_languages=(),
    metrics=("accuracy",),
    reader=read_bitext,
    files={
        "train": (FileSource("bitext/{lang}-en.{lang}", "aligned", labels="bitext/{lang}-en.en"),),
    },
    licence="that of the text",
    citation="Feng et al. 2022",
)

PRETRAINING = (MASKED_LM, BITEXT)
