"""Options of a mixture and of translated training sets, shared by `intermediate` and `main`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.checks import at_least, language_problems, positive
from stilts_mlflow.sampling import HeadSource, Mixing, Mode, parse_weights
from stilts_mlflow.tasks.intermediate import PAPER_TASKS
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import Task, pick


@dataclass(frozen=True, kw_only=True)
class MixtureOptions:
    """How the tasks of a mixture share the training, and masked LM beside them."""

    sampling: Mode = "proportional"
    """Shares of examples: by min(size, cap), by min(size, cap)^(1/temperature), equal, or by weights."""
    cap: int = 131072
    """Most examples of a task that count in a mixture of several; 131072 = 2^17."""
    temperature: float = 2.0
    """Temperature of sampling=temperature; 1 = proportional."""
    weights: str | None = None
    """Comma list task=weight, every task (sampling=explicit)."""
    budget: int = 0
    """Examples of the whole training, masked LM included; 0 = by max_steps or epochs."""
    loss_weights: str | None = None
    """Comma list task=factor of its loss; 1 where none is given."""
    mlm_ratio: float = 0.5
    """Masked LM batches per batch of the other tasks (masked_lm among the tasks)."""
    mlm_languages: str = "all"
    """Languages of masked LM: comma list of codes, or all that have text."""
    mlm_temperature: float = 3.33
    """Languages of masked LM are drawn by size^(1/temperature); 3.33 is XLM-R's exponent 0.3."""
    mlm_head: HeadSource = "pretrained"
    """Output layers of masked LM: pretrained with the encoder, or new."""

    def mixture_problems(self, tasks: str, max_steps: int) -> Iterator[str]:
        """Sentences, one a wrong value; `tasks`: the comma list of the mixture."""
        yield from at_least(0, budget=self.budget)
        yield from at_least(1, cap=self.cap)
        yield from positive(
            temperature=self.temperature, mlm_ratio=self.mlm_ratio, mlm_temperature=self.mlm_temperature
        )
        if self.budget and max_steps:
            yield f"budget={self.budget} and max_steps={max_steps}: give one of them"
        if self.sampling == "explicit" and self.weights is None:
            yield "sampling=explicit needs weights=<task>=<number>,..."
        if self.sampling != "explicit" and self.weights is not None:
            yield f"weights={self.weights!r} with sampling={self.sampling}: expected sampling=explicit"
        yield from self._weight_problems(tasks)
        yield from language_problems(self.mlm_languages, "masked_lm")

    def _weight_problems(self, tasks: str) -> Iterator[str]:
        try:
            rows = pick(TASKS, tasks, PAPER_TASKS)
        except InputError:
            return  # reported by task_problems
        heads: dict[str, list[str]] = {}
        for row in rows:
            heads.setdefault(row.trains_on, []).append(row.name)
        yield from (f"{' and '.join(names)} train one head on the same data" for names in heads.values() if names[1:])
        try:
            self.mixing(rows)
        except InputError as error:
            yield str(error)

    def mixing(self, tasks: list[Task]) -> Mixing:
        """The options as the mixture takes them; InputError for wrong weights."""
        names = [task.name for task in tasks]
        sharing = [task.name for task in tasks if task.type != "masked_lm"]
        weighed = self.sampling == "explicit" and self.weights is not None
        return Mixing(
            mode=self.sampling,
            cap=self.cap,
            temperature=self.temperature,
            weights=parse_weights(self.weights, "weights", sharing, every=True) if weighed else {},
            loss_weights=parse_weights(self.loss_weights, "loss_weights", names),
            budget=self.budget,
            mlm_ratio=self.mlm_ratio,
            mlm_temperature=self.mlm_temperature,
            mlm_head=self.mlm_head,
        )


@dataclass(frozen=True, kw_only=True)
class TranslationOptions:
    """Whether the mixture's training sets are translated ones."""

    translate: str | None = None
    """Languages of machine-translated intermediate training sets: comma list, or all; none = English as it is."""
    translate_mode: Literal["only", "with_english"] = "only"
    """only: the translations alone; with_english: the English training set too."""
    translations: str | None = None
    """Translated training sets: runs:/<translate run>/translations or a folder; none = those that the data bring."""
