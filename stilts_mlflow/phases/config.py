"""What `pretrain`, `intermediate`, `report`, `promote`, `main` can be told; other phases have a file of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.phases.checks import (
    at_least,
    gap_problems,
    language_problems,
    positive,
    task_problems,
    translate_problems,
)
from stilts_mlflow.phases.mixture_options import MixtureOptions, TranslationOptions
from stilts_mlflow.phases.options import RunOptions, TrainOptions
from stilts_mlflow.phases.search_options import SearchOptions
from stilts_mlflow.tasks.intermediate import PAPER_TASKS


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(RunOptions):
    """Train the built-in encoder on the demo world: masked LM plus translation ranking."""

    data: Literal["demo"] = "demo"
    """Only the built-in data; real encoders come pretrained."""
    max_steps: int = 1200
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
class IntermediateConfig(TranslationOptions, MixtureOptions, TrainOptions):
    """Phase 2: fine-tune an encoder on one English intermediate task or a mixture of several."""

    tasks: str = "mnli"
    """Comma list of intermediate tasks: the mixture; all = the paper's nine."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from task_problems(self.tasks, trainable=True, every=PAPER_TASKS)
        yield from translate_problems(self.translate, self.translations)
        yield from self.mixture_problems(self.tasks, self.max_steps)


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
class MainConfig(SearchOptions, TranslationOptions, MixtureOptions, TrainOptions):
    """The chain: encoder, without and with intermediate training, targets, zero-shot evaluation, retrieval, report."""

    intermediate: str | None = "mnli"
    """Comma list of intermediate tasks (one mixture), all = the paper's nine; none = only the plain encoder."""
    targets: str = "xnli,xquad,udpos,panx"
    """Comma list of target tasks; xtreme and xtreme_r stand for those of the benchmark."""
    retrieval: str | None = "tatoeba"
    """Comma list of retrieval tasks (or xtreme, xtreme_r); none = no retrieval."""
    languages: str = "all"
    """Comma list of language codes, or all."""
    split: Literal["test", "dev"] = "test"
    """Which split to score."""
    name: str | None = None
    """Registered model (`<name>-<target>`) for the condition that is best on English dev; none = no promotion."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from self.search_problems(self.searchable(), self.lora_rank > 0)
        yield from task_problems(self.targets, trainable=True, benchmarks=True)
        if self.intermediate is not None:
            yield from task_problems(self.intermediate, trainable=True, every=PAPER_TASKS)
            # A chain's max_steps is for its targets too, so a budget may stand beside it.
            yield from self.mixture_problems(self.intermediate, 0)
        elif self.translate is not None:
            yield f"translate={self.translate!r} without intermediate tasks: name some"
        if self.retrieval is not None:
            yield from task_problems(self.retrieval, retrieval=True, benchmarks=True)
        yield from language_problems(self.languages, self.targets)
        yield from gap_problems(self.languages, ",".join(filter(None, (self.targets, self.retrieval))))
        yield from translate_problems(self.translate, self.translations)
