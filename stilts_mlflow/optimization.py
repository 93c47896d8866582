"""Optimizer, precision and gradients of the loop: sums over micro-batches and processes, divided once."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from stilts_mlflow.batching import to_device
from stilts_mlflow.mixture import TaskData
from stilts_mlflow.model import Model, collation
from stilts_mlflow.task_types.task_type import Features
from stilts_mlflow.task_types.types import TASK_TYPES


def backward(
    accelerator: Any,
    model: Any,
    tokenizer: Any,
    data: TaskData,
    features: Sequence[Features],
    accumulation: int,
    seed: int,
) -> Tensor:
    """Gradients of the mean loss of a batch, whatever its split into micro-batches and processes; returns that mean.

    `model` is the prepared one. `seed` is the step's: dropout and masks depend on nothing else, so a resumed
    training repeats them. The gradients are times the task's loss weight, the mean is not.
    """
    kind = TASK_TYPES[data.task.type]
    rank, world = accelerator.process_index, accelerator.num_processes
    plain = accelerator.unwrap_model(model)
    total, count = torch.zeros((), device=accelerator.device), torch.zeros((), device=accelerator.device)
    parts = micro_batches(features, accumulation, world, rank)
    for number, (part, weight) in enumerate(parts):
        own = seed * 1009 + rank * accumulation + number
        torch.manual_seed(own)
        generator = torch.Generator().manual_seed(own)
        batch = kind.collate(part, collation(tokenizer, plain.vocabulary, generator))
        batch = to_device(batch, accelerator.device)
        last = number == len(parts) - 1
        with nullcontext() if last else accelerator.no_sync(model), accelerator.autocast():
            loss = kind.loss(model(data.task.trains_on, batch), batch)
            accelerator.backward(loss.total * weight)
        total += loss.total.detach() * weight
        count += loss.count * weight
    if world > 1:
        total, count = accelerator.reduce(total), accelerator.reduce(count)
    # DDP averages gradients over processes: times world, over the number of terms everywhere.
    gradients = [p.grad for p in plain.parameters() if p.grad is not None]
    torch._foreach_mul_(gradients, data.loss_weight * world / count.clamp(min=1))
    return total / count.clamp(min=1)


def make_accelerator(precision: str, several_heads: bool) -> Any:
    """bf16 where the GPU has it, else fp32; never fp16 (the T5 family overflows in it)."""
    import accelerate

    has_bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    mixed = "bf16" if precision == "bf16" or (precision == "auto" and has_bf16) else "no"
    accelerate.state.AcceleratorState._reset_state()  # a former phase of this process may have used another precision
    ddp = accelerate.DistributedDataParallelKwargs(find_unused_parameters=several_heads)
    return accelerate.Accelerator(mixed_precision=mixed, kwargs_handlers=[ddp])


def make_optimizer(model: Model, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW (eps 1e-8); no weight decay on biases and norms."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    plain = [p for name, p in named if p.ndim < 2]
    decayed = [p for name, p in named if p.ndim >= 2]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, eps=1e-8, fused=True)


def micro_batches(
    features: Sequence[Features], accumulation: int, world: int, rank: int
) -> list[tuple[Sequence[Features], float]]:
    """This process's shares of a batch; weight 0 for one that would be empty, since others wait for its backward."""
    count = accumulation * world
    mine = [features[rank * accumulation + i :: count] for i in range(accumulation)]
    return [(part, 1.0) if part else (features[:1], 0.0) for part in mine]


def trainable(model: Model) -> dict[str, Tensor]:
    """The parameters that training changes."""
    return {f"model/{name}": p for name, p in model.named_parameters() if p.requires_grad}


def restore(model: Model, tensors: Mapping[str, Tensor]) -> None:
    """Put `trainable` tensors back in place."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.requires_grad:
                p.copy_(tensors[f"model/{name}"])
