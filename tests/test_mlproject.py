"""MLproject, flags and config dataclasses are one list; the pinned files agree."""

import dataclasses
import importlib
import re
import tomllib
import types
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml

from stilts_mlflow.phases.door import parse
from stilts_mlflow.phases.options import RunOptions
from tests.conftest import ROOT

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))
ENTRY_POINTS: dict[str, dict[str, Any]] = PROJECT["entry_points"]
PHASES = ROOT / "stilts_mlflow" / "phases"
NAMES = sorted(path.stem for pattern in ("*config.py", "*options.py") for path in PHASES.glob(pattern))
MODULES = tuple(importlib.import_module(f"stilts_mlflow.phases.{name}") for name in NAMES)
CONFIGS = {name: value for module in MODULES for name, value in vars(module).items() if name.endswith("Config")}


def config_class(entry_point: str) -> type[RunOptions]:
    """`target` -> TargetConfig."""
    return typing.cast(type[RunOptions], CONFIGS[f"{entry_point.capitalize()}Config"])


def project_type(hint: object) -> str:
    """MLproject's word for a field's type; what may be `none` is a string there."""
    return {int: "int", float: "float"}.get(hint, "string") if isinstance(hint, type) else "string"


def test_every_entry_point_is_declared() -> None:
    files = {path.stem for path in (ROOT / "entry_points").glob("*.py")} - {"__init__"}
    assert set(ENTRY_POINTS) == files
    assert {config_class(name).__name__ for name in ENTRY_POINTS} == set(CONFIGS)


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_parameters_are_the_fields_of_the_config(name: str) -> None:
    hints = typing.get_type_hints(config_class(name))
    fields = dataclasses.fields(config_class(name))
    expected = [
        (field.name, project_type(hints[field.name]), "none" if field.default is None else field.default)
        for field in fields
    ]
    declared = ENTRY_POINTS[name]["parameters"]
    assert [(key, value["type"], value["default"]) for key, value in declared.items()] == expected
    for field in fields:
        may_be_none = types.NoneType in typing.get_args(hints[field.name])
        assert may_be_none or field.default is not None, f"{field.name}: None needs '| None'"


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_command_passes_every_parameter_bare(name: str) -> None:
    command = ENTRY_POINTS[name]["command"].strip()
    flags = " ".join(f"--{key} {{{key}}}" for key in ENTRY_POINTS[name]["parameters"])
    assert command == f"exec python -m entry_points.{name} {flags}"
    assert "'" not in command
    assert '"' not in command


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_defaults_as_flags_give_the_default_config(name: str) -> None:
    argv = []
    for key, value in ENTRY_POINTS[name]["parameters"].items():
        argv += [f"--{key}", str(value["default"])]
    assert parse(config_class(name), name, argv) == config_class(name)()


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_every_parameter_has_the_comment_of_its_field(name: str) -> None:
    text = (ROOT / "MLproject").read_text(encoding="utf-8")
    block = re.split(r"\n(?=  # .*\n  \w+:\n)", text)
    own = next(part for part in block if f"\n  {name}:\n" in part)
    comments = {key: comment for comment, key in re.findall(r"      # (.+)\n      (\w+): \{", own)}
    assert list(comments) == list(ENTRY_POINTS[name]["parameters"])
    sources = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in MODULES)
    for key, comment in comments.items():
        assert f'"""{comment}"""' in sources, f"{key}: the comment differs from the field's docstring"


def requirements(lines: list[str]) -> dict[str, str]:
    """Pins by normalised name."""
    pins = [line.strip().partition("==") for line in lines if "==" in line]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pins}


def test_pins_agree() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    runtime = requirements(text.partition("# Tools")[0].splitlines())
    tools = requirements(text.partition("# Tools")[2].splitlines())
    conda = yaml.safe_load((ROOT / "conda.yaml").read_text(encoding="utf-8"))
    pip = next(item["pip"] for item in conda["dependencies"] if isinstance(item, dict))
    assert requirements(pip) == runtime
    assert len(pip) == len(runtime), "dependencies only, each with ==; no -e ."
    assert re.fullmatch(r"python=3\.\d+\.\d+", conda["dependencies"][0]), "pyenv needs the micro version"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=~!\[ ]", line)[0].lower() for line in project["dependencies"]]
    assert not [name for name in names if name not in runtime]
    dev = [re.split(r"[<>=~!\[ ]", line)[0].lower() for line in project["optional-dependencies"]["dev"]]
    assert not [name for name in dev if name not in tools and not name.startswith("types-")]
