"""Layers: imports go downwards only, and what must be light stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Layer by module or sub-package; inside a layer imports are free as long as they make no circle.
LAYERS = [
    {"errors", "languages", "answers", "spans", "chance", "metrics", "scores", "statistics", "benchmark"}
    | {"signals", "projection", "sampling", "lora_settings", "rankings"},
    {"tasks", "tracking", "tracking_key", "tracking_models", "tracking_run", "tracking_store"}
    | {"hpo", "hpo_storage", "hpo_report"},
    {"data", "translation", "task_types"},
    {"mixture", "model", "lora", "memory", "feature_cache", "batching", "predictions", "submission"},
    {"checkpoint", "checkpoint_meta", "masked_head", "inference"},
    {"evaluation", "retrieval", "alignment", "attacks", "optimization"},
    {"training", "report", "promotion", "promotion_model", "promotion_registry"},
    {"phases"},
    {"studies", "serving"},  # serving is logged as a file and loaded by mlflow, nobody imports it
]
LAYER = {name: depth for depth, names in enumerate(LAYERS) for name in names}
MLFLOW_USERS = ("tracking", "promotion", "serving")
SOURCES = [path for path in (ROOT / "stilts_mlflow").rglob("*.py") if path.name != "__init__.py"]


def relative(path: Path) -> str:
    """Path for messages and test ids."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, wherever the statement stands; `from a import b` counts as a.b too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own(names: set[str]) -> set[str]:
    """First part under the package of the imports that stay inside it."""
    return {name.split(".")[1] for name in names if name.startswith("stilts_mlflow.")}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_go_downwards(path: Path) -> None:
    part = path.relative_to(ROOT / "stilts_mlflow").parts[0].removesuffix(".py")
    assert part in LAYER, f"{part}: give it a layer in tests/test_imports.py"
    upward = {name for name in own(imports(path)) if LAYER[name] > LAYER[part]}
    assert not upward, f"{relative(path)} imports from above: {sorted(upward)}"


def test_no_circles_between_parts() -> None:
    graph: dict[str, set[str]] = {}
    for path in SOURCES:
        part = path.relative_to(ROOT / "stilts_mlflow").parts[0].removesuffix(".py")
        graph.setdefault(part, set()).update(own(imports(path)) - {part})
    while leaves := [part for part, needs in graph.items() if not needs & set(graph)]:
        for part in leaves:
            del graph[part]
    assert not graph, f"circle among {sorted(graph)}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_tracking_promotion_and_serving_know_mlflow(path: Path) -> None:
    names = {name.split(".")[0] for name in imports(path)}
    assert "mlflow" not in names or path.name.startswith(MLFLOW_USERS)


def test_nobody_imports_entry_points() -> None:
    users = [relative(path) for path in SOURCES if any(name.startswith("entry_points") for name in imports(path))]
    assert not users


def test_inits_are_empty() -> None:
    full = [relative(path) for path in ROOT.glob("stilts_mlflow/**/__init__.py") if path.read_text().strip()]
    assert not full


def test_the_tables_are_light() -> None:
    names = ["errors", "languages", "metrics", "scores", "tasks.tables", "phases.config"]
    code = "import sys\n" + "".join(f"import stilts_mlflow.{name}\n" for name in names)
    code += "print([name for name in ('torch', 'mlflow', 'transformers', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
