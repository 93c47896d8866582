"""House numbers: short files, short functions, a docstring on everything public."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = [path for path in (ROOT / "stilts_mlflow").rglob("*.py") if path.name != "__init__.py"]
DOORS = [path for path in (ROOT / "entry_points").glob("*.py") if path.name != "__init__.py"]
FILE_LIMIT, FUNCTION_LIMIT, DOOR_LIMIT, FILE_MEDIAN, FUNCTION_MEDIAN = 300, 40, 40, 120, 10
# Longer ones need a reason, written in their docstring.
LONG_FUNCTIONS = {"stilts_mlflow/training.py:train"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    """Path for messages and test ids."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    """All functions of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines of the statements, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def lines(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", PACKAGE + DOORS, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    assert lines(path) <= (DOOR_LIMIT if path in DOORS else FILE_LIMIT)
    long = {function.name: length(function) for function in functions(path) if length(function) > FUNCTION_LIMIT}
    assert not {f"{relative(path)}:{name}" for name in long} - LONG_FUNCTIONS, long


@pytest.mark.parametrize("path", PACKAGE + DOORS, ids=relative)
def test_public_names_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    scopes = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    nodes = [node for scope in scopes for node in scope.body if isinstance(node, (ast.ClassDef, Function))]
    bare = [node.name for node in nodes if not node.name.startswith("_") and not ast.get_docstring(node)]
    # `problems` of a config and protocol methods are told by the class they extend.
    assert not [name for name in bare if name != "problems"]


def test_medians() -> None:
    assert statistics.median(map(lines, PACKAGE)) <= FILE_MEDIAN
    assert statistics.median(length(function) for path in PACKAGE for function in functions(path)) <= FUNCTION_MEDIAN
