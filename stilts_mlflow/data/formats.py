"""Original file formats -> raw rows with the Hub's column names.

Lines end at `\\n` alone: other line separators of Unicode (U+0085, U+2028) occur inside real sentences, so
`str.splitlines` would tear rows apart. A wrong line is an InputError with file and line number.
"""

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.bitext import read_aligned, read_mining, read_ordered
from stilts_mlflow.data.ccgbank import read_ccgbank
from stilts_mlflow.data.conll import read_conllu, read_pmb, read_tag_words, read_tags
from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.data.multichecklist import read_multichecklist
from stilts_mlflow.data.passages import read_mewslix, read_xquad_r
from stilts_mlflow.data.xcopa import objects, read_xcopa
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

Rows = list[dict[str, Any]]
Parser = Callable[[Path, FileSource, Path | None], Rows]

log = logging.getLogger(__name__)


def read_tsv(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """XTREME's files: no header, one row a line, `source.columns`; labels may stand in a file of their own.

    With `options["may_lack"]` that column may be missing in all rows (XTREME's test files keep the label back).
    """
    lines, columns = lines_of(path), source.columns
    lacking = tuple(name for name in columns if name != source.options.get("may_lack"))
    if lines and all(line.count("\t") == len(lacking) - 1 for line in lines):
        columns = lacking
    rows: Rows = []
    for number, line in enumerate(lines, 1):
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise InputError(f"{path}:{number}: {len(cells)} columns; expected {len(columns)}: {', '.join(columns)}")
        rows.append(dict(zip(columns, map(unquoted, cells), strict=True)))
    return rows if labels is None else with_labels(rows, path, labels)


def unquoted(cell: str) -> str:
    """Undo csv quoting, which XTREME's files use for cells with quotes (doubled there) and for no others.

    Cells of plain files stay: there quotes inside are single, and a cell may begin with one. (Python's csv module
    would run on from such a cell into the following rows; so `google/xtreme` on the Hub lost rows of PAWS-X.)
    """
    inner = cell[1:-1]
    if len(cell) > 2 and cell[0] == cell[-1] == '"' and '"' in inner and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def with_labels(rows: Rows, path: Path, labels: Path) -> Rows:
    """The rows with a label each from a file of one label a line."""
    names = lines_of(labels)
    if len(names) != len(rows):
        raise InputError(f"{labels}: {len(names)} labels for the {len(rows)} rows of {path}")
    return [{**row, "label": name.strip()} for row, name in zip(rows, names, strict=True)]


def read_table(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """A tab-separated file with a header line (XNLI-1.0, SNLI), plain, without quoting.

    With `options["short"] = "fill"` rows may end early: empty cells at their end are not written everywhere.
    """
    return renamed(_table(path, exact=True, short=str(source.options.get("short", ""))), source, path)


def read_glue(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """GLUE's files: a header; rows with several annotators may be longer than it, and end with the gold label.

    QQP's are csv with tab (`options["unquote"]`), and have a few torn rows, which are in nobody's count of its pairs
    (`options["short"] = "drop"`; they are counted and told).
    """
    rows = _table(path, exact=False, short=str(source.options.get("short", "")))
    if source.options.get("unquote"):
        rows = [{name: unquoted(cell) for name, cell in row.items()} for row in rows]
    return renamed(rows, source, path)


def _table(path: Path, exact: bool, short: str) -> Rows:
    lines = lines_of(path)
    header = lines[0].split("\t") if lines else []
    rows: Rows = []
    torn: list[int] = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) < len(header) and short == "drop":
            torn.append(number)
            continue
        if len(cells) < len(header) and short == "fill":
            cells += [""] * (len(header) - len(cells))
        if len(cells) < len(header) or (exact and len(cells) > len(header)):
            raise InputError(f"{path}:{number}: {len(cells)} columns; the header has {len(header)}")
        rows.append({**dict(zip(header, cells, strict=False)), header[-1]: cells[-1]})
    if torn:
        shown = ", ".join(map(str, torn[:5]))
        log.warning("%s: %d of %d rows are torn and were dropped (line %s)", path, len(torn), len(lines) - 1, shown)
    return rows


def read_csv(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """Comma-separated cells with a header; quoted ones may hold commas, line ends and doubled quotes."""
    # Not `lines_of`: a quoted cell may go over several lines.
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start})") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *found = list(reader) or [[]]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not csv ({error})") from error
    for number, cells in enumerate(found, 1):
        if len(cells) != len(header):
            raise InputError(f"{path}: row {number}: {len(cells)} columns; the header has {len(header)}")
    return renamed([dict(zip(header, cells, strict=True)) for cells in found], source, path)


def read_jsonl(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """One JSON object a line; labels may stand in a file of their own."""
    rows = objects(path)
    return renamed(rows if labels is None else with_labels(rows, path, labels), source, path)


def renamed(rows: Rows, source: FileSource, path: Path) -> Rows:
    """Columns with the Hub's names (`options["rename"]`: file -> Hub); all of them but ids must be there."""
    names: Mapping[str, str] = source.options.get("rename", {})
    missing = [name for name, hub in names.items() if rows and name not in rows[0] and hub != "id"]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; columns: {', '.join(rows[0])}")
    return [{names.get(key, key): value for key, value in row.items()} for row in rows]


def read_squad(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """SQuAD's JSON (v1.1, v2.0, XQuAD): one row a question; contexts keep every character, U+FEFF too.

    `version` is not looked at: it is text in some files and a number in others. `options`: `id_prefix` keeps the
    questions whose ids begin so, whatever the case (TyDiQA's files of all languages); with `numbered`, places stand for
    ids (XTREME cut those of TyDiQA's training files, and they repeat).
    """
    prefix = str(source.options.get("id_prefix", "")).casefold()
    try:
        # Bytes, since text mode would turn a \r in a context into \n; answers are found by position.
        articles = json.loads(path.read_bytes().decode("utf-8"))["data"]
        rows = [row for row in _questions(articles) if str(row["id"]).casefold().startswith(prefix)]
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not in SQuAD's format (data / paragraphs / qas): {error!r}") from error
    return [{**row, "id": str(i)} for i, row in enumerate(rows)] if source.options.get("numbered") else rows


def _questions(articles: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for article in articles:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                answers = question.get("answers")
                yield {
                    "id": question["id"],
                    "title": article.get("title", ""),
                    "context": paragraph["context"],
                    "question": question["question"],
                    "answers": None
                    if answers is None
                    else {key: [answer[key] for answer in answers] for key in ("text", "answer_start")},
                }


def read_lines(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """Raw text, one line an example; the language is the file's name."""
    return [{"id": str(i), "text": line, "language": path.stem} for i, line in enumerate(lines_of(path))]


FORMATS: dict[str, Parser] = {
    "tsv": read_tsv,
    "table": read_table,
    "glue": read_glue,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "squad": read_squad,
    "xcopa": read_xcopa,
    "multichecklist": read_multichecklist,
    "tags": read_tags,
    "tag_words": read_tag_words,
    "conllu": read_conllu,
    "pmb": read_pmb,
    "ccgbank": read_ccgbank,
    "aligned": read_aligned,
    "ordered": read_ordered,
    "mining": read_mining,
    "xquad_r": read_xquad_r,
    "mewslix": read_mewslix,
    "lines": read_lines,
}
