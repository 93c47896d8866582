"""XCOPA: choices in translation, whose `question` is not right in every language.

The published files of Thai ask `effect` throughout, the Turkish dev file too, and some rows of Turkish, Swahili,
Indonesian and Italian have the other question. Rows translate each other by `idx`, and labels belong to the original
question, so that it is taken from a language whose file has it: Estonian, Tamil, Vietnamese, Chinese, or COPA.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import json_lines
from stilts_mlflow.tasks.task import FileSource

Rows = list[dict[str, Any]]

log = logging.getLogger(__name__)


def objects(path: Path) -> Rows:
    """JSON objects of a file, in order."""
    return [row for _, row in json_lines(path)]


def read_xcopa(path: Path, source: FileSource, labels: Path | None) -> Rows:
    """XCOPA's jsonl; `labels`: the same rows in a language whose questions are right, None where there is none."""
    rows = objects(path)
    if labels is None:
        beside = source.options["beside"]
        log.warning("%s: the questions stay as they are, and are wrong in some languages: no %s", path, beside)
        return rows
    return with_questions(rows, objects(labels), str(path))


def with_questions(rows: Sequence[dict[str, Any]], right: Sequence[dict[str, Any]], where: str) -> Rows:
    """The rows with the `question` that the row of the same `idx` has in `right`; what was changed is told."""
    by_idx = {row.get("idx"): row.get("question") for row in right}
    found = [{**row, "question": by_idx.get(row.get("idx")) or row.get("question")} for row in rows]
    alone = sum(row.get("idx") not in by_idx for row in rows)
    changed = sum(new["question"] != old.get("question") for new, old in zip(found, rows, strict=True))
    if alone:
        log.warning("%s: %d of %d rows are not in the language that has the right questions", where, alone, len(rows))
    if changed:
        log.warning("%s: %d of %d questions were wrong and come from another language", where, changed, len(rows))
    return found
