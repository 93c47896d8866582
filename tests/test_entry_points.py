"""Every entry point: a --help that loads nothing heavy, and one clear line for whatever is wrong."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_mlproject import ENTRY_POINTS

HEAVY = ("torch", "mlflow", "transformers", "pandas", "optuna", "datasets", "accelerate")
ASK = """
import sys
from entry_points import {name}
try:
    {name}.main(["--help"])
except SystemExit as stop:
    print("loaded:", *[module for module in {heavy} if module in sys.modules])
    sys.exit(stop.code)
"""


def fail(capsys: pytest.CaptureFixture[str], entry_point: str, *argv: str) -> str:
    """The line that an entry point prints about these wrong flags; nothing else may be said."""
    module = importlib.import_module(f"entry_points.{entry_point}")
    assert module.main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1, said.err
    return said.err.removeprefix("error: ").strip()


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_help_is_light(name: str) -> None:
    code = ASK.format(name=name, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("loaded:")
    for option in ENTRY_POINTS[name]["parameters"]:
        assert f"--{option} " in done.stdout


def test_wrong_input_from_the_shell() -> None:
    command = [sys.executable, "-m", "entry_points.target", "--task", "xlni", "--seed", "-1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(
        "error: seed=-1: expected 0 or more; unknown task 'xlni'; did you mean 'xnli'? known:"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--tasks", "mnil"), "unknown task 'mnil'; did you mean 'mnli'?"),
        (("--tasks", "mnli,mnli"), "listed twice"),
        (("--tasks", "tatoeba"), "tatoeba is a sentence_retrieval task"),
        (("--data", "files"), "data=files needs data_dir"),
        (("--data", "files", "--data_dir", "/no/such/folder"), "data_dir='/no/such/folder' is not a folder"),
        (("--data", "fils"), "invalid choice 'fils'"),
        (("--lora_rank=-3",), "lora_rank=-3: expected 0 or more"),
        (("--lora_rank", "-3"), "lora_rank=-3: expected 0 or more"),
        (("--lora-rank", "-3"), "lora_rank=-3: expected 0 or more"),
        (
            ("--lora_rank", "4", "--lora_layers", "5-2"),
            "lora_layers='5-2': the range ends before it begins; expected 2-5",
        ),
        (("--lora_rank", "4", "--lora_layers", "all"), "lora_layers='all': expected a layer or a range such as 0-5"),
        (("--lora_rank", "4", "--lora_targets", ","), "lora_targets=',': expected a comma list"),
        (("--lora_targets", "query"), "lora_targets='query' without LoRA: set lora_rank"),
        (("--lora_dropout", "1.5"), "lora_dropout=1.5: expected 0 or a number below 1"),
        (("--warmup", "-0.1"), "warmup=-0.1: expected 0 or a number below 1"),
        (("--weight_decay", "-1"), "weight_decay=-1.0: expected 0 or a number above"),
        (("--seed", "abc"), "--seed: "),
        (("--learning_rate", "fast"), "--learning_rate: 'fast' is no FLOAT or none"),
        (("--learning_rate", "nan"), "learning_rate=nan: expected a number above 0"),
        (("--task", "mnli"), "--task"),
        (("--learning_rat", "1"), "did you mean --learning_rate?"),
        (("mnli",), "mnli"),
        (("--model", "/no/such/model"), "model='/no/such/model': no such folder"),
    ],
)
def test_wrong_training_options(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], expected: str) -> None:
    assert expected in fail(capsys, "intermediate", *argv)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--n_trials", "-1"), "n_trials=-1: expected 0 or more"),
        (("--search_minutes", "-1"), "search_minutes=-1.0: expected 0 or a number above"),
        (("--pruner", "mediam"), "--pruner"),
        (("--search_storage", "redis://host"), "redis:// is no database for a search; expected sqlite, postgresql"),
        (("--search_storage", "/no/such/folder/x"), "expected a file in an existing folder, or an Optuna URL"),
        (("--search_name", "a/b"), "search_name='a/b': expected letters"),
        (("--search_retrain", "yes"), "--search_retrain"),
        (
            ("--n_trials=2", "--learning_rate=1", "--max_steps=9", "--batch_size=8", "--warmup=0", "--weight_decay=0"),
            "nothing to search: learning_rate, epochs, batch_size, warmup, weight_decay are all set",
        ),
    ],
)
def test_wrong_search_options(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], expected: str) -> None:
    for entry_point in ("target", "main"):
        assert expected in fail(capsys, entry_point, *argv)


def test_other_wrong_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "has no config.json" in fail(capsys, "target", "--model", str(tmp_path))
    assert "model is not set" in fail(capsys, "evaluate")
    assert "'xx'" in fail(capsys, "evaluate", "--model", "runs:/a/checkpoint", "--languages", "xx")
    assert "needs run=" in fail(capsys, "promote")
    assert "name='a/b'" in fail(capsys, "promote", "--run", "a", "--name", "a/b")
    assert "score it with evaluate" in fail(capsys, "retrieve", "--tasks", "xnli")
    assert "ccg: tags do not survive translation" in fail(capsys, "translate", "--model", "a/b", "--tasks", "ccg,mnli")
    assert "model is not set" in fail(capsys, "translate")
    assert "translate: en is what is translated" in fail(capsys, "intermediate", "--translate", "en")
    assert "unknown language 'xx'" in fail(capsys, "main", "--translate", "xx")
    assert "name the languages, or all" in fail(capsys, "intermediate", "--translations", "runs:/abc")
    assert "is not a folder" in fail(capsys, "intermediate", "--translate", "all", "--translations", "/no/such")
    assert "without intermediate tasks" in fail(capsys, "main", "--intermediate", "none", "--translate", "de")


def test_a_chain_without_scores_is_refused_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    said = fail(capsys, "main", "--languages", "en")
    assert said == "languages='en': tatoeba has none of them, leave it out"
    assert "xnli has none" in fail(capsys, "main", "--languages", "eu", "--targets", "panx,xnli")


def test_two_tasks_with_one_head_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "mnli and xnli train one head" in fail(capsys, "intermediate", "--tasks", "mnli,xnli")


def test_all_wrong_values_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = fail(capsys, "main", "--seed", "-1", "--epochs", "0", "--languages", "xx", "--targets", "nothing")
    assert all(part in said for part in ("seed=-1", "epochs=0.0", "unknown task 'nothing'"))


@pytest.mark.parametrize(
    ("body", "code", "last"),
    [
        ("return 'abc'", 0, "run_id=abc"),
        ("raise InputError('xnli/sw:\\n no file')", 2, "error: xnli/sw: no file"),
        ("raise Preempted('SIGTERM at step 3 of 5')", 143, "stopped: SIGTERM at step 3 of 5"),
        ("raise Preempted('SIGINT at step 3 of 5')", 130, "stopped: SIGINT at step 3 of 5"),
        ("raise KeyboardInterrupt", 130, "stopped: SIGINT"),
        ("raise ImportError('made of it') from KeyboardInterrupt('SIGTERM now')", 143, "stopped: SIGTERM now"),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)", 143, "stopped: SIGTERM outside of training"),
        ("raise RuntimeError('boom')", 1, "RuntimeError: boom"),
    ],
)
def test_outcomes_have_their_exit_codes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: str,
    code: int,
    last: str,
) -> None:
    from stilts_mlflow.phases.config import ReportConfig
    from stilts_mlflow.phases.door import enter

    source = "import os, signal, time\nfrom stilts_mlflow.errors import InputError, Preempted\n"
    name = f"phase_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(f"{source}def phase(config):\n    {body}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert enter(ReportConfig, f"{name}:phase", []) == code
    said = capsys.readouterr()
    assert (said.out or said.err).splitlines()[-1].startswith(last)
    assert (said.out == "") == (code != 0)


@pytest.mark.slow
def test_failure_before_the_run_is_told_to_the_run_of_mlflow(tmp_path: Path) -> None:
    import mlflow

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri)
    run_id = client.create_run("0").info.run_id
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_RUN_ID": run_id}
    command = [sys.executable, "-m", "entry_points.target", "--task", "xlni"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    tags = client.get_run(run_id).data.tags
    assert tags["stilts.state"] == "failed"
    assert tags["stilts.reason"].startswith("unknown task 'xlni'")
