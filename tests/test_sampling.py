"""Shares of examples and lengths of a mixture, against their formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.config import IntermediateConfig, MainConfig
from stilts_mlflow.sampling import Mixing, Part, example_shares, parse_weights, steps_of, temperature_shares

MNLI = Part("mnli", 392_702, 32, 2)
SQUAD = Part("squad_v1", 88_524, 16, 2)
CCG = Part("ccg", 38_015, 32, 10)
TEXT = Part("masked_lm", 1_000_000, 64, 1, is_masked_text=True)


def test_proportional_counts_examples_up_to_the_cap() -> None:
    total = 131_072 + 88_524 + 38_015
    assert example_shares([MNLI, SQUAD, CCG], Mixing()) == pytest.approx(
        [131_072 / total, 88_524 / total, 38_015 / total]
    )
    assert example_shares([MNLI, SQUAD], Mixing(cap=1000)) == [0.5, 0.5]


def test_temperature_flattens_the_capped_sizes() -> None:
    roots = [131_072**0.5, 88_524**0.5]
    mixing = Mixing(mode="temperature", temperature=2.0)
    assert example_shares([MNLI, SQUAD], mixing) == pytest.approx([root / sum(roots) for root in roots])
    assert example_shares([MNLI, SQUAD], Mixing(mode="temperature", temperature=1.0)) == pytest.approx(
        example_shares([MNLI, SQUAD], Mixing())
    )


def test_equal_and_explicit_weights() -> None:
    assert example_shares([MNLI, SQUAD], Mixing(mode="equal")) == [0.5, 0.5]
    weights = {"squad_v1": 3.0, "mnli": 1.0}
    assert example_shares([MNLI, SQUAD], Mixing(mode="explicit", weights=weights)) == [0.25, 0.75]


@given(st.floats(0.1, 4), st.sampled_from(["proportional", "equal", "temperature"]))
def test_masked_text_has_its_ratio_of_batches(ratio: float, mode: str) -> None:
    parts = [MNLI, TEXT, SQUAD]
    mixing = Mixing(mode=mode, mlm_ratio=ratio)  # type: ignore[arg-type]
    shares, without = example_shares(parts, mixing), example_shares([MNLI, SQUAD], mixing)
    batches = [share / part.batch for share, part in zip(shares, parts, strict=True)]
    assert batches[1] / (batches[0] + batches[2]) == pytest.approx(ratio)
    assert shares[0] / shares[2] == pytest.approx(without[0] / without[1])


def test_length_by_passes_budget_and_steps() -> None:
    assert steps_of([MNLI], Mixing()) == 24_544  # one task has no cap: 2 x 392,702 / 32
    # Capped sizes times passes, in batches of 32 and 16 by their shares.
    examples = 2 * (131_072 + 88_524)
    assert steps_of([MNLI, SQUAD], Mixing()) == pytest.approx(2 * 131_072 / 32 + 2 * 88_524 / 16, abs=1)
    assert steps_of([MNLI, SQUAD], Mixing(mode="equal")) == pytest.approx(examples / 2 / 32 + examples / 2 / 16, abs=1)
    with_text = steps_of([MNLI, SQUAD, TEXT], Mixing(mlm_ratio=0.5))
    assert with_text == pytest.approx(1.5 * steps_of([MNLI, SQUAD], Mixing()), abs=2)
    assert steps_of([MNLI], Mixing(budget=6400)) == 200
    assert steps_of([MNLI, TEXT], Mixing(budget=6400, mlm_ratio=1.0)) == round(6400 / 48)
    assert steps_of([MNLI], Mixing(), max_steps=7) == 7


def test_masked_text_alone_is_a_task_like_any() -> None:
    assert example_shares([TEXT], Mixing(mlm_ratio=0.5)) == [1.0]
    assert steps_of([TEXT], Mixing(mlm_ratio=0.5)) == 15_625


def test_the_standard_temperature_is_xlm_rs_exponent() -> None:
    sizes = [1000, 10]
    assert temperature_shares(sizes, 3.33) == pytest.approx(
        [size**0.3 / (1000**0.3 + 10**0.3) for size in sizes], abs=1e-3
    )


@pytest.mark.parametrize("text", ["mnli", "mnli=x", "mnli=0", "mnli=-1", "mnli=inf", "xnli=1", "mnli=1,mnli=2"])
def test_wrong_weights_are_told(text: str) -> None:
    with pytest.raises(InputError, match="loss_weights"):
        parse_weights(text, "loss_weights", ["mnli", "squad_v1"])


def problems(**options: object) -> str:
    return "; ".join(IntermediateConfig(**options).problems())  # type: ignore[arg-type]


def test_options_are_checked_together() -> None:
    assert problems(tasks="mnli,masked_lm") == ""
    assert "needs weights" in problems(sampling="explicit")
    assert "expected sampling=explicit" in problems(weights="mnli=1")
    assert "no weight for squad_v1" in problems(tasks="mnli,squad_v1", sampling="explicit", weights="mnli=1")
    assert problems(tasks="mnli,masked_lm", sampling="explicit", weights="mnli=1", loss_weights="masked_lm=0.5") == ""
    assert "give one of them" in problems(budget=10, max_steps=5)
    assert "temperature=0" in problems(temperature=0)
    assert "cap=0" in problems(cap=0)
    assert "masked_lm: " in problems(mlm_languages="en,xx")
    assert problems(tasks="mnlli").count("unknown task") == 1
    main = MainConfig(intermediate="mnli,squad_v1", sampling="explicit", weights="mnli=1")
    assert "no weight for squad_v1" in "; ".join(main.problems())
