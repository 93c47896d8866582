"""The commands in the documents exist, with their targets, entry points, options and values."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import pairwise

import pytest

from stilts_mlflow.phases.door import parse
from stilts_mlflow.phases.options import check
from tests.conftest import ROOT
from tests.test_mlproject import ENTRY_POINTS, config_class

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
OTHER = {"source", "export", "mlflow ui", "mlflow server", "mlflow models serve"}
"""Commands of others, run by hand or by tests/slow."""


def commands(document: str) -> Iterator[str]:
    """Lines of the shell blocks, and commands of `mlflow run` inside tables."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for block in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines() if line.strip())
    yield from re.findall(r"\| `(mlflow run [^`]*)`", text)


def fill(command: str) -> list[str]:
    """Words of a command, with ids in the place of `<placeholders>` and existing folders for DATA and MODEL."""
    command = command.replace("DATA", str(ROOT)).replace("=MODEL", "=runs:/abc/checkpoint")
    return shlex.split(re.sub(r"<[^>]+>", "abc", command).removeprefix(".venv/bin/"))


CASES = [(document, command) for document in DOCUMENTS for command in commands(document)]


@pytest.mark.parametrize(("document", "command"), CASES)
def test_command_exists(document: str, command: str) -> None:
    words = fill(command)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    elif words[:2] == ["mlflow", "run"]:
        assert words[2] == "."
        pairs = [word.split("=", 1) for flag, word in pairwise(words) if flag == "-P"]
        check_options(words[words.index("-e") + 1], [part for key, value in pairs for part in (f"--{key}", value)])
    elif words[:2] == ["python", "-m"]:
        options = words[3:]
        check_options(words[2].removeprefix("entry_points."), options if options != ["--help"] else [])
    else:
        assert any(command.removeprefix(".venv/bin/").startswith(other) for other in OTHER)


def check_options(entry_point: str, argv: list[str]) -> None:
    """The entry point takes these options and finds nothing wrong with them."""
    assert entry_point in ENTRY_POINTS
    config = parse(config_class(entry_point), entry_point, argv)
    if argv or entry_point not in ("evaluate", "promote"):
        check(config)


def test_the_tree_names_what_is_there() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Files")[2]
    named = set(re.findall(r"[\w*]+(?=\.py)", tree)) | set(re.findall(r"  (\w+)/ ", tree))
    parts = {path.stem for path in (ROOT / "stilts_mlflow").iterdir() if not path.name.startswith("__")}
    patterns = [re.compile(name.replace("*", r"\w*")) for name in named]
    assert not sorted(part for part in parts if not any(pattern.fullmatch(part) for pattern in patterns))


def test_every_make_target_is_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"\.PHONY: (.*)", text)
    assert targets
    for target in targets[1].split():
        assert re.search(rf"^{target}:.* ## \S", text, flags=re.MULTILINE), target


def test_no_path_of_this_machine_is_mentioned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["readme"] == "README.md"
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "MLproject", ROOT / "Makefile"]:
        assert not re.search(r"/(work|root|home|tmp)/", path.read_text(encoding="utf-8")), path
