"""Heat map: what intermediate training changes, target by language.

    draw(comparison, Path("heatmap.png"))

One panel a condition. Cells are differences (points) of the figure that XTREME's task score averages; a missing one
is grey. Without anything to compare with, the figures themselves are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stilts_mlflow.report.comparison import Comparison, Condition, shared_languages
from stilts_mlflow.report.tables import MINUS, Kind, shown
from stilts_mlflow.scores import in_order

MEAN = "mean"
_CELL_WIDTH, _CELL_HEIGHT = 0.46, 0.36  # inches: fits "+12.3" at 7 points
_GREY = "#c8c8c8"


@dataclass(frozen=True)
class Panel:
    """Tasks x languages in points, NaN where missing; the last column is the mean of the overview table."""

    title: str
    kind: Kind
    tasks: tuple[str, ...]
    languages: tuple[str, ...]
    values: "np.ndarray[Any, np.dtype[np.float64]]"


def panels(comparison: Comparison) -> list[Panel]:
    """One panel a condition: differences to the baseline, or the figures themselves with nothing to compare."""
    tasks = tuple(comparison.metrics())
    figures = {c.name: [_with_mean(comparison, c, task) for task in tasks] for c in comparison.conditions}
    languages = (*in_order({code for rows in figures.values() for row in rows for code in row} - {MEAN}), MEAN)
    drawn = {
        name: np.array([[row.get(code, np.nan) for code in languages] for row in rows])
        for name, rows in figures.items()
    }
    base = comparison.baseline
    if others := comparison.others():
        differences = {c.name: drawn[c.name] - drawn[base] for c in others}
        return [Panel(f"{n} {MINUS} {base}", "difference", tasks, languages, v) for n, v in differences.items()]
    return [Panel(name, "value", tasks, languages, values) for name, values in drawn.items()]


def _with_mean(comparison: Comparison, condition: Condition, task: str) -> dict[str, float]:
    """Figures by language, and their mean over the languages of all conditions."""
    figures = comparison.headline(condition, task)
    shared = shared_languages({c.name: comparison.headline(c, task) for c in comparison.conditions})
    return figures | ({MEAN: float(np.mean([figures[code] for code in shared]))} if figures and shared else {})


def draw(comparison: Comparison, path: Path) -> int:
    """Write the figure as PNG (150 dots an inch); its width in CSS pixels (96 an inch), for pages that show it."""
    from matplotlib.figure import Figure

    shown_panels = panels(comparison)
    tasks, languages = shown_panels[0].tasks, shown_panels[0].languages
    width = 2.6 + _CELL_WIDTH * len(languages)
    height = len(shown_panels) * (1.1 + _CELL_HEIGHT * len(tasks))
    figure = Figure(figsize=(max(5.0, width), height), layout="constrained")
    limit = _limit(shown_panels)
    axes = figure.subplots(len(shown_panels), 1, squeeze=False)[:, 0]
    images = [_draw_panel(axis, panel, limit) for panel, axis in zip(shown_panels, axes, strict=True)]
    label = "difference (points)" if shown_panels[0].kind == "difference" else "points"
    bar = figure.colorbar(images[0], ax=list(axes), fraction=0.03, pad=0.01, aspect=12)
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=8)
    figure.savefig(path, dpi=150, metadata={"Software": None})  # no version of matplotlib in the file
    return round(96 * figure.get_figwidth())


def _limit(drawn: Sequence[Panel]) -> float:
    """Largest size of a value in any panel, so that panels share their colours; at least a point."""
    values = np.concatenate([panel.values.ravel() for panel in drawn])
    known = np.abs(values[~np.isnan(values)])
    return max(1.0, float(known.max())) if known.size else 1.0


def _draw_panel(axis: Any, panel: Panel, limit: float) -> Any:
    from matplotlib import colormaps

    # Red-blue and viridis are told apart with any common colour blindness, and hold no grey (missing).
    is_difference = panel.kind == "difference"
    colours = colormaps["RdBu" if is_difference else "viridis"].with_extremes(bad=_GREY)
    low, high = (-limit, limit) if is_difference else (0.0, max(100.0, limit))
    image = axis.imshow(np.ma.masked_invalid(panel.values), cmap=colours, vmin=low, vmax=high, aspect="auto")
    axis.set_title(panel.title, fontsize=10, loc="left", parse_math=False)
    axis.set_xticks(range(len(panel.languages)), panel.languages, fontsize=8)
    axis.set_yticks(range(len(panel.tasks)), panel.tasks, fontsize=8, parse_math=False)
    axis.set_xticks(np.arange(len(panel.languages)) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(panel.tasks)) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=0.8)
    axis.tick_params(which="both", length=0)
    axis.axvline(len(panel.languages) - 1.5, color="black", linewidth=1.2)  # the mean stands apart
    for (row, column), value in np.ndenumerate(panel.values):
        cell = None if np.isnan(value) else float(value)
        colour = "black" if cell is None else _ink(colours((value - low) / (high - low)))
        axis.text(column, row, shown(cell, panel.kind), ha="center", va="center", fontsize=7, color=colour)
    return image


def _ink(background: tuple[float, float, float, float]) -> str:
    """Black or white, whichever is read better on the colour (ITU-R BT.709 luminance)."""
    red, green, blue, _ = background
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "white"
