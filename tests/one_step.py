"""One training step as a process of its own: `torchrun -m tests.one_step <kind> <file>` (see test_training.py)."""

import sys

import accelerate
import torch

from tests.test_training import TaskData, classification, one_step, tagging

if __name__ == "__main__":
    data = classification() if sys.argv[1] == "classification" else tagging()
    tasks = [TaskData(data.task, data.labels, data.train, data.batch_size, data.dev_task)]
    loss, norm, weights = one_step(1, tasks)
    state = accelerate.PartialState()
    if state.is_main_process:
        torch.save({"loss": loss, "norm": norm, "weights": weights, "world": state.num_processes}, sys.argv[2])
    state.destroy_process_group()
