"""Targets of XTREME (Hu et al. 2020): one row each.

Languages: `XTREME_TASK2LANGS` and `XTREME_R_TASK2LANGS` of google-research/xtreme `evaluate.py` together, those that
XTREME-R adds last; which of them an average is over is the benchmark's affair. File names: its
`scripts/download_data.sh` and `utils_preprocess.py`. XTREME's own test files keep the labels back; they come with
`labels/<task>/test-<lang>.tsv` beside them, or else from the originals. A bare test file is last: it can be predicted,
not scored.
"""

from stilts_mlflow.tasks.nli import MNLI, NLI, NLI_ALIASES
from stilts_mlflow.tasks.readers import read_pair, read_question, read_tags
from stilts_mlflow.tasks.task import FileSource, Task, words
from stilts_mlflow.tasks.translated import PAWSX_TRANSLATED
from stilts_mlflow.tasks.xtreme_questions import AWARE, XTREME_QUESTIONS

UPOS = words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
PARAPHRASE = ("0", "1")
"""`1`: the sentences mean the same."""
NER = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


def _words(path: str, column: str, prefix: str = "", labels: str | None = None) -> FileSource:
    """Files of `token TAB tag`."""
    return FileSource(path, "tags", labels=labels, options={"tag": column, "prefix": prefix})


def _treebanks(split: str) -> FileSource:
    """All treebanks of a language in a release of Universal Dependencies, told by the code in their file names."""
    return FileSource(f"udpos/ud-treebanks*/*/{{lang}}_*-ud-{split}*.conllu", "conllu")


_PAIR = ("premise", "hypothesis")
_XNLI_COLUMNS = {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label", "pairID": "id"}

XNLI = Task(
    name="xnli",
    title="XNLI",
    type="classification",
    languages=words("ar bg de el en es fr hi ru sw th tr ur vi zh"),
    labels=NLI,
    metrics=("accuracy",),
    reader=read_pair("premise", "hypothesis", NLI, NLI_ALIASES),
    trains_on="mnli",
    files={
        "train": MNLI.files["train"],
        "dev": (
            FileSource("xnli/dev-{lang}.tsv", "tsv", (*_PAIR, "label")),
            FileSource(
                "xnli/XNLI-1.0/xnli.dev.tsv", "table", where={"language": "{lang}"}, options={"rename": _XNLI_COLUMNS}
            ),
        ),
        "test": (
            FileSource("xnli/test-{lang}.tsv", "tsv", _PAIR, labels="labels/xnli/test-{lang}.tsv"),
            FileSource(
                "xnli/XNLI-1.0/xnli.test.tsv", "table", where={"language": "{lang}"}, options={"rename": _XNLI_COLUMNS}
            ),
            FileSource("xnli/test-{lang}.tsv", "tsv", (*_PAIR, "label"), options={"may_lack": "label"}),
        ),
    },
    translated=MNLI.translated,
    expected={"train": 392_702, "dev": 2_490, "test": 5_010},
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018",
)

_SENTENCES = ("sentence1", "sentence2")

PAWSX = Task(
    name="pawsx",
    title="PAWS-X",
    type="classification",
    languages=words("de en es fr ja ko zh"),
    labels=PARAPHRASE,
    metrics=("accuracy",),
    # Sentences that were not translated are the word NS, as the official files have them.
    reader=read_pair(*_SENTENCES, PARAPHRASE),
    unique_ids=True,
    files={
        "train": (
            FileSource("pawsx/train-en.tsv", "tsv", (*_SENTENCES, "label")),
            FileSource("pawsx/x-final/en/train.tsv", "table"),
        ),
        "dev": (
            FileSource("pawsx/dev-{lang}.tsv", "tsv", (*_SENTENCES, "label")),
            FileSource("pawsx/x-final/{lang}/dev_2k.tsv", "table"),
        ),
        "test": (
            FileSource("pawsx/test-{lang}.tsv", "tsv", _SENTENCES, labels="labels/pawsx/test-{lang}.tsv"),
            FileSource("pawsx/x-final/{lang}/test_2k.tsv", "table"),
            FileSource("pawsx/test-{lang}.tsv", "tsv", (*_SENTENCES, "label"), options={"may_lack": "label"}),
        ),
    },
    translated=PAWSX_TRANSLATED,
    expected={"train": 49_401, "dev": 2_000, "test": 2_000},
    licence="free for any purpose, with acknowledgement of Google",
    citation="Yang et al. 2019",
)

XQUAD = Task(
    name="xquad",
    title="XQuAD",
    type="question_answering",
    languages=words("en es de el ru tr ar vi th zh hi ro"),
    metrics=("f1", "exact_match", *AWARE),
    reader=read_question,
    trains_on="squad_v1",
    selects_on="squad_v1",
    files={
        "test": (FileSource("labels/xquad/test-{lang}.json", "squad"), FileSource("xquad/xquad.{lang}.json", "squad"))
    },
    expected={"test": 1_190},
    licence="CC BY-SA 4.0",
    citation="Artetxe et al. 2020",
)

UDPOS = Task(
    name="udpos",
    title="Universal Dependencies part-of-speech tags",
    type="tagging",
    languages=words(
        "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh "
        "lt pl uk wo ro"
    ),
    labels=UPOS,
    metrics=("pos_f1", "token_accuracy"),
    reader=read_tags("pos_tags", UPOS),
    files={
        "train": (_words("udpos/train-{lang}.tsv", "pos_tags"), _treebanks("train")),
        "dev": (_words("udpos/dev-{lang}.tsv", "pos_tags"), _treebanks("dev")),
        "test": (
            _words("udpos/test-{lang}.tsv", "pos_tags", labels="labels/udpos/test-{lang}.tsv"),
            _treebanks("test"),
            _words("udpos/test-{lang}.tsv", "pos_tags"),
        ),
    },
    expected={"train": 21_253, "dev": 3_974},
    licence="per treebank, mostly CC BY-SA",
    citation="Nivre et al. 2020",
)

PANX = Task(
    name="panx",
    title="PAN-X (WikiAnn) named entities",
    type="tagging",
    languages=words(
        "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk "
        "tr et fi hu qu pl uk az lt pa gu ro"
    ),
    labels=NER,
    metrics=("span_f1",),
    reader=read_tags("ner_tags", NER),
    files={
        "train": (
            _words("panx/train-{lang}.tsv", "ner_tags"),
            _words("panx_dataset/{lang}/train", "ner_tags", prefix="{lang}:"),
        ),
        "dev": (
            _words("panx/dev-{lang}.tsv", "ner_tags"),
            _words("panx_dataset/{lang}/dev", "ner_tags", prefix="{lang}:"),
        ),
        "test": (
            _words("panx/test-{lang}.tsv", "ner_tags", labels="labels/panx/test-{lang}.tsv"),
            _words("panx_dataset/{lang}/test", "ner_tags", prefix="{lang}:"),
            _words("panx/test-{lang}.tsv", "ner_tags"),
        ),
    },
    expected={"train": 20_000, "dev": 10_000, "test": 10_000},
    licence="not stated; text from Wikipedia",
    citation="Pan et al. 2017; Rahimi et al. 2019",
)

XTREME = (XNLI, PAWSX, XQUAD, *XTREME_QUESTIONS, UDPOS, PANX)
