"""The loop: learns, repeats itself, resumes bit by bit, and does not care how a batch is split."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from stilts_mlflow.errors import Preempted
from stilts_mlflow.mixture import Mixture, TaskData
from stilts_mlflow.model import Model
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import PairExample, TaggingExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.training import Plan, Progress, train
from tests import tiny

LABELS = ("entailment", "neutral", "contradiction")
NOUNS = ("baker", "doctor", "boat")


def pairs(count: int) -> list[PairExample]:
    """The label is the noun of the first text: learnable in a few steps."""
    return [
        PairExample(str(i), f"the old {NOUNS[i % 3]} " + "near the river " * (i % 4), "who reads", LABELS[i % 3])
        for i in range(count)
    ]


def classification(count: int = 48, batch_size: int = 12) -> TaskData:
    rows = pairs(count)
    features = TASK_TYPES["classification"].featurize(rows, LABELS, tiny.tokenizer(), Limits(48))
    return TaskData(TASKS["mnli"], LABELS, features, batch_size, TASKS["mnli"], rows[:12], features[:12])


def tagging() -> TaskData:
    rows = [
        TaggingExample(str(i), ("the", NOUNS[i % 3], *["river"] * (i % 5)), ("D", "N", *["N"] * (i % 5)))
        for i in range(30)
    ]
    features = TASK_TYPES["tagging"].featurize(rows, ("D", "N"), tiny.tokenizer(), Limits(48))
    return TaskData(TASKS["ccg"], ("D", "N"), features, 10, TASKS["ccg"])


def fresh(tasks: list[TaskData], dropout: float = 0.1) -> Model:
    model = tiny.model(dropout)
    for data in tasks:
        model.add_head(data.task.trains_on, data.task.type, data.labels)
    return model


def fit(folder: Path, tasks: list[TaskData], plan: Plan, **extra: object) -> tuple[Model, Progress]:
    model = fresh(tasks)
    return model, train(model, tiny.tokenizer(), Mixture(tasks, plan.seed), plan, folder, **extra)  # type: ignore[arg-type]


def equal(one: Model, two: Model) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_learns_and_keeps_the_best(tmp_path: Path) -> None:
    seen: list[tuple[int, float]] = []
    _, progress = fit(
        tmp_path,
        [classification()],
        Plan(80, 5e-3, eval_every=20),
        watch=lambda step, value: seen.append((step, value)),
    )
    assert progress.best > 90
    assert [step for step, _ in seen] == [20, 40, 60, 80]
    assert progress.best == max(value for _, value in seen)


def test_same_seed_same_numbers(tmp_path: Path) -> None:
    logs: list[list[Mapping[str, float]]] = [[], []]
    models = [
        fit(tmp_path / str(i), [classification()], Plan(6, 1e-3, seed=5), log=lambda m, s, i=i: logs[i].append(m))[0]
        for i in range(2)
    ]
    assert equal(*models)
    losses = [[m["train/loss"] for m in log if "train/loss" in m] for log in logs]
    assert losses[0] == losses[1]
    other, _ = fit(tmp_path / "other", [classification()], Plan(6, 1e-3, seed=6))
    assert not equal(models[0], other)


class _Stop(Exception):
    pass


@pytest.mark.parametrize("cut", [3, *(pytest.param(cut, marks=pytest.mark.slow) for cut in (4, 9))])
def test_resume_ends_with_the_numbers_of_an_uninterrupted_run(tmp_path: Path, cut: int) -> None:
    tasks = [classification(), tagging()]
    plan = Plan(12, 1e-3, save_every=3, eval_every=5, seed=2)
    whole, expected = fit(tmp_path / "whole", tasks, plan)

    def interrupt(metrics: Mapping[str, float], step: int) -> None:
        if step == cut + 1:
            raise _Stop

    with pytest.raises(_Stop):
        fit(tmp_path / "cut", tasks, plan, log=interrupt)
    resumed, progress = fit(tmp_path / "cut", tasks, plan)
    assert equal(whole, resumed)
    assert (progress.step, progress.best, progress.best_step) == (expected.step, expected.best, expected.best_step)


def test_a_signal_saves_and_the_rest_is_the_same(tmp_path: Path) -> None:
    plan = Plan(10, 1e-3, seed=1)
    whole, _ = fit(tmp_path / "whole", [classification()], plan)

    def kill(metrics: Mapping[str, float], step: int) -> None:
        if step == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Preempted, match="SIGTERM at step 4 of 10"):
        fit(tmp_path / "cut", [classification()], plan, log=kill)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    resumed, _ = fit(tmp_path / "cut", [classification()], plan)
    assert equal(whole, resumed)


def test_a_finished_state_does_not_train_one_step_more(tmp_path: Path) -> None:
    plan = Plan(6, 1e-3, save_every=2)
    with pytest.raises(_Stop):
        fit(tmp_path, [classification()], plan, watch=_raise)
    _, progress = fit(tmp_path, [classification()], Plan(4, 1e-3))
    assert progress.step == 4


def _raise(step: int, value: float) -> None:
    raise _Stop


def one_step(accumulation: int, tasks: list[TaskData]) -> tuple[float, float, torch.Tensor]:
    model, logs = fresh(tasks, dropout=0.0), []
    plan = Plan(1, 1e-3, accumulation=accumulation, max_grad_norm=1e9)
    folder = Path(os.devnull) / "never"
    train(model, tiny.tokenizer(), Mixture(tasks, 0), plan, folder, lambda m, s: logs.append(m))
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    metrics = next(m for m in logs if "train/loss" in m)
    return metrics["train/loss"], metrics["train/grad_norm"], weights


SLOW = pytest.mark.slow


@pytest.mark.parametrize("kind", ["classification", "tagging"])
@pytest.mark.parametrize("accumulation", [3, pytest.param(4, marks=SLOW), pytest.param(20, marks=SLOW)])
def test_micro_batches_change_nothing(kind: str, accumulation: int) -> None:
    data = classification() if kind == "classification" else tagging()
    tasks = [TaskData(data.task, data.labels, data.train, data.batch_size, data.dev_task)]
    loss, norm, weights = one_step(1, tasks)
    split_loss, split_norm, split_weights = one_step(accumulation, tasks)
    assert split_loss == pytest.approx(loss, rel=1e-5)
    assert split_norm == pytest.approx(norm, rel=1e-4)
    assert torch.allclose(weights, split_weights, atol=5e-5)


def test_early_stopping_counts_evaluations_without_gain(tmp_path: Path) -> None:
    plan = Plan(200, 1e-12, eval_every=2, patience=3)
    _, progress = fit(tmp_path, [classification()], plan)
    assert progress.step == 8  # best at 2, then three without gain


def test_a_diverging_loss_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match="mnli"):
        fit(tmp_path, [classification()], Plan(50, 1e30))


def test_rate_warms_up_and_decays() -> None:
    plan = Plan(100, 1.0, warmup=0.1)
    assert [plan.rate(step) for step in (1, 10)] == pytest.approx([0.1, 1.0])
    assert plan.rate(100) == pytest.approx(1 / 91)
    assert all(plan.rate(step) > plan.rate(step + 1) for step in range(10, 100))


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(tmp_path: Path) -> None:
    for kind in ("classification", "tagging"):
        results = []
        for world in (1, 2):
            out = tmp_path / f"{kind}-{world}.pt"
            command = [
                sys.executable,
                "-m",
                "torch.distributed.run",
                f"--nproc_per_node={world}",
                "--master_port=0",
                "--rdzv-backend=c10d",
                "--rdzv-endpoint=localhost:0",
                "-m",
                "tests.one_step",
                kind,
                str(out),
            ]
            environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
            subprocess.run(command, check=True, capture_output=True, env=environment, timeout=300)
            results.append(torch.load(out, weights_only=True))
        one, two = results
        assert (one["world"], two["world"]) == (1, 2)
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
        assert two["norm"] == pytest.approx(one["norm"], rel=1e-4)
        assert torch.allclose(one["weights"], two["weights"], atol=5e-5)
