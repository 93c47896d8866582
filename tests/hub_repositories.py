"""Repositories for the replica of the Hub: rows of our own in the schemas of the public ones.

One `Held` a task, split and language: where the rows lie, what they are, and what the reader must get of the first.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import datasets
from datasets import ClassLabel, Features, Value

from stilts_mlflow.tasks.hub_sources import CONVERTED
from stilts_mlflow.tasks.task import words
from tests.hub_replica import MAIN, Replica

Rows = list[dict[str, Any]]

TEXT, INT = Value("string"), Value("int32")
NLI = ClassLabel(names=words("entailment neutral contradiction"))
UPOS = ClassLabel(names=words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"))
NER = ClassLabel(names=words("O B-PER I-PER B-ORG I-ORG B-LOC I-LOC"))
DATED = ClassLabel(names=[*NER.names, "B-DATE", "I-DATE"])
PAIR = {"premise": TEXT, "hypothesis": TEXT, "label": NLI}
QUESTION = {"id": TEXT, "title": TEXT, "context": TEXT, "question": TEXT}
LISTS = {**QUESTION, "answers": {"text": datasets.List(TEXT), "answer_start": datasets.List(INT)}}
RECORDS = {**QUESTION, "answers": datasets.List({"text": TEXT, "answer_start": INT})}
ALIGNED = {"sentence1": TEXT, "sentence2": TEXT}


@dataclass(frozen=True)
class Held:
    """Rows of a split as a repository holds them, and part of the first row as the reader gets it."""

    task: str
    split: str
    language: str
    repo: str
    place: str
    """`config/split` of the repository."""
    features: Mapping[str, Any]
    rows: Rows
    first: Mapping[str, Any]
    revision: str = MAIN
    commit: str = ""

    @property
    def id(self) -> str:
        """`task/language/split`."""
        return f"{self.task}/{self.language}/{self.split}"


def pairs(**more: Any) -> Rows:
    """Two sentence pairs with an answer each, and one on which annotators did not agree."""
    texts = (("The baker sells bread.", "Bread is sold.", 0), ("It rains.", "It is dry.", 2), ("A.", "B.", -1))
    return [{"premise": one, "hypothesis": two, "label": label, **more} for one, two, label in texts]


def questions(prefix: str = "q", *, records: bool = False, unanswerable: bool = False) -> Rows:
    """Two questions about one text; the second has no answer if so asked."""
    context = "Ada sells bread in Lisbon."
    spans = [[("bread", 10), ("bread in Lisbon", 10)], [] if unanswerable else [("Lisbon", 19)]]
    return [
        {
            "id": f"{prefix}{number}",
            "title": "Ada",
            "context": context,
            "question": f"Question {number}?",
            "answers": [{"text": text, "answer_start": start} for text, start in found]
            if records
            else {"text": [text for text, _ in found], "answer_start": [start for _, start in found]},
        }
        for number, found in enumerate(spans)
    ]


def tagged(column: str, *tags: Sequence[int]) -> Rows:
    """One sentence a sequence of tag numbers."""
    return [{"tokens": [f"w{i}" for i in range(len(one))], column: list(one)} for one in tags]


ANSWERED = {"answers": {"text": ["bread", "bread in Lisbon"], "answer_start": [10, 10]}}
FIRST_PAIR = {"premise": "The baker sells bread.", "label": "entailment"}
PREMISE = {"premise": "Ada ran.", "question": "effect"}
ASKED = {"premise": "Ada ran.", "question": "cause"}
BELEBELE = {
    "link": "https://example.org/one",
    "question_number": 1,
    "flores_passage": "Ada fell.",
    "question": "Who?",
    **{f"mc_answer{i}": str(i) for i in range(1, 5)},
    "correct_answer_num": "3",
    "dialect": "zho_Hans",
}
HELLASWAG = {
    "ind": 4,
    "activity_label": "Baking",
    "ctx_a": "Ada bakes.",
    "ctx_b": "she",
    "ctx": "Ada bakes. she",
    "endings": ["eats.", "sleeps.", "swims.", "flies."],
    "source_id": "own~1",
    "split": "train",
    "split_type": "indomain",
    "label": "0",
}
SOCIAL = {"context": "Ada fell.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c", "label": "2"}
COSMOS = {
    "id": "c1",
    "context": "Ada fell.",
    "question": "Why?",
    **{f"answer{i}": str(i) for i in range(4)},
    "label": 3,
}
FIVE = {"label": list("ABCDE"), "text": ["bread", "sand", "air", "glass", "rope"]}
COMMON = {"id": "1", "question": "What is eaten?", "question_concept": "eat", "choices": FIVE, "answerKey": "A"}
MLQA_PIN = "397ed406c1a7902140303e7faf60fff35b58d285"
TATOEBA_PIN = "69e8f12da6e31d59addadda9a9c8a2e601a0e282"
BUCC_PIN = "414572247440f0ccacf7eb0bb70a31533a0e5443"
MINED = {
    "sentence1": ["Brot.", "Allein.", "Regen."],
    "sentence2": ["Rain.", "Alone.", "Bread."],
    "gold": [[1, 3], [3, 1]],
}
XTREME_NLI = [
    {"language": code, "sentence1": f"{code} one", "sentence2": "two", "gold_label": "neutral"} for code in ("de", "sw")
]


def features_of(row: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Features of a row of texts, numbers and lists of texts."""
    kinds = {str: TEXT, int: INT, list: datasets.List(TEXT)}
    return {name: given.get(name) or kinds[type(value)] for name, value in row.items()}


