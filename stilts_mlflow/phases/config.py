"""What each entry point can be told: one dataclass a phase.

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
from stilts_mlflow.phases.checks import (
    at_least,
    folder_problems,
    intermediate_problems,
    language_problems,
    positive,
    required_model,
    task_problems,
)

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
    recipe: Literal["demo", "paper"] | None = None
    """Preset for every value left at none; none = demo for the built-in encoder, else paper."""
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

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, max_steps=self.max_steps, lora_rank=self.lora_rank, save_every=self.save_every)
        yield from at_least(0, eval_every=self.eval_every, patience=self.patience)
        yield from at_least(1, batch_size=self.batch_size, accumulation=self.accumulation, lora_alpha=self.lora_alpha)
        yield from at_least(16, max_length=self.max_length)
        yield from positive(epochs=self.epochs, learning_rate=self.learning_rate)
        yield from folder_problems(self.model)


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(RunOptions):
    """Train the built-in encoder on the demo world: masked LM plus translation ranking."""

    data: Literal["demo"] = "demo"
    """Only the built-in data; real encoders come pretrained."""
    max_steps: int = 900
    """Optimizer steps."""
    learning_rate: float = 2e-3
    """Peak learning rate of AdamW."""
    batch_size: int = 64
    """Sentences (or sentence pairs) per step."""
    hidden_size: int = 128
    """Width of the encoder."""
    layers: int = 4
    """Depth of the encoder."""
    vocabulary: int = 6000
    """Sub-words of the tokenizer."""
    save_every: int = 500
    """Optimizer steps between resumable states; 0 = only on a signal."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, max_steps=self.max_steps, batch_size=self.batch_size, layers=self.layers)
        yield from at_least(8, hidden_size=self.hidden_size)
        yield from at_least(300, vocabulary=self.vocabulary)
        yield from at_least(0, save_every=self.save_every)
        yield from positive(learning_rate=self.learning_rate)


@dataclass(frozen=True, kw_only=True)
class IntermediateConfig(TrainOptions):
    """Phase 2: fine-tune an encoder on one English intermediate task or a mixture of several."""

    tasks: str = "mnli"
    """Comma list of intermediate tasks, or all (the paper's nine): the mixture."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from intermediate_problems(self.tasks)


@dataclass(frozen=True, kw_only=True)
class TargetConfig(TrainOptions):
    """Phase 3: fine-tune that encoder with a new head on a target task's English training set."""

    task: str = "xnli"
    """Target task."""
    n_trials: int = 0
    """Optuna trials over the hyper-parameters, judged on English dev; 0 = no search."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, n_trials=self.n_trials)
        yield from task_problems(self.task, trainable=True)


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(DataOptions):
    """Score a fine-tuned checkpoint zero-shot in every language of its tasks."""

    model: str | None = None
    """runs:/<id>/checkpoint of a target run, models:/<name>@<alias>, or a checkpoint folder."""
    tasks: str | None = None
    """Comma list of tasks to score; none = every task the checkpoint was selected for."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    batch_size: int | None = None
    """Examples per forward pass; none = 64."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size)
        yield from required_model(self.model)
        if self.tasks is not None:
            yield from task_problems(self.tasks)
        yield from language_problems(self.languages, self.tasks)


@dataclass(frozen=True, kw_only=True)
class RetrieveConfig(DataOptions):
    """Score sentence retrieval with an encoder as it is: no head, no training."""

    model: str | None = None
    """Hub id, folder, runs:/<id>/checkpoint or models:/<name>@<alias>; none = built-in (demo) or XLM-R Large."""
    tasks: str = "tatoeba"
    """Comma list of retrieval tasks."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    layer: int | None = None
    """Hidden state that gives the headline (0 = embeddings); none = the last. Every layer is logged."""
    pooling: Literal["mean", "cls"] = "mean"
    """Sentence vector: mean over the tokens, or the first token."""
    batch_size: int | None = None
    """Sentences per forward pass; none = 64."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(1, batch_size=self.batch_size)
        yield from at_least(0, layer=self.layer)
        yield from folder_problems(self.model)
        yield from task_problems(self.tasks, retrieval=True)
        yield from language_problems(self.languages, self.tasks)


@dataclass(frozen=True, kw_only=True)
class ReportConfig(RunOptions):
    """Tables, heat map, Markdown and HTML from finished runs."""

    run: str | None = None
    """Id of a main run; none = the newest finished one of the experiment."""


@dataclass(frozen=True, kw_only=True)
class PromoteConfig(RunOptions):
    """Pass a target run through the gate and put it into the model registry."""

    run: str | None = None
    """Id of a target run that has been evaluated, or of one of its evaluate runs."""
    name: str = "stilts"
    """Registered model."""
    min_average: float = 0.0
    """Gate: least average of the major metric over all languages (points)."""
    min_worst: float = 0.0
    """Gate: least score of the worst language (points)."""
    min_gain: float = 0.0
    """Gate: points above the present champion on the same data (champion only)."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if self.run is None:
            yield "promote needs run=<id of a target run>"
        if not self.name or any(letter in self.name for letter in "/:.@%\"'"):
            yield f"name={self.name!r}: expected letters, digits, '-' and '_'"


@dataclass(frozen=True, kw_only=True)
class MainConfig(TrainOptions):
    """The chain: encoder, without and with intermediate training, targets, zero-shot evaluation, retrieval, report."""

    intermediate: str | None = "mnli"
    """Comma list of intermediate tasks, or all (one mixture); none = only the plain encoder."""
    targets: str = "xnli,xquad,udpos,panx"
    """Comma list of target tasks."""
    retrieval: str | None = "tatoeba"
    """Comma list of retrieval tasks; none = no retrieval."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    n_trials: int = 0
    """Optuna trials per target; 0 = no search."""
    name: str | None = None
    """Registered model for the best condition of each target (`<name>-<target>`); none = no promotion."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from at_least(0, n_trials=self.n_trials)
        yield from task_problems(self.targets, trainable=True)
        if self.intermediate is not None:
            yield from intermediate_problems(self.intermediate)
        if self.retrieval is not None:
            yield from task_problems(self.retrieval, retrieval=True)
        yield from language_problems(self.languages, self.targets)


def check(config: RunOptions) -> None:
    """Raise one InputError that lists every wrong value of `config`."""
    found = list(config.problems())
    if found:
        raise InputError("; ".join(found))
