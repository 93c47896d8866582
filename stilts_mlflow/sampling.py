"""Sampling rates of a mixture: from the sizes of its tasks to shares of examples and a number of steps.

An example here is one input of the model: a window of a long context, a part of a split sentence. Rates are
shares of examples, not of batches, so that a task with small batches is not short-changed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stilts_mlflow.errors import InputError

Mode = Literal["proportional", "temperature", "equal", "explicit"]
HeadSource = Literal["pretrained", "new"]


@dataclass(frozen=True)
class Mixing:
    """The options of a mixture. `mlm_ratio` None: masked text is a task like the others."""

    mode: Mode = "proportional"
    cap: int = 131072
    temperature: float = 2.0
    weights: Mapping[str, float] = field(default_factory=dict)
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    budget: int = 0
    mlm_ratio: float | None = None
    mlm_temperature: float | None = None
    mlm_head: HeadSource = "new"


@dataclass(frozen=True)
class Part:
    """A task of a mixture: its examples, its mean batch size and how often it is to be passed."""

    name: str
    examples: int
    batch: float
    epochs: float
    is_masked_text: bool = False


def example_shares(parts: Sequence[Part], mixing: Mixing) -> list[float]:
    """Share of the examples of each part; masked text comes on top of the others by its own ratio of batches."""
    others = ordinary(parts, mixing)
    rates = dict(zip((p.name for p in others), rates_of(others, mixing), strict=True))
    if mixing.mlm_ratio is not None and len(others) < len(parts):
        batches = sum(rates[p.name] / p.batch for p in others)
        rates |= {p.name: mixing.mlm_ratio * batches * p.batch for p in parts if p not in others}
    return normalised([rates[p.name] for p in parts])


def ordinary(parts: Sequence[Part], mixing: Mixing) -> list[Part]:
    """The parts that share by size; all of them when there is nothing but masked text."""
    found = [p for p in parts if not p.is_masked_text or mixing.mlm_ratio is None]
    return found or list(parts)


def rates_of(parts: Sequence[Part], mixing: Mixing) -> list[float]:
    """Shares of examples by the mode.

    proportional: min(n, cap) as T5's examples-proportional mixing; temperature: min(n, cap)^(1/T), as jiant's
    TemperatureMultiTaskSampler.
    """
    if mixing.mode == "equal":
        return normalised([1.0] * len(parts))
    if mixing.mode == "explicit" and len(parts) > 1:
        return normalised([mixing.weights[p.name] for p in parts])
    temperature = mixing.temperature if mixing.mode == "temperature" else 1.0
    return temperature_shares([capped(p, parts, mixing) for p in parts], temperature)


def capped(part: Part, parts: Sequence[Part], mixing: Mixing) -> int:
    """Examples of a part that count; the cap keeps large tasks from drowning small ones, so one alone has none."""
    return min(part.examples, mixing.cap) if len(parts) > 1 else part.examples


def temperature_shares(sizes: Sequence[int], temperature: float) -> list[float]:
    """p ~ n^(1/T): T = 1 keeps the sizes, a larger T evens them out."""
    largest = max(sizes)
    return normalised([(size / largest) ** (1 / temperature) for size in sizes])


def steps_of(parts: Sequence[Part], mixing: Mixing, max_steps: int = 0) -> int:
    """Length of the training: the budget of examples, else `max_steps`, else the passes over every (capped) task.

    Masked text of its own ratio comes on top of the passes, but inside a budget.
    """
    shares = example_shares(parts, mixing)
    batches_per_example = sum(share / p.batch for share, p in zip(shares, parts, strict=True))
    if mixing.budget:
        return max(1, round(mixing.budget * batches_per_example))
    if max_steps:
        return max_steps
    others = ordinary(parts, mixing)
    examples = sum(capped(p, others, mixing) * p.epochs for p in others)
    own = sum(share for share, p in zip(shares, parts, strict=True) if p in others)
    # Rounded first: 26.000000000000004 batches are 26.
    return max(1, math.ceil(round(examples / own * batches_per_example, 6)))


def normalised(values: Sequence[float]) -> list[float]:
    """The values over their sum."""
    total = sum(values)
    return [value / total for value in values]


def parse_weights(text: str | None, option: str, names: Sequence[str], every: bool = False) -> dict[str, float]:
    """`mnli=2,squad_v1=1` as a table; InputError for what is no number above 0, unknown or (`every`) missing."""
    weights: dict[str, float] = {}
    for entry in filter(None, (part.strip() for part in (text or "").split(","))):
        name, _, value = (part.strip() for part in entry.partition("="))
        if name not in names or name in weights:
            raise InputError(f"{option}: {entry!r}: expected each task of the mixture once; tasks: {', '.join(names)}")
        weights[name] = positive_number(value, f"{option}: {entry!r}")
    if missing := [name for name in names if every and name not in weights]:
        raise InputError(f"{option}={text or 'none'}: no weight for {', '.join(missing)}; give task=number for each")
    return weights


def positive_number(text: str, where: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(f"{where}: expected task=number with a number above 0")
    return value
