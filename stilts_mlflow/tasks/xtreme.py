"""Targets of XTREME (Hu et al. 2020): one row each.

Language lists: `TASK2LANGS` of google-research/xtreme `evaluate.py`.
"""

from stilts_mlflow.tasks.intermediate import NLI, NLI_ALIASES
from stilts_mlflow.tasks.readers import read_bitext, read_pair, read_question, read_tags
from stilts_mlflow.tasks.task import FileSource, Task, words

UPOS = words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
NER = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")

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
        "dev": (
            FileSource("xnli/dev-{lang}.tsv", "tsv", (*_PAIR, "label")),
            FileSource(
                "xnli/XNLI-1.0/xnli.dev.tsv", "table", where={"language": "{lang}"}, options={"rename": _XNLI_COLUMNS}
            ),
        ),
        "test": (
            # XTREME's own test files carry no labels: they need the file beside them.
            FileSource("xnli/test-{lang}.tsv", "tsv", _PAIR, labels="labels/xnli/test-{lang}.tsv"),
            FileSource(
                "xnli/XNLI-1.0/xnli.test.tsv", "table", where={"language": "{lang}"}, options={"rename": _XNLI_COLUMNS}
            ),
            FileSource("xnli/test-{lang}.tsv", "tsv", (*_PAIR, "label")),
        ),
    },
    expected={"dev": 2_490, "test": 5_010},
    licence="CC BY-NC 4.0",
    citation="Conneau et al. 2018",
)

XQUAD = Task(
    name="xquad",
    title="XQuAD",
    type="question_answering",
    languages=words("en es de el ru tr ar vi th zh hi"),
    metrics=("f1", "exact_match"),
    reader=read_question,
    trains_on="squad_v1",
    selects_on="squad_v1",
    files={"test": (FileSource("xquad/xquad.{lang}.json", "squad"),)},
    expected={"test": 1_190},
    licence="CC BY-SA 4.0",
    citation="Artetxe et al. 2020",
)

UDPOS = Task(
    name="udpos",
    title="Universal Dependencies part-of-speech tags",
    type="tagging",
    languages=words(
        "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
    ),
    labels=UPOS,
    metrics=("pos_f1", "token_accuracy"),
    reader=read_tags("pos_tags", UPOS),
    files={
        split: (
            FileSource(f"udpos/{split}-{{lang}}.tsv", "tags", options={"tag": "pos_tags"}),
            FileSource(f"udpos/ud-treebanks*/UD_{{name}}-*/*-ud-{split}.conllu", "conllu"),
        )
        for split in ("train", "dev", "test")
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
        "tr et fi hu"
    ),
    labels=NER,
    metrics=("span_f1",),
    reader=read_tags("ner_tags", NER),
    files={
        "train": (
            FileSource("panx/train-{lang}.tsv", "tags", options={"tag": "ner_tags"}),
            FileSource("panx_dataset/{lang}/train", "tags", options={"tag": "ner_tags", "prefix": "{lang}:"}),
        ),
        "dev": (
            FileSource("panx/dev-{lang}.tsv", "tags", options={"tag": "ner_tags"}),
            FileSource("panx_dataset/{lang}/dev", "tags", options={"tag": "ner_tags", "prefix": "{lang}:"}),
        ),
        "test": (
            FileSource(
                "panx/test-{lang}.tsv", "tags", labels="labels/panx/test-{lang}.tsv", options={"tag": "ner_tags"}
            ),
            FileSource("panx_dataset/{lang}/test", "tags", options={"tag": "ner_tags", "prefix": "{lang}:"}),
            FileSource("panx/test-{lang}.tsv", "tags", options={"tag": "ner_tags"}),
        ),
    },
    expected={"train": 20_000},
    licence="not stated; text from Wikipedia",
    citation="Pan et al. 2017; Rahimi et al. 2019",
)

TATOEBA = Task(
    name="tatoeba",
    title="Tatoeba sentence retrieval",
    type="sentence_retrieval",
    languages=words(
        "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
    ),
    train_languages=(),
    metrics=("accuracy",),
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
    expected={"test": 1_000},
    licence="CC BY 2.0 FR",
    citation="Artetxe and Schwenk 2019",
)

XTREME = (XNLI, XQUAD, UDPOS, PANX, TATOEBA)
