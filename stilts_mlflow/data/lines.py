"""Lines of a text file."""

from pathlib import Path

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
