"""Curves: a retrieval score by layer, one line a language and their mean.

draw("tatoeba: accuracy by layer", {"de": {0: 10.0, 1: 40.0}, "sw": {0: 5.0, 1: 20.0}}, headline=1)
"""

from collections.abc import Mapping
from typing import Any

from stilts_mlflow.scores import in_order

NAMED = 12
"""Most languages that get a colour and a name of their own; of more, all are grey."""


def draw(title: str, curves: Mapping[str, Mapping[int, float]], headline: int, mark_best: bool = False) -> Any:
    """A matplotlib figure: points by layer (0 = embeddings), the headline layer as a vertical line.

    `curves`: language -> layer -> points, the same layers in all. `mark_best`: a dot at each best layer.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axis = figure.subplots()
    few = len(curves) <= NAMED
    for language in in_order(curves):
        layers, values = list(curves[language]), list(curves[language].values())
        style: dict[str, Any] = {"label": language} if few else {"color": "#b0b0b0"}
        (line,) = axis.plot(layers, values, linewidth=1, marker="o" if len(layers) == 1 else "", **style)
        if mark_best:
            best = max(layers, key=lambda layer: (curves[language][layer], -layer))
            axis.plot([best], [curves[language][best]], marker="o", color=line.get_color())
    layers = list(next(iter(curves.values())))
    if len(curves) > 1:
        mean = [sum(curve[layer] for curve in curves.values()) / len(curves) for layer in layers]
        label = f"mean of {len(curves)}"
        axis.plot(layers, mean, color="black", linewidth=2, marker="o" if len(layers) == 1 else "", label=label)
    axis.axvline(headline, color="black", linewidth=0.8, linestyle=":", label=f"headline: layer {headline}")
    axis.set_xlabel("layer (0 = embeddings)")
    axis.set_ylabel("points")
    axis.set_ylim(0, 100)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_title(title, fontsize=9, wrap=True)
    axis.legend(fontsize=8, ncols=2)
    return figure