def anli(number: int) -> Iterator[Held]:
    """A round, in a repository that has the rounds as splits."""
    rows = [{"uid": f"u{i}", **row, "reason": ""} for i, row in enumerate(pairs()[:2])]
    features = {"uid": TEXT, **PAIR, "reason": TEXT}
    for split in ("train", "dev", "test"):
        place = f"plain_text/{split}_r{number}"
        yield Held(f"anli_r{number}", split, "en", "facebook/anli", place, features, rows, {"id": "u0", **FIRST_PAIR})


def cross_pairs() -> Iterator[Held]:
    """One context language of every question language of MLQA."""
    for question in words("en es de ar hi vi zh"):
        context = "en" if question != "en" else "de"
        place = f"mlqa.{context}.{question}/test"
        name = f"mlqa_q_{question}"
        yield Held(name, "test", context, "facebook/mlqa", place, LISTS, questions(), ANSWERED, MLQA_PIN, MLQA_PIN)


INDEXED = {**PAIR, "idx": INT}
QQP = {"question1": TEXT, "question2": TEXT, "label": ClassLabel(names=["not_duplicate", "duplicate"]), "idx": INT}
PAWS = {"id": INT, "sentence1": TEXT, "sentence2": TEXT, "label": ClassLabel(names=["0", "1"])}
COPA = {"premise": TEXT, "choice1": TEXT, "choice2": TEXT, "question": TEXT, "idx": INT}
COPA_ROW = {"premise": "Ada ran.", "choice1": "Tired.", "choice2": "Cold.", "question": "effect", "idx": 0, "label": 0}
COPA_LABEL = ClassLabel(names=["choice1", "choice2"])
BITEXT = {"source": "Brot.", "target": "Bread.", "source_order": 0, "id": "0"}

