"""CCGbank's derivations (`data/AUTO/<section>/wsj_*.auto`): the words and lexical categories of each sentence.

    ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1
    (<T S[dcl] 0 2> (<L NP N N John NP> ) (<L S[dcl]\\NP VBZ VBZ sleeps S[dcl]\\NP> ) )

A leaf is `(<L category modified-POS original-POS token predicate-argument-category>)`, as the manual of the
corpus has it. Tokens stay as they are (`-LRB-`).
"""

import re
from pathlib import Path
from typing import Any

from stilts_mlflow.data.lines import lines_of
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.task import FileSource

LEAF = re.compile(r"\(<L ([^>]*)>")
CELLS = 5


def read_ccgbank(path: Path, source: FileSource, labels: Path | None) -> list[dict[str, Any]]:
    """One row a derivation: `id` as the file names it, `tokens`, `tags`; InputError names the line that is none."""
    rows: list[dict[str, Any]] = []
    identity = ""
    for number, line in enumerate(lines_of(path), 1):
        if line.startswith("ID="):
            identity = line.partition(" ")[0].removeprefix("ID=")
        elif line.strip():
            leaves = [leaf.split(" ") for leaf in LEAF.findall(line)]
            if not leaves or any(len(leaf) != CELLS for leaf in leaves):
                raise InputError(f"{path}:{number}: expected a derivation with leaves of {CELLS} cells, (<L ...>)")
            tokens, tags = [leaf[3] for leaf in leaves], [leaf[0] for leaf in leaves]
            rows.append({"id": identity or f"{path.stem}.{len(rows) + 1}", "tokens": tokens, "tags": tags})
            identity = ""
    return rows
