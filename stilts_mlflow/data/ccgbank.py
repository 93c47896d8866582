"""CCGbank's derivations (`data/AUTO/<section>/wsj_<number>.auto`): words and their lexical categories.

A file alternates `ID=...` lines and derivations; a leaf is `(<L category modified-POS original-POS word
predicate-category>)` (Hockenmaier and Steedman 2007, manual of LDC2005T13, section on the machine-readable format).
"""

import re
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")


def read_auto(path: Path, source: FileSource, labels: Path | None) -> list[dict[str, Any]]:
    """One row a derivation; none from files outside of `options["sections"]`, whose folder is named by a number."""
    section = path.parent.name
    if not section.isdigit():
        raise InputError(f"{path}: CCGbank's files lie in folders 00 to 24, not in {section!r}")
    if int(section) not in source.options["sections"]:
        return []
    rows = []
    for number, line in enumerate(lines_of(path), 1):
        if line.startswith("ID=") or not line.strip():
            continue
        leaves = LEAF.findall(line)
        if not leaves or line.count("<L ") != len(leaves):
            raise InputError(f"{path}:{number}: not a derivation with leaves <L category POS POS word category>")
        rows.append({"id": f"{path.stem}-{number}", "tokens": [w for _, w in leaves], "tags": [c for c, _ in leaves]})
    return rows
