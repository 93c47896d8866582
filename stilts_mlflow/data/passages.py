"""Ranking tasks: a query finds its candidates in a pool that all languages fill together.

Rows: `id`, `text`, `context`, `language`, `is_query`, `keys`, in an order in which the candidates that a query needs
come before it, so that a cap (`max_examples`) leaves no query without them.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import json_lines
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

Rows = list[dict[str, Any]]

log = logging.getLogger(__name__)

MENTION_LANGUAGES = ("ar", "de", "en", "es", "fa", "ja", "pl", "ro", "ta", "tr", "uk")
"""`utils_mewslix.py: MENTION_LANGUAGES`."""
_MARKED = re.compile(r"\{(.*?)\}")


def read_xquad_r(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """LAReQA's XQuAD-R: SQuAD's JSON whose paragraphs have `sentence_breaks`; the language is the file's name.

    Candidates are the sentences `context[start:end]`, the right ones those that read as the sentence in which the
    answer starts. Questions whose answer starts in none go and are counted, and a paragraph without a question gives no
    candidates (google-research/xtreme `third_party/utils_lareqa.py: load_data, generate_examples`).
    """
    try:
        articles = json.loads(path.read_bytes().decode("utf-8"))["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        rows = [row for i, one in enumerate(paragraphs, 1) for row in _paragraph(one, f"{path.stem}_{i}", path)]
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not XQuAD-R (data / paragraphs / sentence_breaks, qas): {error!r}") from error
    ids = [row["id"] for row in rows]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise InputError(f"{path}: id {twice!r} occurs twice")
    return rows


def _paragraph(paragraph: Mapping[str, Any], name: str, path: Path) -> Rows:
    """Candidates of one paragraph, then its questions."""
    context, breaks = str(paragraph["context"]), [(int(start), int(end)) for start, end in paragraph["sentence_breaks"]]
    if any(not 0 <= start < end <= len(context) for start, end in breaks):
        raise InputError(f"{path}: paragraph {name}: sentence_breaks leave the context of {len(context)} characters")
    sentences, language = [context[start:end] for start, end in breaks], path.stem
    right: dict[str, str] = {}
    questions: Rows = []
    for question in paragraph["qas"]:
        if len(question["answers"]) != 1:
            raise InputError(f"{path}: question {question['id']!r} has {len(question['answers'])} answers; expected 1")
        at = int(question["answers"][0]["answer_start"])
        sentence = next((s for s, (start, end) in zip(sentences, breaks, strict=True) if start <= at < end), None)
        if sentence is None:
            log.warning("%s: question %r left out: its answer starts in no sentence", path, question["id"])
            continue
        right[str(question["id"])] = sentence
        row = passage(str(question["id"]), str(question["question"]), language, [str(question["id"])], is_query=True)
        questions.append(row)
    candidates = [
        passage(f"{name}_{i}", sentence, language, [key for key, s in right.items() if s == sentence], context)
        for i, sentence in enumerate(sentences)
    ]
    return [*candidates, *questions] if questions else []


def passage(
    name: str, text: str, language: str, keys: Sequence[str], context: str = "", is_query: bool = False
) -> dict[str, Any]:
    """A row; a candidate unless `is_query`."""
    return {
        "id": name,
        "text": text,
        "context": context,
        "language": language,
        "is_query": is_query,
        "keys": list(keys),
    }


def read_mewslix(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """Mewsli-X: mentions in WikiNews (`path`) and the candidate entities (`labels`), both JSON lines.

    Texts as `third_party/utils_mewslix.py: preprocess_mention, preprocess_entity_description` make them. The pool is
    that of all languages together, so `part` says with which language of the task a row is read: that of the mention or
    of the description, English where the task does not have it.
    """
    if labels is None:
        raise InputError(f"{path}: the candidate entities are missing")
    entities = {str(entity["id"]): entity for entity in _entities(labels)}
    rows: Rows = []
    seen: set[str] = set()
    for number, line in json_lines(path):
        try:
            found = list(_mentions(line))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}:{number}: not a context with mentions ({error!r})") from error
        for row in found:
            if row["id"] in seen:
                raise InputError(f"{path}:{number}: id {row['id']!r} occurs twice")
            if row["keys"][0] not in entities:
                raise InputError(f"{path}:{number}: entity {row['keys'][0]!r} is not in {labels}")
            seen.add(row["id"])
            entity = entities[row["keys"][0]]
            rows += [row] if entity["id"] in seen else [entity, row]
            seen.add(entity["id"])
    return [*rows, *(entity for name, entity in entities.items() if name not in seen)]


def _entities(path: Path) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for number, line in json_lines(path):
        try:
            name, language = str(line["entity_id"]).strip(), str(line["description_language"])
            description, spans = str(line["description"]), line["sentence_spans"]
            text = " ".join(description[span["start"] : span["end"]] for span in spans)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}:{number}: not an entity ({error!r})") from error
        if name in seen:
            raise InputError(f"{path}:{number}: id {name!r} occurs twice")
        seen.add(name)
        part = language if language in MENTION_LANGUAGES else "en"
        yield {**passage(name, _on_one_line(text), language, [name]), "part": part}


def _mentions(line: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Queries of one context: the mention, and after a colon its sentence with the mention in braces."""
    context, language = str(line["context"]["text"]), str(line["context"]["language"])
    spans = [(int(span["start"]), int(span["end"])) for span in line["context"]["sentence_spans"]]
    for mention in line["mentions"]:
        start, end = int(mention["mention_span"]["start"]), int(mention["mention_span"]["end"])
        text = str(mention["mention_span"]["text"])
        if context[start:end] != text:
            raise ValueError(f"mention {text!r} is not at {start}, there is {context[start:end]!r}")
        inside = next(((a, b) for a, b in spans if a <= start and end <= b), None)
        if inside is None:
            raise ValueError(f"mention {text!r} at {start} lies in no sentence")
        left, right = (_MARKED.sub(r"(\1)", part) for part in (context[inside[0] : start], context[end : inside[1]]))
        query = _on_one_line(f"{text}: {left} {{ {text} }} {right}")
        row = passage(str(mention["example_id"]), query, language, [str(mention["entity_id"]).strip()], is_query=True)
        yield {**row, "part": language}


def _on_one_line(text: str) -> str:
    """Line breaks and double spaces become one space, as the official script does it (once, from the left)."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()