HELD = [
    Held("mnli", "train", "en", "nyu-mll/glue", "mnli/train", INDEXED, pairs(idx=0), FIRST_PAIR),
    Held("mnli", "dev", "en", "nyu-mll/glue", "mnli/validation_matched", INDEXED, pairs(idx=0)[:2], FIRST_PAIR),
    Held("snli", "train", "en", "stanfordnlp/snli", "plain_text/train", PAIR, pairs(), FIRST_PAIR),
    Held("mnli", "translated", "de", "facebook/xnli", "de/train", PAIR, pairs()[:2], FIRST_PAIR),
    Held(
        "squad_v1",
        "translated",
        "zh",
        "facebook/mlqa",
        "mlqa-translate-train.zh/train",
        LISTS,
        questions(),
        ANSWERED,
        MLQA_PIN,
        MLQA_PIN,
    ),
    *anli(1),
    *anli(2),
    *anli(3),
    Held(
        "qqp",
        "dev",
        "en",
        "nyu-mll/glue",
        "qqp/validation",
        QQP,
        [{"question1": "Is it?", "question2": "It is?", "label": 1, "idx": 0}],
        {"question1": "Is it?", "label": "duplicate"},
    ),
    Held("squad_v1", "train", "en", "rajpurkar/squad", "plain_text/train", LISTS, questions(), ANSWERED),
    Held("squad_v1", "dev", "en", "rajpurkar/squad", "plain_text/validation", LISTS, questions(), ANSWERED),
    Held(
        "squad_v2",
        "train",
        "en",
        "rajpurkar/squad_v2",
        "squad_v2/train",
        RECORDS,
        questions(records=True, unanswerable=True),
        ANSWERED,
    ),
    Held(
        "hellaswag", "train", "en", "Rowan/hellaswag", "default/train", features_of(HELLASWAG), [HELLASWAG], HELLASWAG
    ),
    Held("hellaswag", "dev", "en", "Rowan/hellaswag", "default/validation", features_of(HELLASWAG), [HELLASWAG], {}),
    Held("cosmos_qa", "dev", "en", "Samsoup/cosmos_qa", "default/validation", features_of(COSMOS), [COSMOS], COSMOS),
    Held(
        "commonsense_qa",
        "train",
        "en",
        "tau/commonsense_qa",
        "default/train",
        features_of(COMMON, choices=datasets.List({"label": TEXT, "text": TEXT})),
        [{**COMMON, "choices": [dict(zip(FIVE, pair, strict=True)) for pair in zip(*FIVE.values(), strict=True)]}],
        COMMON,
    ),
    Held(
        "social_iqa",
        "train",
        "en",
        "allenai/social_i_qa",
        "default/train",
        features_of(SOCIAL),
        [SOCIAL],
        SOCIAL,
        revision=CONVERTED,
    ),
    Held("copa", "train", "en", "aps/super_glue", "copa/train", {**COPA, "label": COPA_LABEL}, [COPA_ROW], PREMISE),
    Held("xnli", "dev", "en", "facebook/xnli", "en/validation", PAIR, pairs()[:2], FIRST_PAIR),
    Held("xnli", "test", "sw", "facebook/xnli", "sw/test", PAIR, pairs()[:2], FIRST_PAIR),
    Held(
        "xnli",
        "test",
        "de",
        "google/xtreme",
        "XNLI/test",
        features_of(XTREME_NLI[0]),
        XTREME_NLI,
        {"premise": "de one", "hypothesis": "two", "label": "neutral"},
    ),
    Held(
        "pawsx",
        "test",
        "de",
        "google-research-datasets/paws-x",
        "de/test",
        PAWS,
        [{"id": 1, "sentence1": "a", "sentence2": "b", "label": 1}],
        {"sentence1": "a", "label": "1"},
    ),
    Held(
        "udpos",
        "train",
        "en",
        "google/xtreme",
        "udpos.English/train",
        {"tokens": datasets.List(TEXT), "pos_tags": datasets.List(UPOS)},
        tagged("pos_tags", [7, 15], [12]),
        {"tokens": ["w0", "w1"], "pos_tags": ["NOUN", "VERB"]},
    ),
    Held(
        "udpos",
        "test",
        "th",
        "google/xtreme",
        "udpos.Thai/test",
        {"tokens": datasets.List(TEXT), "pos_tags": datasets.List(UPOS)},
        tagged("pos_tags", [0]),
        {"id": "0", "pos_tags": ["ADJ"]},
    ),
    Held(
        "panx",
        "test",
        "sw",
        "unimelb-nlp/wikiann",
        "sw/test",
        {"tokens": datasets.List(TEXT), "ner_tags": datasets.List(NER), "langs": datasets.List(TEXT)},
        [{**row, "langs": ["sw"] * len(row["tokens"])} for row in tagged("ner_tags", [5, 6, 0], [1])],
        {"tokens": ["w0", "w1", "w2"], "ner_tags": ["B-LOC", "I-LOC", "O"]},
    ),
    Held("xquad", "test", "de", "google/xquad", "xquad.de/validation", LISTS, questions(), ANSWERED),
    Held("xquad_r", "test", "de", "google-research-datasets/xquad_r", "de/validation", LISTS, questions(), ANSWERED),
    Held("mlqa", "test", "de", "facebook/mlqa", "mlqa.de.de/test", LISTS, questions(), ANSWERED, MLQA_PIN, MLQA_PIN),
    Held(
        "tydiqa",
        "test",
        "sw",
        "google-research-datasets/tydiqa",
        "secondary_task/validation",
        LISTS,
        [*questions("finnish-"), *questions("swahili-")],
        {"id": "swahili-0", **ANSWERED},
    ),
    Held(
        "bucc2018",
        "test",
        "de",
        "mteb/BUCC",
        "de-en/test",
        {name: datasets.List(TEXT) for name in ALIGNED} | {"gold": datasets.List(datasets.List(INT))},
        [MINED],
        {"id": "foreign-3 en-1", "source": "Regen.", "target": "Rain.", "source_order": 2},
        BUCC_PIN,
        BUCC_PIN,
    ),
    Held(
        "tatoeba",
        "test",
        "de",
        "mteb/tatoeba-bitext-mining",
        "deu-eng/test",
        ALIGNED,
        [{"sentence1": "Regen.", "sentence2": "Rain."}, {"sentence1": "Brot.", "sentence2": "Bread."}],
        {**BITEXT, "source_order": 1},
        TATOEBA_PIN,
        TATOEBA_PIN,
    ),
    Held(
        "tatoeba",
        "test",
        "sw",
        "google/xtreme",
        "tatoeba.swh/validation",
        {"source_sentence": TEXT, "target_sentence": TEXT, "source_lang": TEXT, "target_lang": TEXT},
        [{"source_sentence": "Brot.\n", "target_sentence": "Bread.\n", "source_lang": "swh", "target_lang": "eng"}],
        BITEXT,
    ),
    # Published in some languages with the other question; the Estonian row of the same number has the right one.
    Held("xcopa", "test", "sw", "cambridgeltl/xcopa", "sw/test", {**COPA, "label": INT}, [COPA_ROW], ASKED),
    Held(
        "xcopa",
        "test",
        "et",
        "cambridgeltl/xcopa",
        "et/test",
        {**COPA, "label": INT},
        [{**COPA_ROW, "question": "cause"}],
        ASKED,
    ),
    *cross_pairs(),
    Held("americas_nli", "test", "qu", "nala-cub/americas_nli", "quy/test", PAIR, pairs()[:2], FIRST_PAIR),
    Held("kornli", "test", "ko", "kakaobrain/kor_nli", "xnli/test", PAIR, pairs()[:2], FIRST_PAIR),
    Held(
        "masakhaner",
        "test",
        "sw",
        "masakhane/masakhaner2",
        "swa/test",
        {"id": TEXT, "tokens": datasets.List(TEXT), "ner_tags": datasets.List(DATED)},
        [{"id": "7", **row} for row in tagged("ner_tags", [5, 7, 8], [1])],
        {"id": "0", "ner_tags": ["B-LOC", "B-DATE", "I-DATE"]},
        revision=CONVERTED,
    ),
    Held(
        "masakhapos",
        "test",
        "yo",
        "masakhane/masakhapos",
        "yor/test",
        {"id": TEXT, "tokens": datasets.List(TEXT), "upos": datasets.List(UPOS)},
        [{"id": "7", **row} for row in tagged("upos", [7, 15])],
        {"id": "0", "pos_tags": ["NOUN", "VERB"]},
    ),
    Held("belebele", "test", "zh", "facebook/belebele", "zho_Hans/test", features_of(BELEBELE), [BELEBELE], BELEBELE),
]

