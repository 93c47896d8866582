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


def stop_behind(error: BaseException) -> Preempted | KeyboardInterrupt | None:
    """The wish to stop that led to `error`, if one did: a library may have caught it and raised its own."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, (Preempted, KeyboardInterrupt)):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def signal_number(stop: Preempted | KeyboardInterrupt) -> int:
    """Number of the signal that the message opens with; the exit code is 128 more."""
    name = str(stop).partition(" ")[0]
    default = signal.SIGTERM if isinstance(stop, Preempted) else signal.SIGINT
    return int(signal.Signals.__members__.get(name, default))
