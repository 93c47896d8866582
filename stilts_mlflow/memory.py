"""Most memory that a training took, and of which kind."""

import resource
import sys

import torch


def restart() -> None:
    """Begin to measure anew; of a process without a GPU the peak is that of its whole life."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def kind() -> str:
    """What `peak_gib` counts: the GPU memory that torch's tensors took, or the process's own memory."""
    return "gpu tensors" if torch.cuda.is_available() else "cpu process"


def peak_gib() -> float:
    """Peak (GiB) of this process since `restart`."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**30
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
