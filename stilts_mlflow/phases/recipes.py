"""Recipes: the values of every training option that a user leaves at `none`.

`paper` follows the code behind Phang et al. 2020 (jiant's XTREME scripts: AdamW with learning rate
1e-5, 10 % warm-up, batches of 32 or 16, evaluation every 1,000 steps, stop after 30 without gain).
`xtreme` follows the benchmark's own scripts (google-research/xtreme, `scripts/train_*.sh`, XLM-R Large): they decay
the weights and warm up for question answering only, and know XNLI, PAWS-X, tagging and questions; multiple choice and
masked text are ours, like the pairs.
`demo` is for the built-in encoder of about a million parameters; it leaves the word embeddings as they were
pretrained, since so small a vocabulary is in English tasks only in part, and moving that part away from its
translations costs more than it gives (docs/lab-notes.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, get_args

from stilts_mlflow.tasks.task import Task, TaskTypeName

if TYPE_CHECKING:
    from stilts_mlflow.hpo import Space
    from stilts_mlflow.phases.resolve import Training

Value = TypeVar("Value")
Table = Mapping[str, Value]
"""A value by task type; a training task's own name goes before its type."""


def of(table: Table[Value], task: Task) -> Value:
    """The value for a task."""
    return table[task.name] if task.name in table else table[task.type]


def every(value: Value) -> dict[str, Value]:
    """The same value for all types."""
    return dict.fromkeys(get_args(TaskTypeName), value)


@dataclass(frozen=True)
class Recipe:
    """Training values. `warmup`: share of the steps; `warmup_steps`: their number, where it is above 0."""

    epochs: Table[float]
    learning_rate: Table[float]
    batch_size: Table[int]
    max_length: Table[int]
    eval_every: Table[int]
    patience: int
    warmup: Table[float] = field(default_factory=lambda: every(0.1))
    warmup_steps: Table[int] = field(default_factory=lambda: every(0))
    weight_decay: Table[float] = field(default_factory=lambda: every(0.01))
    doc_stride: int = 128
    eval_examples: int = 0
    freeze_embeddings: bool = False
    intermediate_rate: float = 1.0
    """Factor of the learning rate in the intermediate phase."""


_PAIR: TaskTypeName = "classification"
_CHOICE: TaskTypeName = "multiple_choice"
_TAGS: TaskTypeName = "tagging"
_SPAN: TaskTypeName = "question_answering"
_TEXT: TaskTypeName = "masked_lm"
_BITEXT: TaskTypeName = "sentence_retrieval"

RECIPES: dict[str, Recipe] = {
    "paper": Recipe(
        epochs={_PAIR: 2, _CHOICE: 2, _TAGS: 10, _SPAN: 2, _TEXT: 1, _BITEXT: 1, "pawsx": 5},
        learning_rate=every(1e-5),
        batch_size={_PAIR: 32, _CHOICE: 32, _TAGS: 32, _SPAN: 16, _TEXT: 32, _BITEXT: 32},
        max_length={_PAIR: 256, _CHOICE: 256, _TAGS: 256, _SPAN: 384, _TEXT: 256, _BITEXT: 128},
        eval_every=every(1000),
        patience=30,
        eval_examples=500,
    ),
    "xtreme": Recipe(
        epochs={_PAIR: 5, _CHOICE: 5, _TAGS: 10, _SPAN: 3, _TEXT: 1, _BITEXT: 1},
        # XNLI trains on mnli; the scripts take 2e-5 there for models other than XLM-R Large.
        learning_rate=every(2e-5) | {_SPAN: 3e-5, "mnli": 3e-5},
        batch_size=every(32),
        max_length=every(128) | {_SPAN: 384},
        # As often as the scripts save; for questions only at the end. Never stopped early.
        eval_every=every(500) | {_SPAN: 0, "mnli": 100, "pawsx": 200, "panx": 1000},
        patience=0,
        warmup=every(0.0),
        warmup_steps=every(0) | {_SPAN: 500},
        weight_decay=every(0.0) | {_SPAN: 1e-4},
    ),
    "demo": Recipe(
        epochs={_PAIR: 3, _CHOICE: 3, _TAGS: 1, _SPAN: 2, _TEXT: 1, _BITEXT: 1},
        learning_rate=every(1e-3),
        batch_size={_PAIR: 32, _CHOICE: 32, _TAGS: 32, _SPAN: 32, _TEXT: 64, _BITEXT: 64},
        max_length={_PAIR: 64, _CHOICE: 64, _TAGS: 64, _SPAN: 96, _TEXT: 64, _BITEXT: 64},
        eval_every=every(200),
        patience=0,
        doc_stride=32,
        freeze_embeddings=True,
        intermediate_rate=0.5,
    ),
}


def search_space(training: "Training", task: Task, given: Mapping[str, object]) -> "Space":
    """What a target search varies: around the recipe's values, and around LoRA's where that is on.

    `given`: by name, None where an option is not set; what is set stays as it is.
    """
    from stilts_mlflow.hpo import Choice, Real

    values = RECIPES[training.recipe]
    rate, size, epochs = of(values.learning_rate, task), of(values.batch_size, task), of(values.epochs, task)
    space: dict[str, Real | Choice] = {
        "learning_rate": Real(rate / 4, rate * 4, log=True),
        "batch_size": Choice((size // 2, size, size * 2)),
        "epochs": Choice((epochs / 2, epochs)),
        "warmup": Real(0.0, 0.2),
        "weight_decay": Real(1e-4, 0.1, log=True),
    }
    space = {name: choice for name, choice in space.items() if given[name] is None}
    if training.lora_rank:
        space["lora_rank"] = Choice(around(training.lora_rank))
        space["lora_alpha"] = Choice(around(training.lora_alpha))
        space["lora_dropout"] = Real(0.0, 0.2)
    return space


def around(value: int) -> tuple[int, ...]:
    """Half, the value itself, and twice; whole numbers from 1."""
    return tuple(sorted({max(1, value // 2), value, value * 2}))
