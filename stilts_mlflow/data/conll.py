"""Tagged text: `token TAB tag` files, CoNLL-U, and the layer files of the Parallel Meaning Bank."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

Rows = list[dict[str, Any]]
Numbered = list[tuple[int, str]]

ZWNJ = "\u200c"
RANKS = {
    "es": ("VERB", "AUX", "PRON", "ADP", "DET"),
    "fr": ("VERB", "AUX", "PRON", "NOUN", "ADJ", "ADV", "ADP", "DET", "PART", "SCONJ"),
    "it": ("VERB", "AUX", "ADV", "PRON", "ADP", "DET", "INTJ"),
}
DEFAULT_RANK = tuple(
    "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT".split()  # noqa: SIM905
)
"""Which part of a fused form gives it its tag when two are equally high in the tree (UD conversion tools)."""


def read_tags(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """One `token TAB tag` a line, sentences apart by an empty line; tags may stand in a file of their own.

    `options`: `tag`, the Hub's name of the tag column; `prefix`, which every token carries (`en:`).
    """
    tag_lines = lines_of(labels) if labels is not None else None
    lines = lines_of(path)
    if tag_lines is not None and len(tag_lines) != len(lines):
        raise InputError(f"{labels}: {len(tag_lines)} lines for the {len(lines)} of {path}")
    rows: Rows = []
    prefix = str(source.options.get("prefix", ""))
    for sentence in sentences(lines):
        tokens, tags = [], []
        for number, line in sentence:
            token, *rest = line.split("\t")
            if tag_lines is not None:
                rest = [tag_lines[number - 1].strip()]
            if len(rest) > 1 or (rest and not rest[0]):
                raise InputError(f"{path}:{number}: expected token TAB tag, found {line!r}")
            if prefix and not token.startswith(prefix):
                raise InputError(f"{path}:{number}: token {token!r} does not begin with {prefix!r}")
            tokens.append(token.removeprefix(prefix))
            tags += rest
        if tags and len(tags) != len(tokens):
            raise InputError(f"{path}:{sentence[0][0]}: {len(tokens)} tokens, {len(tags)} tags in a sentence")
        rows.append({"id": str(len(rows)), "tokens": tokens, source.options["tag"]: tags or None})
    return rows


def read_tag_words(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """The words of a tagged file as raw text."""
    found = [" ".join(line.split("\t")[0] for _, line in sentence) for sentence in sentences(lines_of(path))]
    return [{"id": str(i), "text": text, "language": path.stem.rpartition("-")[2]} for i, text in enumerate(found)]


def sentences(lines: Sequence[str]) -> Iterator[Numbered]:
    """Runs of non-empty lines with their numbers (from 1)."""
    current: Numbered = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip(" \t"):
            current.append((number, line))
        elif current:
            yield current
            current = []


def read_conllu(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """Universal Dependencies as XTREME prepares them (`utils_preprocess.py: udpos_preprocess`, `ud-conversion-tools`).

    A multiword token takes the place of its parts, with the tag of the part highest in the tree; empty nodes go;
    ZWNJ and spaces inside words go; sentences whose words are all `_` go.
    """
    rank = RANKS.get(path.name.partition("_")[0], DEFAULT_RANK)
    rows: Rows = []
    for sentence in sentences(lines_of(path)):
        words: dict[int, list[str]] = {}
        fused: dict[int, tuple[int, str]] = {}
        for number, line in sentence:
            if line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != 10:
                raise InputError(f"{path}:{number}: {len(cells)} columns; CoNLL-U has 10")
            if "-" in cells[0]:
                first, last = map(int, cells[0].split("-"))
                fused[first] = (last, cells[1])
            elif "." not in cells[0]:
                words[int(cells[0])] = cells
        tokens, tags = fuse(words, fused, rank)
        if any(token != "_" for token in tokens):
            rows.append({"id": str(len(rows)), "tokens": tokens, "pos_tags": tags})
    return rows


def fuse(
    words: Mapping[int, list[str]], fused: Mapping[int, tuple[int, str]], rank: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Words and tags with every multiword token in the place of its parts."""
    tokens, tags, covered = [], [], 0
    for index, cells in words.items():
        if index <= covered:
            continue
        form, tag = cells[1], cells[3]
        if index in fused:
            covered, form = fused[index]
            tag = words[span_head(range(index, covered + 1), words, rank)][3]
        token = form.replace(ZWNJ, "").replace(" ", "")
        if token:
            tokens.append(token)
            tags.append(tag)
    return tokens, tags


def span_head(span: range, words: Mapping[int, list[str]], rank: Sequence[str]) -> int:
    """Index nearest to the root; of several the one whose tag comes first in `rank`, then the first."""
    depths = {index: depth(index, words) for index in span if index in words}
    top = [index for index, value in depths.items() if value == min(depths.values())]
    return min(top, key=lambda i: rank.index(words[i][3]) if words[i][3] in rank else len(rank))


def depth(index: int, words: Mapping[int, list[str]]) -> int:
    """Steps to the root; a circle in the tree ends the count."""
    steps = 0
    while index in words and words[index][6].isdigit() and steps <= len(words):
        index, steps = int(words[index][6]), steps + 1
    return steps


def read_pmb(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """Layer files of the Parallel Meaning Bank: 7 columns, token first, CCG category fifth; `#` lines are comments."""
    rows: Rows = []
    for sentence in sentences(lines_of(path)):
        tokens, tags = [], []
        for number, line in sentence:
            # A comment has no tabs but in the header; a token may itself begin with '#'.
            if line.startswith("#") and (line.count("\t") < 6 or line.startswith("# tok")):
                continue
            cells = line.split("\t")
            if len(cells) != 7:
                raise InputError(f"{path}:{number}: {len(cells)} columns; the layer files have 7")
            tokens.append(cells[0])
            tags.append(cells[4])
        if tokens:
            rows.append({"id": str(len(rows)), "tokens": tokens, "tags": tags})
    return rows