SCRIPTS = ("allenai/social_i_qa", "allenai/cosmos_qa")
"""Repositories whose main branch has only a loading script."""


def parquet(features: Mapping[str, Any], rows: Rows) -> bytes:
    """A Parquet file as `datasets` writes it, with its features in the metadata."""
    file = io.BytesIO()
    datasets.Dataset.from_list(rows, Features(features)).to_parquet(file)
    return file.getvalue()


def fill(hub: Replica, held: Iterable[Held] = HELD) -> None:
    """Put everything into the replica: files in folders, and a card that tells the configurations."""
    datasets.disable_progress_bars()
    cards: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for one in held:
        config, split = one.place.split("/")
        folder = f"{one.place}/0000" if one.revision == CONVERTED else f"{one.place}-00000-of-00001"
        hub.add(one.repo, {f"{folder}.parquet": parquet(one.features, one.rows)}, one.revision, one.commit)
        if one.revision != CONVERTED:
            cards.setdefault((one.repo, one.revision), {}).setdefault(config, {})[split] = f"{one.place}-*"
    for (repo, revision), configs in cards.items():
        hub.add(repo, {"README.md": card(configs)}, revision, next(o.commit for o in held if o.repo == repo))
    for repo in SCRIPTS:
        hub.add(repo, {"README.md": b"", f"{repo.split('/')[1]}.py": b"raise SystemExit"})


def card(configs: Mapping[str, Mapping[str, str]]) -> bytes:
    """README.md with the configurations and the files of their splits."""
    lines = ["---", "configs:"]
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        lines += [line for split, path in splits.items() for line in (f"  - split: {split}", f"    path: {path}")]
    return "\n".join([*lines, "---", ""]).encode()
