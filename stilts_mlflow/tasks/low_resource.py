"""Test sets in languages with few resources: NLI, entities, parts of speech, reading with choices.

Each trains on the English data, and with the head, of the XTREME target (or the English task) of its kind; where it
selects on the same English dev set too, they share one target run.
"""

from stilts_mlflow.tasks.choice_readers import read_belebele
from stilts_mlflow.tasks.language_codes import AFRICAN, AMERICAN, FLORES
from stilts_mlflow.tasks.nli import NLI
from stilts_mlflow.tasks.readers import read_pair, read_tags
from stilts_mlflow.tasks.task import FileSource, Split, Task, words
from stilts_mlflow.tasks.xtreme import NER, UPOS

DATES = {"B-DATE": "O", "I-DATE": "O"}
"""PAN-X, on which the head is trained, has no dates: a model cannot find them, so that they are not asked for."""

_SPLITS: dict[Split, str] = {"dev": "dev", "test": "test"}
_NLI = read_pair("premise", "hypothesis", NLI)


def _nli(
    name: str, title: str, languages: str, files: dict[Split, tuple[FileSource, ...]], licence: str, citation: str
) -> Task:
    """XNLI's pairs in other languages."""
    return Task(
        name=name,
        title=title,
        type="classification",
        languages=words(languages),
        train_languages=(),
        labels=NLI,
        metrics=("accuracy",),
        reader=_NLI,
        trains_on="mnli",
        selects_on="xnli",
        files=files,
        licence=licence,
        citation=citation,
    )


def _renamed(**columns: str) -> dict[str, dict[str, str]]:
    return {"rename": columns}


AMERICAS_NLI = _nli(
    "americas_nli",
    "AmericasNLI",
    "ay bzd cni gn hch nah oto qu shp tar",
    {s: (FileSource(f"americasnli/{s}/{{code}}.tsv", "table", codes=AMERICAN),) for s in _SPLITS},
    "CC BY-SA 4.0",
    "Ebrahimi et al. 2022",
)

KORNLI = _nli(
    "kornli",
    "KorNLI, XNLI in Korean",
    "ko",
    {
        s: tuple(
            FileSource(
                f"{folder}/xnli.{s}.{{lang}}.tsv",
                "table",
                options=_renamed(sentence1="premise", sentence2="hypothesis", gold_label="label"),
            )
            for folder in ("kornli", "KorNLI")
        )
        for s in _SPLITS
    },
    "CC BY-SA 4.0",
    "Ham et al. 2020",
)

MYXNLI = _nli(
    "myxnli",
    "myXNLI, XNLI in Burmese",
    "my",
    {
        s: (
            FileSource(
                f"myxnli/{{lang}}.genre.{s}.tsv",
                "table",
                options=_renamed(sentence1_my="premise", sentence2_my="hypothesis"),
            ),
        )
        for s in _SPLITS
    },
    "CC BY-NC 4.0",
    "Htet and Dras",
)

CXNLI = _nli(
    "cxnli",
    "C-XNLI, XNLI in Croatian",
    "hr",
    {s: (FileSource(f"c-xnli/xnli.{s}.{{lang}}.csv", "csv", options=_renamed(hypo="hypothesis")),) for s in _SPLITS},
    "CC BY-NC 4.0",
    "Obadić et al. 2023",
)


def _tagged(folders: tuple[str, ...], column: str) -> dict[Split, tuple[FileSource, ...]]:
    """Masakhane's files: a word and its tag, with a space between."""
    options = {"tag": column, "separator": " "}
    return {
        s: tuple(FileSource(f"{folder}/{{code}}/{s}.txt", "tags", options=options, codes=AFRICAN) for folder in folders)
        for s in _SPLITS
    }


MASAKHANER = Task(
    name="masakhaner",
    title="MasakhaNER 2.0",
    type="tagging",
    languages=tuple(AFRICAN),
    train_languages=(),
    labels=NER,
    metrics=("span_f1",),
    reader=read_tags("ner_tags", NER, DATES),
    trains_on="panx",
    selects_on="panx",
    files=_tagged(("masakhaner2", "MasakhaNER2.0/data"), "ner_tags"),
    licence="CC BY-NC 4.0",
    citation="Adelani et al. 2022",
)

MASAKHAPOS = Task(
    name="masakhapos",
    title="MasakhaPOS",
    type="tagging",
    languages=tuple(AFRICAN),
    train_languages=(),
    labels=UPOS,
    metrics=("pos_f1", "token_accuracy"),
    reader=read_tags("pos_tags", UPOS),
    trains_on="udpos",
    selects_on="udpos",
    files=_tagged(("masakhapos",), "pos_tags"),
    licence="CC BY-NC 4.0",
    citation="Dione et al. 2023",
)

BELEBELE = Task(
    name="belebele",
    title="Belebele",
    type="multiple_choice",
    languages=tuple(FLORES),
    train_languages=(),
    metrics=("accuracy",),
    reader=read_belebele,
    # The English set of the same form: a passage, a question, four answers.
    trains_on="cosmos_qa",
    selects_on="cosmos_qa",
    unique_ids=True,
    files={
        "test": tuple(
            FileSource(f"{folder}/{{code}}.jsonl", "jsonl", codes=FLORES)
            for folder in ("belebele", "belebele/data", "Belebele/data")
        )
    },
    expected={"test": 900},
    licence="CC BY-SA 4.0",
    citation="Bandarkar et al. 2024",
)

LOW_RESOURCE = (AMERICAS_NLI, KORNLI, MYXNLI, CXNLI, MASAKHANER, MASAKHAPOS, BELEBELE)
