"""Train an encoder on a mixture and save the checkpoint: what pretrain, intermediate, target and trials share."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from stilts_mlflow import checkpoint, memory
from stilts_mlflow.data.load import DataSource
from stilts_mlflow.errors import InputError
from stilts_mlflow.evaluation import THRESHOLD
from stilts_mlflow.lora import adapter_mib, add_lora
from stilts_mlflow.masked_head import add_masked_head
from stilts_mlflow.mixture import Mixture, TaskData, load_task_data
from stilts_mlflow.model import Model
from stilts_mlflow.phases.resolve import Training
from stilts_mlflow.sampling import Part, example_shares, steps_of
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task
from stilts_mlflow.training import Plan, Progress, train

log = logging.getLogger(__name__)


def fit(
    place: Path | str,
    tasks: Sequence[Task],
    source: DataSource,
    training: Training,
    state: Path,
    output: Path,
    meta: Mapping[str, Any],
    *,
    metrics: Callable[[Mapping[str, float], int], None],
    watch: Callable[[float, float], None] = lambda share, value: None,
    head_of: str = "",
) -> Progress:
    """Load the encoder at `place`, add a new head a task, train, write the checkpoint to `output`.

    The head of masked LM is the encoder's own, unless a new one was asked for. `head_of`: the task whose head in that
    checkpoint goes on as the (one) task's, in the place of a new one. `watch` sees the share of the training that
    is done, and every dev mean.
    """
    torch.manual_seed(training.seed)  # new heads
    start = checkpoint.load(place) if head_of else checkpoint.start_from(place)
    for task in tasks:
        if task.type == "masked_lm":
            add_masked_head(start, place, task.trains_on, training.mixing.mlm_head)
    data = load_data(start.model, start.tokenizer, tasks, source, training)
    if head_of:
        carry_head(start.model, head_of, data[0])
    return fit_model(start, data, training, state, output, meta, metrics=metrics, watch=watch)


def fit_model(
    start: checkpoint.Loaded,
    data: Sequence[TaskData],
    training: Training,
    state: Path,
    output: Path,
    meta: Mapping[str, Any],
    *,
    metrics: Callable[[Mapping[str, float], int], None],
    watch: Callable[[float, float], None] = lambda share, value: None,
) -> Progress:
    """The same with the model and the data at hand."""
    model = start.model
    for one in data:
        if one.task.trains_on not in model.heads:
            model.add_head(one.task.trains_on, one.task.type, one.labels)
    facts: dict[str, Any] = {"tensors": start.meta.get("tensors")}
    if training.freeze_embeddings:
        model.encoder.get_input_embeddings().requires_grad_(False)  # type: ignore[operator]
    memory.restart()
    if training.lora:
        share = add_lora(model, training.lora)
        metrics({f"lora/{name}": value for name, value in share.items()}, 0)
        facts["lora"] = share
    parts = [part_of(one, epochs) for one, epochs in zip(data, training.epochs, strict=True)]
    mixture = Mixture(data, training.seed, rates=example_shares(parts, training.mixing))
    plan = plan_of(training, steps_of(parts, training.mixing, training.max_steps))
    intended = zip((part.name for part in parts), mixture.intended, strict=True)
    metrics({f"mixture/intended/{name}": share for name, share in intended}, 0)
    metrics({f"data/{one.task.name}/{name}": float(n) for one in data for name, n in one.facts.items()}, 0)
    begun = time.perf_counter()
    progress = train(model, start.tokenizer, mixture, plan, state, metrics, lambda n, v: watch(n / plan.steps, v))
    for one in data:
        threshold = progress.dev.get(f"dev/{one.task.name}/{THRESHOLD}")
        if threshold is not None:
            model.thresholds[one.task.trains_on] = threshold
    metrics(summary(progress, time.perf_counter() - begun), progress.step)
    effective = mixture.shares(progress.step)
    metrics({f"mixture/effective/{name}": share for name, share in effective.items()}, progress.step)
    facts["peak_memory"] = {"gib": memory.peak_gib(), "of": memory.kind()}
    facts |= {"step": progress.step, "best_step": progress.best_step, "dev": progress.dev, "steps": plan.steps}
    checkpoint.save(output, model, start.tokenizer, {**meta, **facts, "training": training.shown()})
    if training.lora:
        metrics({"lora/adapter_mib": adapter_mib(output)}, progress.step)
    return progress


def carry_head(model: Model, name: str, data: TaskData) -> None:
    """The head of the task `name` becomes that of `data`'s training task; the model keeps no other one.

    InputError when there is none, or when the two tasks differ in type or labels (multiple choice has one output).
    """
    task = data.task
    if name not in model.heads:
        raise InputError(f"{task.name}: the checkpoint of {name} has no head {name!r}; it has {', '.join(model.heads)}")
    was, now = (model.types[name], model.labels[name]), (task.type, data.labels)
    if was != now:
        raise InputError(
            f"{task.name}: cannot go on with the head of {name}, type {was[0]} with labels {was[1]}; "
            f"expected {now[0]} with labels {now[1]}"
        )
    head, threshold = model.heads[name], model.thresholds.get(name)
    for old in list(model.heads):
        del model.heads[old], model.types[old], model.labels[old]
    model.heads[task.trains_on], model.types[task.trains_on] = head, task.type
    model.labels[task.trains_on] = data.labels
    model.thresholds = {} if threshold is None else {task.trains_on: threshold}


def load_data(
    model: Model, tokenizer: Any, tasks: Sequence[Task], source: DataSource, training: Training
) -> list[TaskData]:
    """Features of every task of a mixture."""
    rows = []
    for task, size, length in zip(tasks, training.batch_sizes, training.max_lengths, strict=True):
        limits = Limits(min(length, model.longest), training.doc_stride)
        selects = TASKS[task.selects_on]
        data = load_task_data(
            task, selects, source, tokenizer, limits, size, training.eval_examples, training.mixing.mlm_temperature
        )
        rows.append(replace(data, loss_weight=training.mixing.loss_weights.get(task.name, 1.0)))
    return rows


def part_of(data: TaskData, epochs: float) -> Part:
    """A task as the sampling rates see it."""
    return Part(data.task.name, len(data.train), data.mean_batch, epochs, data.task.type == "masked_lm")


def plan_of(training: Training, steps: int) -> Plan:
    """The loop's plan."""
    return Plan(
        steps=steps,
        learning_rate=training.learning_rate,
        warmup=training.warmup,
        warmup_steps=training.warmup_steps,
        weight_decay=training.weight_decay,
        accumulation=training.accumulation,
        eval_every=training.eval_every,
        patience=training.patience,
        save_every=training.save_every,
        seed=training.seed,
        precision=training.precision,
    )


def summary(progress: Progress, seconds: float) -> dict[str, float]:
    """Final metrics of a training."""
    values = {"train/seconds": seconds, "train/steps": float(progress.step)}
    values["train/peak_memory_gib"] = memory.peak_gib()
    if progress.best_step:
        values |= {"best/dev_mean": progress.best, "best/step": float(progress.best_step)}
    return values
