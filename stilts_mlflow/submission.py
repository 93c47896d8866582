"""XTREME's submission folder: `<task>/test-<language>.tsv` (questions: `.json`), as its `evaluate.py` reads it.

    text = written(task, language, examples, rows)        # rows of the predictions table
    rescored(task, language, text, examples)              # {'accuracy': 71.2}: what the official script would print

Formats: google-research/xtreme `evaluate.py` and `README.md`. Labels and indices one a line; tags one a line with a
blank line between sentences; questions `{id: answer}`; BUCC `id TAB English id`, one a mined pair; Tatoeba the 0-based
line in the foreign file for each English sentence, these in alphabetical order.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stilts_mlflow.benchmark import METRICS_OF, XTREME
from stilts_mlflow.errors import InputError
from stilts_mlflow.metrics import compute
from stilts_mlflow.predictions import unflat
from stilts_mlflow.tasks.examples import BitextExample, Example, PairExample, QuestionExample, TaggingExample

LABELS = {"xnli": ("entailment", "neutral", "contradiction"), "pawsx": ("0", "1")}
"""Label strings of the official files."""
Rows = Sequence[Mapping[str, Any]]


def file_name(task: str, language: str) -> str:
    """Path inside the folder."""
    return f"{task}/test-{language}.{'json' if task in XTREME.groups['qa'] else 'tsv'}"


def written(task: str, language: str, examples: Sequence[Example], rows: Rows) -> str:
    """Content of a file. `rows`: of the predictions table, for retrieval of the neighbour table, in any order.

    InputError where rows and examples are not the same, or a prediction is nothing that the file can hold.
    """
    where = f"{task}/{language}"
    if task == "tatoeba":
        return neighbours(where, examples, rows)
    if task == "bucc2018":
        return mined(where, examples, rows)
    values = [value for _, value in joined(where, examples, rows)]
    if task in XTREME.groups["qa"]:
        answers = {example.id: value for example, value in zip(examples, values, strict=True)}
        return json.dumps(answers, ensure_ascii=False)
    if task in XTREME.groups["tagging"]:
        return "\n\n".join("\n".join(tags) for tags in values) + "\n"
    if strange := sorted(set(values) - set(LABELS[task])):
        raise InputError(f"{where}: label {strange[0]!r}; the official files have {', '.join(LABELS[task])}")
    return "\n".join(values) + "\n"


def joined(where: str, examples: Sequence[Example], rows: Rows) -> list[tuple[Example, Any]]:
    """Examples in their order, each with its prediction; InputError where the ids are not the same, each once."""
    by_id = {str(row["id"]): row for row in rows}
    if len(by_id) != len(rows):
        raise InputError(f"{where}: {len(rows)} predictions with {len(by_id)} different ids")
    if len(rows) != len(examples):
        raise InputError(f"{where}: {len(rows)} predictions, {len(examples)} examples")
    lacking = [example.id for example in examples if example.id not in by_id]
    if lacking:
        raise InputError(f"{where}: no prediction for {len(lacking)} examples, the first is {lacking[0]!r}")
    found = []
    for example in examples:
        row = by_id[example.id]
        value = unflat(row["prediction"], row["type"])
        if isinstance(example, TaggingExample) and len(value) != len(example.words):
            raise InputError(f"{where}: {example.id!r}: {len(value)} tags for {len(example.words)} words")
        found.append((example, value))
    return found


def neighbours(where: str, examples: Sequence[Example], rows: Rows) -> str:
    """Tatoeba: for each English sentence, in their order, the line of the foreign file that is nearest."""
    gold = foreign_lines(where, examples)
    found = {int(row["id"]): (int(row["prediction"]), int(row["reference"])) for row in rows}
    if len(found) != len(rows) or sorted(found) != list(range(len(gold))):
        raise InputError(f"{where}: {len(rows)} neighbours for {len(gold)} English sentences")
    other = next((place for place, right in enumerate(gold) if found[place][1] != right), None)
    if other is not None:
        raise InputError(f"{where}: the neighbours are of other data (English sentence {other}); retrieve again")
    return "\n".join(str(found[place][0]) for place in range(len(gold))) + "\n"


def foreign_lines(where: str, examples: Sequence[Example]) -> list[int]:
    """Tatoeba's gold: line of the translation of each English sentence; every sentence has one."""
    pairs = [one for one in examples if isinstance(one, BitextExample)]
    if any(one.source is None or one.target is None for one in pairs):
        raise InputError(f"{where}: sentences without a translation; the official files have none")
    english = [one.target or "" for one in pairs]
    if english != sorted(english):
        raise InputError(f"{where}: the English sentences are not in alphabetical order, which the official files need")
    # A cap leaves gaps in the foreign file: places count, as they do in the search.
    places = {line: place for place, line in enumerate(sorted(one.source_order for one in pairs))}
    return [places[one.source_order] for one in pairs]


