"""Small files for the tests of readers."""

from pathlib import Path


def write(folder: Path, text: str, name: str = "file.tsv") -> Path:
    """A UTF-8 file with exactly this text, in folders of its own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path
