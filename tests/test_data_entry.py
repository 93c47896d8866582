"""The entry point `data`: what a run needs, and the three actions from the command line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stilts_mlflow.data.export import export
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.data_config import DataConfig
from stilts_mlflow.phases.data_needs import all_needs, described, has_data, needs
from stilts_mlflow.phases.options import check
from stilts_mlflow.tasks.tables import TASKS
from tests.conftest import ROOT, user_environment
from tests.data.writing import write
from tests.hub_replica import Replica
from tests.hub_repositories import PAIR, card, pairs, parquet

DEMO = DataSource()


def test_needs_are_the_head_and_the_languages_to_score() -> None:
    assert needs(TASKS["xnli"], "test", "en,sw", DEMO) == [
        ("mnli", "train", "en"),
        ("xnli", "dev", "en"),
        ("xnli", "test", "en"),
        ("xnli", "test", "sw"),
    ]
    assert needs(TASKS["mnli"], "test", "all", DEMO) == [("mnli", "train", "en"), ("mnli", "dev", "en")]
    assert needs(TASKS["tatoeba"], "test", "de", DEMO) == [("tatoeba", "test", "de")]
    assert needs(TASKS["masked_lm"], "test", "de,sw", DEMO) == [
        ("masked_lm", "train", "de"),
        ("masked_lm", "train", "sw"),
    ]
    both = all_needs([TASKS["mnli"], TASKS["xnli"]], "dev", "en", DEMO)
    assert both == [("mnli", "train", "en"), ("mnli", "dev", "en"), ("xnli", "dev", "en")]


def test_needs_without_any_data_name_one_split(tmp_path: Path) -> None:
    source = DataSource("files", str(tmp_path))
    assert not any(has_data(task, source) for task in TASKS.values())
    assert needs(TASKS["tatoeba"], "test", "all", source) == [("tatoeba", "test", "ar")]


def test_a_task_with_parts_is_exported_by_part(tmp_path: Path) -> None:
    task, demo = TASKS["anli_plus"], DataSource("demo", max_examples=50)
    assert export(task, "dev", "en", demo, tmp_path) == tmp_path / "exported"
    again = load_examples(task, "dev", "en", DataSource("files", str(tmp_path), 50))
    assert again == load_examples(task, "dev", "en", demo)
    assert {example.id.partition(":")[0] for example in again} == set(task.parts)


def test_every_task_is_described_with_its_sources() -> None:
    lines = list(described(TASKS["xnli"], DEMO))
    assert lines[0].startswith("xnli: XNLI, classification, 15 languages: ar bg")
    assert "  hub:     test: facebook/xnli {lang}/test | google/xtreme XNLI/test" in lines
    assert "  hub:     none" in described(TASKS["ccg"], DEMO)
    assert all(list(described(task, DEMO)) for task in TASKS.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tasks": "xlni"}, "unknown task 'xlni'; did you mean 'xnli'"),
        ({"tasks": "xnli", "languages": "ja"}, "no data in language 'ja'"),
        ({"data": "files"}, "data=files needs data_dir"),
    ],
)
def test_wrong_options(options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(DataConfig(**options))  # type: ignore[arg-type]


def run(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m entry_points.data` in a folder of its own."""
    kept = {name: value for name, value in user_environment().items() if not name.startswith("HF_")}
    env = {**kept, "PYTHONPATH": str(ROOT), "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", **environment}
    command = [sys.executable, "-m", "entry_points.data", *options]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


def fingerprints(said: str) -> dict[str, str]:
    """`task/language/split` -> fingerprint of the lines that were printed."""
    return dict(re.findall(r"^(\w+/\w+/\w+): [\d,]+ examples, (\w{12}),", said, flags=re.MULTILINE))


@pytest.mark.slow
def test_list_from_the_command_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--tasks", "xnli,ccg")
    assert done.returncode == 0, done.stderr
    assert "xnli: XNLI" in done.stdout
    assert "ccg: CCG" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("run_id=")


@pytest.mark.slow
def test_check_tells_every_problem_and_fails(tmp_path: Path) -> None:
    write(tmp_path, "a\tb\tneutral\n", "data/xnli/test-sw.tsv")
    write(tmp_path, "a\tb\tmaybe\n", "data/xnli/test-de.tsv")
    done = run(
        tmp_path,
        *["--action", "check", "--tasks", "xnli", "--data", "files", "--data_dir", "data", "--languages", "sw,de"],
    )
    assert done.returncode == 2
    assert list(fingerprints(done.stdout)) == ["xnli/sw/test"]
    problems = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert [re.split(r"[ :]+", line)[1] for line in problems] == ["mnli/en/train", "xnli/en/dev", "xnli/de/test"]
    assert "4 splits, 1 examples, 3 problems" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("error: 3 of 4 splits have problems: mnli/en/train: no file found")


@pytest.mark.slow
def test_from_the_hub_to_a_machine_without_network(tmp_path: Path) -> None:
    import mlflow

    options = ("--tasks", "xnli", "--languages", "sw")
    with Replica() as hub:
        splits = {"train": "mnli-t*", "validation_matched": "mnli-v*"}
        hub.add("nyu-mll/glue", {"README.md": card({"mnli": splits}), "mnli-t.parquet": parquet(PAIR, pairs())})
        configs = {"en": {"validation": "en-*"}, "sw": {"test": "sw-*"}}
        held = parquet(PAIR, pairs()[:2])
        hub.add("nyu-mll/glue", {"mnli-v.parquet": held})
        hub.add("facebook/xnli", {"README.md": card(configs), "en-0.parquet": held, "sw-0.parquet": held})
        commit = hub.repositories["facebook/xnli"].commits["main"]
        online = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"}
        done = run(tmp_path, "--action", "export", "--data", "hub", "--output_dir", "out", *options, **online)
    assert done.returncode == 0, done.stderr
    assert f"facebook/xnli sw test {commit} -> out/exported/xnli/test-sw.jsonl" in done.stdout
    again = run(tmp_path, "--action", "check", "--data", "files", "--data_dir", "out", *options)
    assert again.returncode == 0, again.stderr
    assert fingerprints(done.stdout) == fingerprints(again.stdout)
    assert set(fingerprints(again.stdout)) == {"mnli/en/train", "xnli/en/dev", "xnli/sw/test"}
    stored = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").get_run(done.stdout.split("run_id=")[1].strip())
    sources = {one.dataset.name: one.dataset for one in stored.inputs.dataset_inputs}
    assert sources["xnli.sw"].source_type == "hugging_face"
    assert commit in sources["xnli.sw"].source
    assert stored.data.metrics["problems"] == 0
