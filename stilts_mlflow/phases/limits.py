"""Lengths that a checkpoint was trained with: `evaluate` and the served model must cut texts alike."""

from collections.abc import Mapping
from typing import Any

from stilts_mlflow.phases.recipes import RECIPES
from stilts_mlflow.task_types.task_type import Limits
from stilts_mlflow.tasks.tables import TASKS


def limits_of(meta: Mapping[str, Any], head: str, kind: Any, longest: int) -> Limits:
    """Lengths of `head` (of task type `kind`) in the training that `meta` tells of; the paper's where it tells none."""
    training = meta.get("training", {})
    # A task may train another one's head (xnli that of mnli).
    heads = [TASKS[name].trains_on if name in TASKS else name for name in meta.get("tasks", [])]
    if head in heads and "max_lengths" in training:
        length, stride = training["max_lengths"][heads.index(head)], training["doc_stride"]
    else:
        length, stride = RECIPES["paper"].max_length[kind], RECIPES["paper"].doc_stride
    return Limits(min(length, longest), stride)