def mined(where: str, examples: Sequence[Example], rows: Rows) -> str:
    """BUCC: the pairs that passed the threshold (`prediction` 1), sorted; `id` is that of both sides with a space."""
    theirs = {str(row["id"]) for row in rows if int(row["reference"])}
    if theirs != {f"{source} {target}" for source, target in gold_pairs(examples)}:
        raise InputError(f"{where}: the mined pairs are of other data (their gold pairs differ); retrieve again")
    pairs = sorted(str(row["id"]) for row in rows if int(row["prediction"]))
    return "".join("\t".join(pair.split(" ")) + "\n" for pair in pairs)


def gold_pairs(examples: Sequence[Example]) -> set[tuple[str, str]]:
    """BUCC's gold pairs of ids."""
    pairs = [one for one in examples if isinstance(one, BitextExample) and one.source is not None]
    found = {tuple(one.id.split(" ")) for one in pairs if one.target is not None}
    if any(len(pair) != 2 for pair in found):
        raise InputError("bucc2018: a pair whose id is not that of both sides with a space between")
    return {(pair[0], pair[1]) for pair in found}


def rescored(task: str, language: str, text: str, examples: Sequence[Example]) -> dict[str, float]:
    """Points by metric of a file's content, read and scored as the official script does.

    InputError for unequal numbers of lines, sentences or words, and for a question without an answer.
    """
    where = f"{task}/{language}"
    if task == "bucc2018":
        return {"mining_f1": pair_f1({as_pair(where, line) for line in lines_of(text)}, gold_pairs(examples))}
    if task == "tatoeba":
        return right_lines(where, lines_of(text), [str(line) for line in foreign_lines(where, examples)])
    if task in XTREME.groups["qa"]:
        answers = json.loads(text)
        asked = [one for one in examples if isinstance(one, QuestionExample)]
        lacking = [one.id for one in asked if one.id not in answers]
        if lacking or len(answers) != len(asked):
            raise InputError(f"{where}: {len(answers)} answers for {len(asked)} questions")
        predicted: list[Any] = [answers[one.id] for one in asked]
        references: list[Any] = [one.answers for one in asked]
    elif task in XTREME.groups["tagging"]:
        predicted, references = sentences_of(text), [one.tags for one in examples if isinstance(one, TaggingExample)]
    else:
        predicted, references = lines_of(text), [one.label for one in examples if isinstance(one, PairExample)]
    try:
        return compute(METRICS_OF[task], predicted, references, language)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def lines_of(text: str) -> list[str]:
    """The official `read_label`: every line without outer spaces."""
    return [line.strip() for line in text.removesuffix("\n").split("\n")] if text else []


def sentences_of(text: str) -> list[list[str]]:
    """The official `read_tag`: tags of sentences that a blank line ends."""
    found: list[list[str]] = []
    sentence: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.strip():
            sentence.append(line.strip())
        else:
            found.append(sentence)
            sentence = []
    return [*found, sentence] if sentence else found


def right_lines(where: str, found: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """The official `accuracy`."""
    if len(found) != len(gold):
        raise InputError(f"{where}: {len(found)} lines, {len(gold)} sentences")
    return {"accuracy": 100 * sum(p == g for p, g in zip(found, gold, strict=True)) / len(gold)}


def as_pair(where: str, line: str) -> tuple[str, str]:
    """Both ids of a line."""
    cells = line.split("\t")
    if len(cells) != 2:
        raise InputError(f"{where}: {len(cells)} columns in {line!r}; expected 2")
    return cells[0], cells[1]


def pair_f1(found: set[tuple[str, str]], gold: set[tuple[str, str]]) -> float:
    """The official `bucc_f1`."""
    right = len(found & gold)
    if not right:
        return 0.0
    precision, recall = right / len(found), right / len(gold)
    return 100 * 2 * precision * recall / (precision + recall)
