"""The door of every entry point: flags -> config -> checks -> phase -> run id and exit code.

    enter(TargetConfig, "stilts_mlflow.phases.target:target", ["--task", "xnli"])

Exit codes: 0 done; 2 wrong input, told in one line; 143 / 130 stopped by SIGTERM / SIGINT with the state saved;
1 anything else, with the traceback. Nothing heavy is imported before the flags are parsed and checked.
"""

import contextlib
import importlib
import io
import itertools
import logging
import os
import re
import signal
import sys
import time
import traceback
import types
import typing
import warnings
from collections.abc import Iterator, Sequence

import tyro

from stilts_mlflow.errors import InputError, signal_number, stop_behind
from stilts_mlflow.phases.options import RunOptions, check

QUIET = {
    "GIT_PYTHON_REFRESH": "quiet",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""What the libraries would say at start-up and is no news; a value that is set already stays."""
SECONDS_TO_TIDY = 5.0
"""A second SIGTERM (one to the process, one to its group) must not cut the closing of runs short."""


def enter(config_class: type[RunOptions], function: str, argv: Sequence[str] | None = None) -> int:
    """Parse and check the flags, call `function` ("module:name") with the config, return the exit code."""
    tell = mark_given_run if os.environ.get("MLFLOW_RUN_ID") else no_run_given
    try:
        config = parse(config_class, function.rpartition(":")[2], sys.argv[1:] if argv is None else argv)
        check(config)
        quieten()
        with sigterm_raises():
            run_id = call(function, config)
    except InputError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        tell("failed", one_line(error))
        return 2
    except (Exception, KeyboardInterrupt) as error:
        if stop := stop_behind(error):
            print(f"stopped: {one_line(stop) or 'SIGINT'}", file=sys.stderr)
            tell("preempted", one_line(stop))
            return 128 + signal_number(stop)
        traceback.print_exc()
        tell("failed", f"{type(error).__name__}: {one_line(error)}")
        return 1
    tell("reused", f"same as finished run {run_id}")
    print(f"run_id={run_id}", flush=True)
    return 0


def parse(config_class: type[RunOptions], name: str, argv: Sequence[str]) -> RunOptions:
    """The config that the flags give; a wrong flag or value is an InputError instead of tyro's box of lines."""
    said = io.StringIO()
    # Errors need room, lest a line break falls into a value they quote; --help keeps the width of the screen.
    width = contextlib.nullcontext() if {"-h", "--help"} & set(argv) else columns(2000)
    try:
        with contextlib.redirect_stderr(said), width:
            return tyro.cli(
                config_class,
                prog=f"python -m entry_points.{name}",
                args=none_words(config_class, argv),
                use_underscores=True,
            )
    except SystemExit as stop:
        if stop.code:
            raise InputError(sentence(said.getvalue())) from None
        raise


@contextlib.contextmanager
def columns(count: int) -> Iterator[None]:
    """A screen of that width."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(count)
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def none_words(config_class: type[RunOptions], argv: Sequence[str]) -> list[str]:
    """Flags with the word `none` in tyro's spelling, where the option may be unset."""
    hints = typing.get_type_hints(config_class)
    optional = {name for name, hint in hints.items() if types.NoneType in typing.get_args(hint)}
    words = list(argv)
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag.removeprefix("--").replace("-", "_") not in optional or not flag.startswith("--"):
            continue
        if equals and value == "none":
            words[index] = f"{flag}=None"
        elif words[index + 1 : index + 2] == ["none"]:
            words[index + 1] = "None"
    return words


def sentence(box: str) -> str:
    """What tyro draws as a box (title, rule, text, rule, hint), as one line: the text and the flag it guesses."""
    lines = [line.strip("│╭╮╰╯ ") for line in box.splitlines()]
    text = " ".join(itertools.takewhile(is_text, itertools.dropwhile(is_rule, lines[1:])))
    text = text.partition(" Got errors:")[0].strip().removeprefix("Error parsing ")
    text = re.sub(
        r"no type matching \{None\}\|(\S+) could be instantiated from \[(.*)\]\.?", r"\2 is no \1 or none", text
    )
    flag = re.search(r"--\w+", box.partition("Perhaps you meant")[2])
    return text + (f"; did you mean {flag[0]}?" if flag else "")


def is_rule(line: str) -> bool:
    """Whether a line of a box is a ruled one."""
    return line != "" and not line.strip("─-")


def is_text(line: str) -> bool:
    """Whether a line of a box is none."""
    return not is_rule(line)


def quieten() -> None:
    """Keep advisory talk of the libraries off the screen; errors, and what this package says, stay."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    for category in (FutureWarning, DeprecationWarning, UserWarning):
        warnings.filterwarnings(
            "ignore", category=category, module=r"(mlflow|transformers|torch|huggingface_hub|pydantic)\b"
        )
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    logging.getLogger("stilts_mlflow").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)


@contextlib.contextmanager
def sigterm_raises() -> Iterator[None]:
    """SIGTERM raises as SIGINT does, so that open runs are closed; the training loop puts its own handler on top."""
    last = float("-inf")

    def stop(signum: int, _: types.FrameType | None) -> None:
        nonlocal last
        if time.monotonic() > last + SECONDS_TO_TIDY:
            last = time.monotonic()
            # Not Preempted: libraries catch any Exception that an import or attribute raises, and go on.
            raise KeyboardInterrupt("SIGTERM outside of training: nothing to save")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def call(function: str, config: RunOptions) -> str:
    """Import the phase, which is where torch and mlflow come in, and run it."""
    module, _, name = function.partition(":")
    return str(getattr(importlib.import_module(module), name)(config))


def mark_given_run(state: str, reason: str) -> None:
    """Tell the run that `mlflow run` opened what came of it, unless a phase has adopted it (then it knows)."""
    quieten()
    from stilts_mlflow import tracking

    tracking.mark_given_run(state, reason)


def no_run_given(state: str, reason: str) -> None:
    """Nobody to tell; and importing mlflow for a wrong flag would take seconds."""


def one_line(error: BaseException) -> str:
    """The message of an error without line breaks."""
    return " ".join(str(error).split())[:1000]
