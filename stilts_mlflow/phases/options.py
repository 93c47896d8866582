"""What several entry points can be told; one dataclass a phase builds on these.

The fields are the command-line flags and the parameters in `MLproject`, all three one list (a test
compares them). The word `none` means "not set": the value then comes from the recipe
(`phases/recipes.py`) or is off. Checks collect every problem and raise them in one line, before
anything heavy is imported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.checks import at_least, folder_problems, lora_problems, not_negative, positive, shares

Backend = Literal["demo", "files", "hub"]
Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where a run is recorded and what makes it repeatable."""

    seed: int = 0
    """Seed of everything: data order, new heads, dropout, search."""
    experiment: str = "stilts"
    """MLflow experiment that holds the run."""
    output_dir: str = "outputs"
    """Local folder for resumable state and checkpoints."""

    def problems(self) -> Iterator[str]:
        """Sentences, one a wrong value."""
        if self.seed < 0:
            yield f"seed={self.seed}: expected 0 or more"


@dataclass(frozen=True, kw_only=True)
class DataOptions(RunOptions):
    """Which data."""

    data: Backend = "demo"
    """demo: built in; files: original distributions under data_dir; hub: Hugging Face Hub."""
    data_dir: str | None = None
    """Folder of the original files (data=files)."""
    max_examples: int = 0
    """Cap per task, language and split; 0 = none."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, max_examples=self.max_examples)
        if self.data == "files" and self.data_dir is None:
            yield "data=files needs data_dir=<folder of the original files>"
        if self.data_dir is not None and not Path(self.data_dir).is_dir():
            yield f"data_dir={self.data_dir!r} is not a folder"


@dataclass(frozen=True, kw_only=True)
class TrainOptions(DataOptions):
    """How to train; `none` takes the recipe's value."""

    model: str | None = None
    """Hub id, folder, runs:/<id>/checkpoint or models:/<name>@<alias>; none = built-in (demo) or XLM-R Large."""
    recipe: Literal["demo", "paper", "xtreme"] | None = None
    """Preset (demo, paper, xtreme) of every value left at none; none = demo for the built-in encoder, else paper."""
    epochs: float | None = None
    """Passes over the training data."""
    max_steps: int = 0
    """Optimizer steps; 0 = by epochs."""
    learning_rate: float | None = None
    """Peak learning rate of AdamW."""
    batch_size: int | None = None
    """Examples per optimizer step, over all processes."""
    accumulation: int = 1
    """Micro-batches per optimizer step (memory, not mathematics)."""
    max_length: int | None = None
    """Longest sequence in sub-words."""
    warmup: float | None = None
    """Share of the steps in which the learning rate rises to its peak."""
    weight_decay: float | None = None
    """Weight decay of AdamW; biases and norms have none."""
    eval_every: int | None = None
    """Optimizer steps between evaluations on English dev; 0 = only at the end."""
    patience: int | None = None
    """Evaluations without gain before stopping; 0 = never stop early."""
    save_every: int = 500
    """Optimizer steps between resumable states; 0 = only on a signal."""
    precision: Precision = "auto"
    """auto: bf16 on a GPU that has it, else fp32."""
    lora_rank: int = 0
    """Rank of the LoRA update; 0 = full fine-tuning."""
    lora_alpha: int = 16
    """Scale of the LoRA update (alpha / rank)."""
    lora_dropout: float = 0.05
    """Dropout on the input of the LoRA update."""
    lora_layers: str | None = None
    """Layers that LoRA updates, from 0: a number or a range such as 0-5; none = all."""
    lora_targets: str | None = None
    """Comma list of the names of the linear layers that LoRA updates; none = by the encoder's family."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, max_steps=self.max_steps, lora_rank=self.lora_rank, save_every=self.save_every)
        yield from at_least(0, eval_every=self.eval_every, patience=self.patience)
        yield from at_least(1, batch_size=self.batch_size, accumulation=self.accumulation, lora_alpha=self.lora_alpha)
        yield from at_least(16, max_length=self.max_length)
        yield from positive(epochs=self.epochs, learning_rate=self.learning_rate)
        yield from shares(warmup=self.warmup, lora_dropout=self.lora_dropout)
        yield from not_negative(weight_decay=self.weight_decay)
        yield from lora_problems(self.lora_rank, self.lora_layers, self.lora_targets)
        yield from folder_problems(self.model)

    def searchable(self) -> dict[str, object]:
        """What a search of hyper-parameters varies where it is not set."""
        epochs = self.epochs or self.max_steps or None  # steps take the place of passes
        return {
            "learning_rate": self.learning_rate,
            "epochs": epochs,
            "batch_size": self.batch_size,
            "warmup": self.warmup,
            "weight_decay": self.weight_decay,
        }


def check(config: RunOptions) -> None:
    """Raise one InputError that lists every wrong value of `config`."""
    found = list(config.problems())
    if found:
        raise InputError("; ".join(found))
