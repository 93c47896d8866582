"""Retrieval tasks of XTREME (Hu et al. 2020) and XTREME-R (Ruder et al. 2021): no training, an encoder as it is.

Language lists: `XTREME_TASK2LANGS` and `XTREME_R_TASK2LANGS` of google-research/xtreme `evaluate.py`; Tatoeba's is
their union (XTREME-R adds az lt pl uk ro). LAReQA's list is empty there; its languages are the files of XQuAD-R.
BUCC: XTREME's dev is the shared task's sample, its test the shared task's training set (`scripts/download_data.sh`).
"""

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import PassageExample
from stilts_mlflow.tasks.readers import column, read_bitext
from stilts_mlflow.tasks.task import FileSource, Row, Task, words


def read_passage(row: Row) -> PassageExample:
    """A query or a candidate of a ranking task."""
    keys = column(row, "keys")
    if not isinstance(keys, list):
        raise InputError(f"passage {row.get('id')!r}: keys are {keys!r}; expected a list")
    text, context, language = (str(column(row, name)) for name in ("text", "context", "language"))
    return PassageExample(
        str(row.get("id", "")), text, context, language, bool(column(row, "is_query")), tuple(map(str, keys))
    )


TATOEBA = Task(
    name="tatoeba",
    title="Tatoeba sentence retrieval",
    type="sentence_retrieval",
    languages=words(
        "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu "
        "az lt pl uk ro"
    ),
    train_languages=(),
    metrics=("accuracy", "accuracy_to_english"),
    reader=read_bitext,
    files={
        "test": (
            FileSource("tatoeba/v1/tatoeba.{iso3}-eng.{iso3}", "aligned", labels="tatoeba/v1/tatoeba.{iso3}-eng.eng"),
            FileSource(
                "tatoeba/{lang}-en.{lang}",
                "ordered",
                labels="tatoeba/{lang}-en.en",
                options={"order": "labels/tatoeba/test-{lang}.tsv"},
            ),
        ),
    },
    licence="CC BY 2.0 FR",
    citation="Artetxe and Schwenk 2019",
)


def _bucc(name: str, gold: str = "") -> FileSource:
    """Both sides of a pair of pools under the name of a split, and the gold pairs."""
    stem = f"bucc2018/{name}"
    return FileSource(f"{stem}.{{lang}}", "mining", labels=f"{stem}.en", options={"order": gold or f"{stem}.gold"})


BUCC2018 = Task(
    name="bucc2018",
    title="BUCC 2018 bitext mining",
    type="sentence_retrieval",
    languages=words("de fr ru zh"),
    train_languages=(),
    metrics=("mining_f1", "mining_precision", "mining_recall", "oracle_mining_f1"),
    reader=read_bitext,
    files={
        "dev": (_bucc("{lang}-en.dev"), _bucc("{lang}-en.sample"), _bucc("{lang}-en/{lang}-en.sample")),
        "test": (
            _bucc("{lang}-en.test", "labels/bucc2018/test-{lang}.tsv"),
            _bucc("{lang}-en.test"),
            _bucc("{lang}-en.training"),
            _bucc("{lang}-en/{lang}-en.training"),
        ),
    },
    missing="the gold pairs of test are labels/bucc2018/test-<lang>.tsv or <lang>-en.training.gold",
    licence="not stated; text from Wikipedia and News Commentary",
    citation="Zweigenbaum et al. 2018",
)

LAREQA = Task(
    name="lareqa",
    title="LAReQA (XQuAD-R)",
    type="sentence_retrieval",
    languages=words("ar de el en es hi ru th tr vi zh"),
    train_languages=(),
    metrics=("map_at_20",),
    reader=read_passage,
    files={"test": (FileSource("lareqa/xquad-r/{lang}.json", "xquad_r"),)},
    missing="the Hub's xquad_r lacks the sentence breaks: take xquad-r/ of google-research-datasets/lareqa",
    licence="CC BY-SA 4.0",
    citation="Roy et al. 2020",
)


def _mewslix(split: str) -> tuple[FileSource, ...]:
    path, where = f"mewslix/wikinews_mentions-{split}.jsonl", {"part": "{lang}"}
    return (FileSource(path, "mewslix", labels="mewslix/candidate_set_entities.jsonl", where=where),)


MEWSLIX = Task(
    name="mewslix",
    title="Mewsli-X entity retrieval",
    type="sentence_retrieval",
    languages=words("ar de en es fa ja pl ro ta tr uk"),
    train_languages=(),
    metrics=("map_at_20",),
    reader=read_passage,
    files={"dev": _mewslix("dev"), "test": _mewslix("test")},
    missing="scripts/download_mewslix_data.sh of google-research/xtreme makes the files",
    licence="not stated; text from WikiNews and Wikipedia",
    citation="Ruder et al. 2021",
)

RETRIEVAL = (TATOEBA, BUCC2018, LAREQA, MEWSLIX)
