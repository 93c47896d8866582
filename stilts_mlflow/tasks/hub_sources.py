"""Where the tasks lie on the Hugging Face Hub: task -> split -> try-list. The first source that serves wins.

Repositories move from loading scripts, which `datasets` no longer runs, to Parquet files at different times, so a
source is tried on main, then on the branch into which the Hub's bot converts, then in another repository with the
same rows. Sets whose repository is pinned are tried at that commit alone.

No source: CCG (licensed by the LDC), C-XNLI, myXNLI, the templates of MultiCheckList, raw text and translation pairs
for pretraining (`text/`, `bitext/` of `data=files`). PAWS-X is not taken from `google/xtreme`, which lost rows of it to
csv quoting; BUCC not from the sets that hold the gold pairs alone, in which there is nothing to mine.
"""

from collections.abc import Iterator
from dataclasses import replace

from stilts_mlflow.tasks.language_codes import AFRICAN, AMERICAN, FLORES
from stilts_mlflow.tasks.task import HubSource, Split, words

CONVERTED = "refs/convert/parquet"
"""Branch of the Hub's bot: `<config>/<split>/*.parquet`."""

Sources = dict[Split, tuple[HubSource, ...]]

_NLI = {"label": words("entailment neutral contradiction")}
_UPOS = words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
_NER = words("O B-PER I-PER B-ORG I-ORG B-LOC I-LOC")
_XTREME = "google/xtreme"


def _tries(sources: tuple[HubSource, ...]) -> Iterator[HubSource]:
    """Each source on main and on the converted branch, or as it is pinned."""
    for source in sources:
        yield source
        if source.revision is None:
            yield replace(source, revision=CONVERTED)


def _splits(names: dict[Split, str], *sources: HubSource) -> Sources:
    """The same sources for several splits, by the Hub's names of these."""
    return {ours: tuple(_tries(tuple(replace(s, split=name) for s in sources))) for ours, name in names.items()}


_TRAIN_DEV: dict[Split, str] = {"train": "train", "dev": "validation"}
_DEV_TEST: dict[Split, str] = {"dev": "validation", "test": "test"}
_ALL: dict[Split, str] = {**_TRAIN_DEV, "test": "test"}


def _anli(number: int) -> Sources:
    """One round of ANLI; the rounds are splits of one repository."""
    names: dict[Split, str] = {"train": f"train_r{number}", "dev": f"dev_r{number}", "test": f"test_r{number}"}
    return _splits(names, HubSource("facebook/anli", "plain_text", columns={"uid": "id"}, labels=_NLI))


_MNLI: dict[Split, str] = {"train": "train", "dev": "validation_matched"}

_TRANSLATED: dict[Split, str] = {"translated": "train"}
_XNLI_TRAIN = HubSource(
    "facebook/xnli", "{lang}", labels=_NLI, languages=words("ar bg de el es fr hi ru sw th tr ur vi zh")
)
_MLQA_COMMIT = "397ed406c1a7902140303e7faf60fff35b58d285"
"""Of the conversion to Parquet, which lighteval uses too."""
_MLQA_TRAIN = HubSource(
    "facebook/mlqa",
    "mlqa-translate-train.{lang}",
    revision=_MLQA_COMMIT,
    languages=words("ar de es hi vi zh"),
)

INTERMEDIATE: dict[str, Sources] = {
    "mnli": _splits(_MNLI, HubSource("nyu-mll/glue", "mnli", labels=_NLI), HubSource("nyu-mll/multi_nli", labels=_NLI))
    | _splits(_TRANSLATED, _XNLI_TRAIN),
    "snli": _splits(_ALL, HubSource("stanfordnlp/snli", "plain_text", labels=_NLI)),
    "anli_r1": _anli(1),
    "anli_r2": _anli(2),
    "anli_r3": _anli(3),
    "qqp": _splits(_TRAIN_DEV, HubSource("nyu-mll/glue", "qqp", labels={"label": ("not_duplicate", "duplicate")})),
    "squad_v1": _splits(_TRAIN_DEV, HubSource("rajpurkar/squad", "plain_text")) | _splits(_TRANSLATED, _MLQA_TRAIN),
    "squad_v2": _splits(_TRAIN_DEV, HubSource("rajpurkar/squad_v2", "squad_v2")),
    "hellaswag": _splits(_TRAIN_DEV, HubSource("Rowan/hellaswag")),
    "cosmos_qa": _splits(_TRAIN_DEV, HubSource("allenai/cosmos_qa"), HubSource("Samsoup/cosmos_qa")),
    "commonsense_qa": _splits(_TRAIN_DEV, HubSource("tau/commonsense_qa")),
    "social_iqa": _splits(_TRAIN_DEV, HubSource("allenai/social_i_qa"), HubSource("lighteval/siqa")),
    "copa": _splits(_TRAIN_DEV, HubSource("aps/super_glue", "copa")),
}

_PAWSX = HubSource("google-research-datasets/paws-x", "{lang}", labels={"label": ("0", "1")})
_XNLI_IN_XTREME = HubSource(
    _XTREME,
    "XNLI",
    columns={"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"},
    labels=_NLI,
    where={"language": "{lang}"},
)


