"""Lines of a text file, and JSON objects, one a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stilts_mlflow.errors import InputError


def lines_of(path: Path) -> list[str]:
    """Lines between `\\n` (a `\\r` before it goes), the empty one behind the last `\\n` left out; UTF-8."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start})") from error
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers (from 1) and objects; InputError names the line that is none."""
    for number, line in enumerate(lines_of(path), 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}:{number}: not JSON ({error.msg} at column {error.colno})") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: expected a JSON object, found {type(row).__name__}")
        yield number, row
