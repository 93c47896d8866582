"""From options and a recipe to the numbers that a training uses."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from stilts_mlflow.lora_settings import Lora
from stilts_mlflow.phases.encoder import Encoder
from stilts_mlflow.phases.mixture_options import MixtureOptions
from stilts_mlflow.phases.options import TrainOptions
from stilts_mlflow.phases.recipes import RECIPES, of
from stilts_mlflow.sampling import Mixing
from stilts_mlflow.tasks.task import Task


@dataclass(frozen=True)
class Training:
    """Every value of a training, nothing left open; `batch_sizes` and `max_lengths` go with the tasks."""

    recipe: str
    epochs: tuple[float, ...]
    max_steps: int
    learning_rate: float
    batch_sizes: tuple[int, ...]
    max_lengths: tuple[int, ...]
    warmup: float
    weight_decay: float
    doc_stride: int
    eval_every: int
    eval_examples: int
    patience: int
    accumulation: int
    save_every: int
    precision: str
    lora_rank: int
    lora_alpha: int
    seed: int
    lora_dropout: float = 0.05
    lora_layers: str | None = None
    lora_targets: str | None = None
    freeze_embeddings: bool = False
    warmup_steps: int = 0
    mixing: Mixing = field(default_factory=Mixing)

    @property
    def lora(self) -> Lora | None:
        """LoRA's settings; None is full fine-tuning."""
        if not self.lora_rank:
            return None
        return Lora(self.lora_rank, self.lora_alpha, self.lora_dropout, self.lora_layers, self.lora_targets)

    def shown(self) -> dict[str, object]:
        """The values for the key and the run's configuration; those of the mixture stand there as its options."""
        values = asdict(self)
        return {name: value for name, value in values.items() if name not in ("save_every", "mixing")}


def resolve(config: TrainOptions, tasks: Sequence[Task], encoder: Encoder, phase: str = "target") -> Training:
    """Options first, the recipe for what they leave at none.

    A mixture has one optimizer: what cannot differ by task is the first task's, masked text aside.
    """
    name = config.recipe or ("demo" if encoder.is_builtin else "paper")
    recipe = RECIPES[name]
    first = next((task for task in tasks if task.type != "masked_lm"), tasks[0])
    rate = of(recipe.learning_rate, first) * (recipe.intermediate_rate if phase == "intermediate" else 1.0)
    return Training(
        recipe=name,
        epochs=tuple(config.epochs if config.epochs is not None else of(recipe.epochs, task) for task in tasks),
        max_steps=config.max_steps,
        learning_rate=config.learning_rate if config.learning_rate is not None else rate,
        batch_sizes=tuple(config.batch_size or of(recipe.batch_size, task) for task in tasks),
        max_lengths=tuple(config.max_length or of(recipe.max_length, task) for task in tasks),
        warmup=config.warmup if config.warmup is not None else of(recipe.warmup, first),
        weight_decay=config.weight_decay if config.weight_decay is not None else of(recipe.weight_decay, first),
        doc_stride=recipe.doc_stride,
        eval_every=config.eval_every if config.eval_every is not None else of(recipe.eval_every, first),
        eval_examples=recipe.eval_examples,
        patience=config.patience if config.patience is not None else recipe.patience,
        accumulation=config.accumulation,
        save_every=config.save_every,
        precision=config.precision,
        lora_rank=config.lora_rank,
        lora_alpha=config.lora_alpha,
        seed=config.seed,
        lora_dropout=config.lora_dropout,
        lora_layers=config.lora_layers,
        lora_targets=config.lora_targets,
        freeze_embeddings=recipe.freeze_embeddings,
        # A share of the steps takes the place of a number of them.
        warmup_steps=of(recipe.warmup_steps, first) if config.warmup is None else 0,
        mixing=config.mixing(list(tasks)) if isinstance(config, MixtureOptions) else Mixing(),
    )


def overrides(config: TrainOptions) -> str:
    """The options that stand in the place of the recipe's values, as `epochs=1.0, ...`; none where there are none."""
    options = [
        "epochs",
        "learning_rate",
        "batch_size",
        "max_length",
        "warmup",
        "weight_decay",
        "eval_every",
        "patience",
    ]
    given = {name: getattr(config, name) for name in options if getattr(config, name) is not None}
    # These take the place of the passes over the data.
    given |= {name: getattr(config, name) for name in ("max_steps", "budget") if getattr(config, name, 0)}
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "none"
