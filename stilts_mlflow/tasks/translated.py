"""Public machine translations of English training sets, for the `translated` of a row.

Only translations of *training* data: those of HellaSwag (Okapi) and CommonsenseQA (X-CSQA) are of the sets that select
checkpoints here, and XNLI's and XCOPA's translate-test files go the other way, into English. QQP has none that is
public. The Hub has the same as:

| task | repository | configuration, split |
|---|---|---|
| mnli | facebook/xnli | `<lang>`, train |
| squad_v1 | facebook/mlqa | `mlqa-translate-train.<lang>`, train |
| squad_v2 | ccasimiro/squad_es | `v2.0.0`, train (Spanish) |
| pawsx | google-research-datasets/paws-x | `<lang>`, train |
"""

from stilts_mlflow.tasks.task import FileSource

_PAIR = {"hypo": "hypothesis"}

MNLI_TRANSLATED = (
    FileSource("xnli/XNLI-MT-1.0/multinli/multinli.train.{lang}.tsv", "table", options={"rename": _PAIR}),
    # Made by XTREME's authors with another system; English first, no header.
    FileSource(
        "xnli/translate-train/en-{lang}-translated.tsv",
        "tsv",
        ("english_premise", "english_hypothesis", "premise", "hypothesis", "label"),
    ),
)
"""Their label is `contradictory`."""

PAWSX_TRANSLATED = (
    FileSource("pawsx/x-final/{lang}/translated_train.tsv", "table"),
    FileSource(
        "pawsx/translate-train/en-{lang}-translated.tsv",
        "tsv",
        ("english_sentence1", "english_sentence2", "sentence1", "sentence2", "label"),
    ),
)

SQUAD_V1_TRANSLATED = (
    FileSource("mlqa/mlqa-translate-train/{lang}_squad-translate-train-train-v1.1.json", "squad"),
    FileSource("mlqa-translate-train/{lang}_squad-translate-train-train-v1.1.json", "squad"),
    FileSource("squad/translate-train/squad.translate.train.en-{lang}.json", "squad"),
    FileSource("SQuAD-{lang}-v1.1/train-v1.1-{lang}.json", "squad"),
)
"""MLQA's, XTREME's, and SQuAD-es (translate-align-retrieve, Carrino et al. 2020), the last in Spanish only."""

SQUAD_V2_TRANSLATED = (FileSource("SQuAD-{lang}-v2.0/train-v2.0-{lang}.json", "squad"),)
"""SQuAD-es; some of its answers are empty, and such a question is dropped."""
