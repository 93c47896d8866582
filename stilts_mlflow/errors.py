"""Errors that are the user's to mend: one clear line, no traceback.

Form of a message: where (task/language/split), what came, what was expected, what to do.

    raise InputError(unknown("task", "xlni", ["xnli", "xquad"]))
    # unknown task 'xlni'; did you mean 'xnli'? known: xnli, xquad
"""

import difflib
import signal
from collections.abc import Iterable


class InputError(ValueError):
    """Wrong input: a parameter, a file, a row, a checkpoint. Entry points print it as one line and exit with 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Sentence for a name that is not in a table, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return f"unknown {kind} {name!r}{guess} known: {', '.join(names)}"


class Preempted(RuntimeError):
    """A signal asked for an end and the state to go on from is saved: not a failure.

    The message opens with the name of the signal: `SIGTERM at step 300 of 1000`.
    """

    @property
    def signum(self) -> int:
        """Number of that signal; the exit code is 128 more."""
        name = str(self).partition(" ")[0]
        return int(signal.Signals.__members__.get(name, signal.SIGTERM))
