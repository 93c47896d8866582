"""The one training loop, read top to bottom; on `accelerate`, so one process or many is the same code.

Selection uses English dev only: the dev sets come in through `TaskData`, which `load_task_data` fills from
the English dev split and nothing else.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from stilts_mlflow.checkpoint import load_optimizer, optimizer_tensors, resume_from, save_state
from stilts_mlflow.errors import Preempted
from stilts_mlflow.evaluation import evaluate_dev
from stilts_mlflow.mixture import Mixture
from stilts_mlflow.model import Model
from stilts_mlflow.optimization import backward, make_accelerator, make_optimizer, restore, trainable
from stilts_mlflow.signals import stop_signals

logger = logging.getLogger(__name__)
Log = Callable[[Mapping[str, float], int], None]
Watch = Callable[[int, float], None]


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    steps: int
    learning_rate: float
    warmup: float = 0.1
    warmup_steps: int = 0
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    accumulation: int = 1
    eval_every: int = 0
    patience: int = 0
    save_every: int = 0
    seed: int = 0
    precision: str = "auto"
    eval_batch_size: int = 64

    @property
    def log_every(self) -> int:
        """Steps between log lines: about fifty a training, at most 50 steps apart."""
        return max(1, min(50, self.steps // 50))

    def rate(self, step: int) -> float:
        """Learning rate of step 1 .. `steps`: linear warm-up, then linear decay to zero behind the last step.

        `warmup_steps` above 0 goes before the share `warmup`; a training that is shorter never gets to the peak.
        """
        warm = self.warmup_steps or max(1, math.ceil(self.warmup * self.steps))
        return self.learning_rate * min(step / warm, (self.steps + 1 - step) / max(1, self.steps + 1 - warm))


@dataclass
class Progress:
    """Where the loop stands: all of it goes into the resumable state."""

    step: int = 0
    best: float = -math.inf
    best_step: int = 0
    without_gain: int = 0
    dev: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    examples: int = 0

    def is_stale(self, patience: int) -> bool:
        """Whether early stopping is due; patience 0 = never."""
        return patience > 0 and self.without_gain >= patience


def train(
    model: Model,
    tokenizer: Any,
    mixture: Mixture,
    plan: Plan,
    state: Path,
    log: Log = lambda metrics, step: None,
    watch: Watch = lambda step, value: None,
) -> Progress:
    """Train `model` in place and leave it with the weights that were best on English dev.

    `state`: folder for the resumable state; when it holds one, training goes on from there. `log`: metrics a
    step. `watch`: sees every dev mean and may raise to stop a trial. Raises Preempted after a signal, when the
    state is saved. Longer than the house's 40 lines, since it is the loop, to be read from top to bottom.
    """
    accelerator = make_accelerator(plan.precision, several_heads=len(mixture.tasks) > 1)
    model.to(accelerator.device).train()
    optimizer = make_optimizer(model, plan.learning_rate, plan.weight_decay)
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    keeper = Keeper(model, tokenizer, optimizer.optimizer, accelerator, plan, state)
    progress = keeper.resume()
    window = Window(several=len(mixture.tasks) > 1)
    bar = tqdm(total=plan.steps, initial=progress.step, unit="step", mininterval=1, disable=not keeper.is_main)
    with bar, stop_signals() as stop:
        for data, features in mixture.batches(plan.steps, start=progress.step):
            if progress.is_stale(plan.patience):
                break
            progress.step += 1
            step, begun = progress.step, time.perf_counter()
            loss = backward(
                accelerator, wrapped, tokenizer, data, features, plan.accumulation, plan.seed * 1_000_003 + step
            )
            norm = accelerator.clip_grad_norm_(model.parameters(), plan.max_grad_norm)
            for group in optimizer.param_groups:
                group["lr"] = plan.rate(step)
            optimizer.step()
            optimizer.zero_grad()

            progress.examples += len(features)
            progress.seconds += time.perf_counter() - begun
            window.add(data.task.name, loss, norm, len(features))
            bar.update()
            if step % plan.log_every == 0 or step == plan.steps:
                metrics = window.close(step)
                log(metrics | {"train/learning_rate": plan.rate(step)}, step)
                bar.set_postfix(loss=f"{metrics['train/loss']:.3f}", refresh=False)

            if step == plan.steps:
                break
            if plan.eval_every and step % plan.eval_every == 0:
                keeper.evaluate(mixture, log, watch)
            if plan.save_every and step % plan.save_every == 0:
                keeper.save()
            if stop.name:
                keeper.save()
                raise Preempted(f"{stop.name} at step {step} of {plan.steps}; the same command goes on from there")
    if not progress.is_stale(plan.patience):
        keeper.evaluate(mixture, log, watch)
    keeper.back_to_best()
    accelerator.free_memory()
    return progress


@dataclass
class Keeper:
    """What is kept of a training: the resumable state, and the weights that were best on English dev."""

    model: Model
    tokenizer: Any
    optimizer: torch.optim.Optimizer
    accelerator: Any
    plan: Plan
    folder: Path
    progress: Progress = field(default_factory=Progress)

    @property
    def is_main(self) -> bool:
        """Whether this process writes."""
        return bool(self.accelerator.is_main_process)

    def resume(self) -> Progress:
        """Go on where an earlier process stopped, if one did."""
        found = resume_from(self.folder / "last")
        if found:
            restore(self.model, found[0])
            load_optimizer(self.optimizer, found[0])
            self.progress = Progress(**found[1])
            logger.warning("resuming at step %d of %d", self.progress.step, self.plan.steps)
        return self.progress

    def save(self) -> None:
        """Write the resumable state."""
        if self.is_main:
            tensors = trainable(self.model) | optimizer_tensors(self.optimizer)
            save_state(self.folder / "last", tensors, vars(self.progress))
        self.accelerator.wait_for_everyone()

    def evaluate(self, mixture: Mixture, log: Log, watch: Watch) -> None:
        """Score English dev and keep the weights when they are the best so far."""
        progress = self.progress
        values = evaluate_dev(self.model, self.tokenizer, mixture, self.plan.eval_batch_size, self.accelerator.autocast)
        if "dev/mean" not in values:
            return
        log(values, progress.step)
        if values["dev/mean"] > progress.best:
            progress.best, progress.best_step, progress.without_gain = values["dev/mean"], progress.step, 0
            progress.dev = values
            if self.is_main:
                save_state(self.folder / "best", trainable(self.model), {"step": progress.step})
        else:
            progress.without_gain += 1
        watch(progress.step, values["dev/mean"])

    def back_to_best(self) -> None:
        """Put the best weights back, unless the last ones are the best."""
        self.accelerator.wait_for_everyone()
        if 0 < self.progress.best_step < self.progress.step:
            found = resume_from(self.folder / "best")
            if found is None:
                raise FileNotFoundError(f"{self.folder}: the best weights (step {self.progress.best_step}) are gone")
            restore(self.model, found[0])


class Window:
    """Means of loss, gradient norm and rate since the last log line; sums stay on the device until then.

    `several`: the mixture has several tasks, so that each task's loss is a metric too.
    """

    def __init__(self, several: bool) -> None:
        self.several = several
        self.losses: dict[str, list[Tensor]] = {}
        self.norms: list[Tensor] = []
        self.examples, self.begun = 0, time.perf_counter()

    def add(self, task: str, loss: Tensor, norm: Tensor, examples: int) -> None:
        """One step."""
        self.losses.setdefault(task, []).append(loss)
        self.norms.append(norm)
        self.examples += examples

    def close(self, step: int) -> dict[str, float]:
        """Metrics of the window; starts the next one. A loss that is not finite raises FloatingPointError."""
        means = {task: float(torch.stack(values).mean()) for task, values in self.losses.items()}
        every = [value for values in self.losses.values() for value in values]
        metrics = {f"train/loss/{task}": value for task, value in means.items()} if self.several else {}
        metrics["train/loss"] = float(torch.stack(every).mean())
        metrics["train/grad_norm"] = float(torch.stack(self.norms).mean())
        metrics["train/examples_per_second"] = self.examples / (time.perf_counter() - self.begun)
        for task, value in means.items():
            if not math.isfinite(value):
                raise FloatingPointError(f"step {step}, task {task}: the loss is {value}; lower learning_rate")
        self.__init__(self.several)  # type: ignore[misc]
        return metrics
