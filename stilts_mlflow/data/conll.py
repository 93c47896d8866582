"""Tagged text: `token TAB tag` files, CoNLL-U, and the layer files of the Parallel Meaning Bank.

A row has `tokens` and one tag a token, under the Hub's name of the column.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource, words

Rows = list[dict[str, Any]]
Numbered = list[tuple[int, str]]

ZWNJ = "\u200c"
RANKS = {
    "es": words("VERB AUX PRON ADP DET"),
    "fr": words("VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ"),
    "it": words("VERB AUX ADV PRON ADP DET INTJ"),
}
DEFAULT_RANK = words("VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT")
"""Which part of a fused form gives it its tag when several are equally high in the tree.

Languages without a list of their own share one, in `conllu_to_conll.py` of ud-conversion-tools, which XTREME runs.
"""
EMPTY = "ø"
"""What the Parallel Meaning Bank inserts for a derivation and no reader would see."""


def read_tags(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """One `token TAB tag` a line, sentences apart by an empty line; tags may stand in a file of their own.

    `options`: `tag`, the Hub's name of the tag column; `prefix`, which every token carries (`en:`); `separator`, where
    it is not a tab (MasakhaNER). The tags of a sentence are None where the file has none. InputError: another number
    of columns, a sentence tagged in part.
    """
    lines = lines_of(path) if labels is None else joined(path, labels)
    rows: Rows = []
    prefix, separator = (str(source.options.get(key, usual)) for key, usual in (("prefix", ""), ("separator", "\t")))
    for sentence in sentences(lines):
        tokens, tags = [], []
        for number, line in sentence:
            token, *rest = line.rstrip(" ").split(separator) if separator == " " else line.split(separator)
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


def joined(path: Path, labels: Path) -> list[str]:
    """Lines `token TAB tag` of a file of tokens and one of tags, whose empty lines must agree."""
    lines, tags = ([line.strip(" \t") for line in lines_of(file)] for file in (path, labels))
    for column in (lines, tags):
        while column and not column[-1]:  # XTREME ends some files with two empty lines
            column.pop()
    if len(tags) != len(lines):
        raise InputError(f"{labels}: {len(tags)} lines for the {len(lines)} of {path}")
    for number, (line, tag) in enumerate(zip(lines, tags, strict=True), 1):
        if bool(line) != bool(tag) or "\t" in line:
            raise InputError(f"{labels}:{number}: tag {tag!r} for the line {line!r} of {path}")
    return [f"{line}\t{tag}" if tag else "" for line, tag in zip(lines, tags, strict=True)]


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
    ZWNJ and spaces inside words go; sentences whose words are kept back (`_`) go, also when one word is left.
    """
    rank = RANKS.get(path.name.partition("_")[0], DEFAULT_RANK)
    rows: Rows = []
    for sentence in sentences(lines_of(path)):
        nodes: dict[int, list[str]] = {}
        fused: dict[int, tuple[int, str]] = {}
        for number, line in sentence:
            if line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != 10:
                raise InputError(f"{path}:{number}: {len(cells)} columns; CoNLL-U has 10")
            first, _, last = cells[0].partition("-")
            if not re.fullmatch(r"\d+(-\d+|\.\d+)?", cells[0]):
                raise InputError(f"{path}:{number}: index {cells[0]!r}; CoNLL-U has 1, 1-2 or 1.1")
            if last:
                fused[int(first)] = (int(last), cells[1])
            elif "." not in first:
                nodes[int(first)] = cells
        tokens, tags = fuse(nodes, fused, rank)
        blanks = tokens.count("_")
        if tokens and (not blanks or blanks < len(tokens) - 1):
            rows.append({"id": str(len(rows)), "tokens": tokens, "pos_tags": tags})
    return rows


def fuse(
    nodes: Mapping[int, list[str]], fused: Mapping[int, tuple[int, str]], rank: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Words and tags with every multiword token in the place of its parts."""
    tokens, tags, covered = [], [], 0
    for index, cells in nodes.items():
        if index <= covered:
            continue
        form, tag = cells[1], cells[3]
        if index in fused:
            covered, form = fused[index]
            tag = nodes[span_head(range(index, covered + 1), nodes, rank)][3]
        token = form.replace(ZWNJ, "").replace(" ", "")
        if token:
            tokens.append(token)
            tags.append(tag)
    return tokens, tags


def span_head(span: range, nodes: Mapping[int, list[str]], rank: Sequence[str]) -> int:
    """Index of the fewest ancestors; of several the one whose tag comes first in `rank`, then the first."""
    depths = {index: len(ancestors(index, nodes)) for index in span if index in nodes}
    top = [index for index, value in depths.items() if value == min(depths.values())]
    return min(top, key=lambda i: rank.index(nodes[i][3]) if nodes[i][3] in rank else len(rank))


def ancestors(index: int, nodes: Mapping[int, list[str]]) -> set[int]:
    """Indices from which a path of heads leads to `index`, the root 0 among them.

    Enhanced dependencies (column 9) count like basic ones, since the conversion tools put both into one graph.
    """
    seen: set[int] = set()
    left = [index]
    while left:
        cells = nodes.get(left.pop())
        heads = [cells[6], *(edge.partition(":")[0] for edge in cells[8].split("|"))] if cells else []
        found = {int(head) for head in heads if head.isdigit()} - seen
        seen |= found
        left += found
    return seen - {index}


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
            if cells[0] != EMPTY:
                tokens.append(cells[0])
                tags.append(cells[4])
        if tokens:
            rows.append({"id": str(len(rows)), "tokens": tokens, "tags": tags})
    return rows
