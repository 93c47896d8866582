"""Batches for measuring: bucketed by length, as large as memory allows, with the time inside the model kept apart.

size = BatchSize()                      # one for a whole run: what memory taught is not forgotten
for indices in each_batch(run, costs, order, size):
    ...                                 # run(indices) has been called
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

from stilts_mlflow.task_types.task_type import Batch, Features

log = logging.getLogger(__name__)

CPU_EXAMPLES, CPU_TOKENS = 64, 64 * 128
GPU_EXAMPLES, GPU_TOKENS = 4096, 1 << 18
PROBE_EXAMPLES = 4
SHARE_OF_FREE = 0.5
"""Of the free memory of a GPU that the first guess may take: lengths and other processes vary."""


@dataclass
class BatchSize:
    """Most examples and most sub-words (padded; 0 = any number) of one forward pass; it only ever shrinks.

    `is_probed` False: on a GPU the first batch measures what a sub-word costs and sets `tokens`.
    """

    examples: int = CPU_EXAMPLES
    tokens: int = CPU_TOKENS
    is_probed: bool = True

    @classmethod
    def of(cls, examples: int | None, device: torch.device) -> "BatchSize":
        """The size that was asked for, with no limit on sub-words; else one that suits the device."""
        if examples is not None:
            return cls(examples, 0)
        return cls() if device.type == "cpu" else cls(GPU_EXAMPLES, 0, is_probed=False)

    def count(self, cost: int) -> int:
        """How many examples of at most `cost` sub-words go together."""
        if not self.is_probed:
            return PROBE_EXAMPLES
        return max(1, min(self.examples, self.tokens // cost)) if self.tokens else self.examples

    def shrink(self, count: int, cost: int) -> None:
        """From now on half of what did not fit: `count` examples of `cost` sub-words."""
        self.tokens = max(1, count // 2) * cost
        self.is_probed = True


def fitting_tokens(peak: int, tokens: int, free: int) -> int:
    """Sub-words that fit when `tokens` of them took `peak` bytes and `free` bytes are left; within bounds."""
    per_token = max(1.0, peak / max(1, tokens))
    return int(min(GPU_TOKENS, max(1.0, SHARE_OF_FREE * free / per_token)))


def cost_of(feature: Features) -> int:
    """Sub-words of a feature when padded: its longest sequence times the number of sequences."""
    ids = feature["input_ids"]
    return int(feature["length"]) * (len(ids) if ids and isinstance(ids[0], list) else 1)


def each_batch(
    run: Callable[[Sequence[int]], None], costs: Sequence[int], order: Sequence[int], size: BatchSize
) -> Iterator[Sequence[int]]:
    """Call `run` on one batch of `order` after the other and give its indices; less at once when memory runs out.

    Raises what `run` raises: torch.OutOfMemoryError only when a single example does not fit.
    """
    done = 0
    while done < len(order):
        indices = order[done : done + size.count(max(1, costs[order[done]]))]
        # `order` need not be sorted: a batch is as long as its longest example.
        cost = max(1, *(costs[i] for i in indices))
        indices = indices[: size.count(cost)]
        if not attempt(run, indices, cost, size):
            continue
        done += len(indices)
        yield indices


def attempt(run: Callable[[Sequence[int]], None], indices: Sequence[int], cost: int, size: BatchSize) -> bool:
    """Whether the batch went through; if not, `size` is smaller now."""
    try:
        if size.is_probed or not torch.cuda.is_available():
            size.is_probed = True
            run(indices)
        else:
            probe(run, indices, cost, size)
    except torch.OutOfMemoryError:
        if len(indices) == 1:
            raise
        size.shrink(len(indices), cost)
        log.warning("out of memory with %d x %d sub-words: %d at once from now on", len(indices), cost, size.tokens)
    else:
        return True
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # here, where the traceback no longer holds the tensors
    return False


def probe(run: Callable[[Sequence[int]], None], indices: Sequence[int], cost: int, size: BatchSize) -> None:
    """Run a small batch and set `size.tokens` by the memory that it took."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run(indices)
    peak = torch.cuda.max_memory_allocated() - before
    free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    size.tokens, size.is_probed = fitting_tokens(peak, len(indices) * cost, free), True
    log.info("batches of up to %d sub-words (%.1f GB free)", size.tokens, free / 1e9)


def in_batches(
    run: Callable[[Sequence[int]], None], lengths: Sequence[int], batch_size: int | BatchSize, title: str | None
) -> None:
    """Call `run` on indices of similar length, longest first, with a bar called `title`."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    size = batch_size if isinstance(batch_size, BatchSize) else BatchSize(batch_size, 0)
    with bar_of(title, len(order)) as bar:
        for indices in each_batch(run, lengths, order, size):
            bar.update(len(indices))


def bar_of(title: str | None, total: int, unit: str = "ex") -> Any:
    """A bar that goes away when it is full; without a title none is shown."""
    return tqdm(total=total, desc=title, unit=unit, disable=None if title else True, leave=False, smoothing=0.05)


@dataclass
class Stopwatch:
    """Seconds of wall time, and of these the seconds inside the model (device included)."""

    begun: float
    inside: float = 0.0

    @classmethod
    def start(cls) -> "Stopwatch":
        """A running one."""
        return cls(time.perf_counter())

    @contextmanager
    def model(self, device: torch.device) -> Iterator[None]:
        """What runs in this block is the model; waits for the device before and after, so that nothing is missed."""
        synchronize(device)
        begun = time.perf_counter()
        try:
            yield
            synchronize(device)
        finally:
            self.inside += time.perf_counter() - begun

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.begun

    def outside(self) -> float:
        """Share (0-1) of the time until now that was spent outside the model."""
        elapsed = self.elapsed()
        return max(0.0, 1 - self.inside / elapsed) if elapsed > 0 else 0.0


def synchronize(device: torch.device) -> None:
    """Wait for what has been sent to the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on `device`."""
    return {key: value.to(device, non_blocking=True) for key, value in batch.items()}