def _tydiqa() -> Sources:
    """The test set is kept back: XTREME tests on what others validate on, and so does everyone since."""
    source = HubSource("google-research-datasets/tydiqa", "secondary_task", prefix="{name}-")
    english = replace(source, languages=("en",))
    return _splits(_TRAIN_DEV, english) | _splits({"test": "validation"}, source)


def _udpos() -> Sources:
    """Kazakh, Thai, Tagalog and Yoruba have no development set; what XTREME-R adds is not in this repository."""
    added = words("lt pl uk wo ro")
    source = HubSource(_XTREME, "udpos.{name}", labels={"pos_tags": _UPOS}, shape="numbered", lacks=added)
    found = _splits(_ALL, source)
    return found | {"dev": tuple(replace(one, lacks=(*added, *words("kk th tl yo"))) for one in found["dev"])}


def _mlqa(question: str) -> Sources:
    """Questions in a language (`{lang}`: that of the context)."""
    pair = f"{{lang}}.{question}"
    first = HubSource("facebook/mlqa", f"mlqa.{pair}", revision=_MLQA_COMMIT)
    return _splits(_DEV_TEST, first, HubSource(_XTREME, f"MLQA.{pair}"))


def _tatoeba() -> Sources:
    """The same pairs in the order of the original files, in two repositories."""
    first = HubSource(
        "mteb/tatoeba-bitext-mining",
        "{iso3}-eng",
        "test",
        "69e8f12da6e31d59addadda9a9c8a2e601a0e282",
        columns={"sentence1": "source", "sentence2": "target"},
        shape="aligned",
    )
    names = {"source_sentence": "source", "target_sentence": "target"}
    second = HubSource(_XTREME, "tatoeba.{iso3}", "validation", columns=names, shape="aligned")
    return {"test": tuple(_tries((first, second)))}


TARGETS: dict[str, Sources] = {
    "xnli": {
        "train": INTERMEDIATE["mnli"]["train"],
        **_splits(_DEV_TEST, HubSource("facebook/xnli", "{lang}", labels=_NLI), _XNLI_IN_XTREME),
    },
    "pawsx": _splits(_ALL, _PAWSX) | _splits(_TRANSLATED, replace(_PAWSX, languages=words("de es fr ja ko zh"))),
    "udpos": _udpos(),
    "panx": _splits(
        _ALL,
        HubSource("unimelb-nlp/wikiann", "{lang}", labels={"ner_tags": _NER}, shape="numbered"),
        HubSource(
            _XTREME,
            "PAN-X.{lang}",
            labels={"ner_tags": _NER},
            shape="numbered",
            lacks=words("qu pl uk az lt pa gu ro"),
        ),
    ),
    "xquad": _splits({"test": "validation"}, HubSource("google/xquad", "xquad.{lang}")),
    "xquad_r": _splits({"test": "validation"}, HubSource("google-research-datasets/xquad_r", "{lang}")),
    "mlqa": _mlqa("{lang}"),
    **{f"mlqa_q_{question}": _mlqa(question) for question in words("en es de ar hi vi zh")},
    "tydiqa": _tydiqa(),
    "bucc2018": {
        "test": (
            HubSource("mteb/BUCC", "{lang}-en", "test", "414572247440f0ccacf7eb0bb70a31533a0e5443", shape="mined"),
        )
    },
    "tatoeba": _tatoeba(),
    # The Estonian rows ask what the original asks; other languages do not throughout (`data/xcopa.py`).
    "xcopa": _splits(_DEV_TEST, HubSource("cambridgeltl/xcopa", "{lang}", questions="et")),
}

_MASAKHANE_TAGS = words("NOUN PUNCT ADP NUM SYM SCONJ ADJ PART DET CCONJ PROPN PRON X ADV INTJ VERB AUX")

LOW_RESOURCE: dict[str, Sources] = {
    "americas_nli": _splits(_DEV_TEST, HubSource("nala-cub/americas_nli", "{code}", labels=_NLI, codes=AMERICAN)),
    "kornli": _splits(_DEV_TEST, HubSource("kakaobrain/kor_nli", "xnli", labels=_NLI, languages=("ko",))),
    "masakhaner": _splits(
        _DEV_TEST,
        HubSource(
            "masakhane/masakhaner2",
            "{code}",
            labels={"ner_tags": (*_NER, "B-DATE", "I-DATE")},
            shape="numbered",
            codes=AFRICAN,
        ),
    ),
    "masakhapos": _splits(
        _DEV_TEST,
        HubSource(
            "masakhane/masakhapos",
            "{code}",
            columns={"upos": "pos_tags"},
            labels={"pos_tags": _MASAKHANE_TAGS},
            shape="numbered",
            codes=AFRICAN,
        ),
    ),
    "belebele": _splits({"test": "test"}, HubSource("facebook/belebele", "{code}", codes=FLORES)),
}

HUB: dict[str, Sources] = INTERMEDIATE | TARGETS | LOW_RESOURCE
"""By the names of the tasks; one that has no row (yet) is not used."""
