"""Errors that are the user's to mend: one clear line, no traceback.

Form of a message: where (task/language/split), what came, what was expected, what to do.

    raise InputError(unknown("task", "xlni", ["xnli", "xquad"]))
    # unknown task 'xlni'; did you mean 'xnli'? known: xnli, xquad
"""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Wrong input: a parameter, a file, a row, a checkpoint. Entry points print it as one line and exit with 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Sentence for a name that is not in a table, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return f"unknown {kind} {name!r}{guess} known: {', '.join(names)}"
