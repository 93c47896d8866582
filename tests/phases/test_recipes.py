"""Recipes: what an option leaves open, and what a run says of it."""

from pathlib import Path
from typing import get_args

import pytest

from stilts_mlflow.hpo import Choice, Real
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.encoder import Encoder
from stilts_mlflow.phases.recipes import RECIPES, of, search_space
from stilts_mlflow.phases.resolve import Training, overrides, resolve
from stilts_mlflow.phases.target_config import TargetConfig
from stilts_mlflow.phases.trial import with_values
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import TaskTypeName, pick
from stilts_mlflow.training import Plan

PLAIN = Encoder(Path("somewhere"), "id", "somewhere", is_builtin=False)
BUILTIN = Encoder(Path("somewhere"), "id", "somewhere", is_builtin=True)


def target(name: str, **options: object) -> Training:
    """What a target run on the training task `name` would use."""
    return resolve(TargetConfig(**options), [TASKS[name]], PLAIN)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_every_type(name: str) -> None:
    recipe = RECIPES[name]
    tables = [recipe.epochs, recipe.learning_rate, recipe.batch_size, recipe.max_length, recipe.eval_every]
    for table in [*tables, recipe.warmup, recipe.warmup_steps, recipe.weight_decay]:
        assert set(get_args(TaskTypeName)) <= set(table)
    for task in TASKS.values():
        assert of(recipe.learning_rate, task) > 0


@pytest.mark.parametrize(
    ("task", "rate", "epochs", "length", "warmup_steps", "decay"),
    [
        ("mnli", 3e-5, 5, 128, 0, 0.0),
        ("udpos", 2e-5, 10, 128, 0, 0.0),
        ("panx", 2e-5, 10, 128, 0, 0.0),
        ("squad_v1", 3e-5, 3, 384, 500, 1e-4),
    ],
)
def test_xtreme_is_the_benchmarks_scripts(
    task: str, rate: float, epochs: float, length: int, warmup_steps: int, decay: float
) -> None:
    found = target(task, recipe="xtreme")
    assert (found.learning_rate, found.epochs, found.max_lengths, found.batch_sizes) == (
        rate,
        (epochs,),
        (length,),
        (32,),
    )
    assert (found.warmup, found.warmup_steps, found.weight_decay, found.doc_stride) == (0.0, warmup_steps, decay, 128)


def test_paper_is_jiants() -> None:
    found = target("squad_v1")
    assert (found.recipe, found.learning_rate, found.epochs, found.batch_sizes) == ("paper", 1e-5, (2,), (16,))
    assert (found.warmup, found.warmup_steps, found.eval_every, found.patience) == (0.1, 0, 1000, 30)


def test_the_built_in_encoder_has_its_own() -> None:
    config = IntermediateConfig(tasks="mnli")
    assert resolve(config, [TASKS["mnli"]], BUILTIN, "intermediate").learning_rate == 5e-4
    assert resolve(config, [TASKS["mnli"]], PLAIN, "intermediate").recipe == "paper"


def test_any_flag_overrides_and_is_told() -> None:
    found = target("mnli", recipe="xtreme", learning_rate=1e-4, epochs=1.0, max_length=64)
    assert (found.learning_rate, found.epochs, found.max_lengths, found.batch_sizes) == (1e-4, (1.0,), (64,), (32,))
    config = TargetConfig(recipe="xtreme", learning_rate=1e-4, epochs=1.0, max_length=64)
    assert overrides(config) == "epochs=1.0, learning_rate=0.0001, max_length=64"
    assert overrides(TargetConfig(recipe="xtreme", eval_every=0)) == "eval_every=0"
    assert overrides(IntermediateConfig(budget=100)) == "budget=100"
    assert overrides(TargetConfig(max_steps=3)) == "max_steps=3"
    assert overrides(TargetConfig()) == "none"


def test_a_mixture_takes_what_is_one_from_its_first_task() -> None:
    tasks = pick(TASKS, "masked_lm,squad_v1,mnli")
    found = resolve(IntermediateConfig(recipe="xtreme", tasks="masked_lm,squad_v1,mnli"), tasks, PLAIN, "intermediate")
    assert (found.learning_rate, found.warmup_steps, found.weight_decay) == (3e-5, 500, 1e-4)
    assert found.epochs == (1, 3, 5)
    assert found.mixing.mlm_ratio == 0.5
    assert "mixing" not in found.shown()


def test_warm_up_by_steps() -> None:
    plan = Plan(2000, 1.0, warmup=0.0, warmup_steps=500)
    assert plan.rate(250) == pytest.approx(0.5)
    assert plan.rate(500) == 1.0
    assert plan.rate(1250) == pytest.approx(0.5, abs=1e-3)
    assert max(Plan(200, 1.0, warmup_steps=500).rate(step) for step in range(1, 201)) <= 0.4
    assert Plan(2000, 1.0, warmup=0.0).rate(1) == 1.0


def space(config: TargetConfig, task: str = "mnli") -> dict[str, object]:
    """What a search with these options varies on the training task."""
    return dict(search_space(resolve(config, [TASKS[task]], PLAIN), TASKS[task], config.searchable()))


def test_a_search_goes_around_the_recipe_of_the_task() -> None:
    found = space(TargetConfig(recipe="xtreme"))
    assert set(found) == {"learning_rate", "batch_size", "epochs", "warmup", "weight_decay"}
    assert found["learning_rate"] == Real(3e-5 / 4, 3e-5 * 4, log=True)
    trial = with_values(target("squad_v1", recipe="xtreme"), {"warmup": 0.2, "learning_rate": 1e-5})
    assert (trial.warmup, trial.warmup_steps) == (0.2, 0)


def test_what_is_set_is_not_searched() -> None:
    found = space(TargetConfig(learning_rate=1e-4, max_steps=10, weight_decay=0.0))
    assert set(found) == {"batch_size", "warmup"}


def test_lora_is_searched_where_it_is_on() -> None:
    found = space(TargetConfig(lora_rank=8, lora_alpha=1))
    assert found["lora_rank"] == Choice((4, 8, 16))
    assert found["lora_alpha"] == Choice((1, 2))
    assert found["lora_dropout"] == Real(0.0, 0.2)


def test_every_value_of_a_search_gets_into_the_training() -> None:
    config = TargetConfig(recipe="xtreme", lora_rank=8)
    before = resolve(config, [TASKS["squad_v1"]], PLAIN)
    values = {
        name: choice.values[0] if isinstance(choice, Choice) else choice.high for name, choice in space(config).items()
    }  # type: ignore[attr-defined]
    changed = {name for name, value in with_values(before, values).shown().items() if value != before.shown()[name]}
    assert changed == {*(values.keys() - {"batch_size"}), "batch_sizes", "warmup_steps"}


def test_warm_up_and_decay_can_be_given() -> None:
    found = target("squad_v1", recipe="xtreme", warmup=0.2, weight_decay=0.1)
    assert (found.warmup, found.warmup_steps, found.weight_decay) == (0.2, 0, 0.1)
    assert overrides(TargetConfig(warmup=0.0, weight_decay=0.1)) == "warmup=0.0, weight_decay=0.1"
