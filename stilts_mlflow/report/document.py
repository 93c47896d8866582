"""The report as files: Markdown, one self-contained HTML file, and the heat map as PNG.

write_report(folder, comparison, ReportContext(summary="XLM-R Large, MNLI first, then XNLI and XQuAD"))
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stilts_mlflow.metrics import METRICS
from stilts_mlflow.report.benchmarks import benchmark_tables
from stilts_mlflow.report.comparison import Comparison
from stilts_mlflow.report.heatmap import draw
from stilts_mlflow.report.tables import Chance, metric_tables, overview

FIGURE = "heatmap.png"
# What holds for every figure of a metric, printed where the metric occurs.
_CAVEATS = {
    "f1": "f1 and exact_match cut words at white space in every language, as XTREME does: where words are written "
    "without spaces, F1 is close to exact match.",
    "pos_f1": "pos_f1 follows seqeval 0.0.12; later versions of seqeval merge CCONJ and SCONJ and print other figures.",
}
_ONE_SEED = "One seed: the differences have no confidence interval, and small ones may be chance."


@dataclass(frozen=True)
class DataUsed:
    """A data set that went in: where it was read from, how many examples, and the fingerprint of their text."""

    name: str
    source: str
    examples: int
    fingerprint: str


@dataclass(frozen=True)
class ReportContext:
    """What the scores do not say.

    `summary`: what was run, in a sentence or two. `models`: what -> identity (hub id, revision, run).
    `selection`: the data that chose checkpoints and hyper-parameters. `caveats`: sentences of the caller's.
    """

    title: str = "Zero-shot cross-lingual transfer without and with intermediate training"
    summary: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    data: Sequence[DataUsed] = ()
    seeds: Sequence[int] = ()
    selection: str = "English development data only"
    caveats: Sequence[str] = ()
    chance: Chance = field(default_factory=dict)


def write_report(folder: Path, comparison: Comparison, context: ReportContext) -> list[Path]:
    """Write report.md, report.html and heatmap.png into `folder` (made when missing); their paths, in that order.

    The HTML file needs nothing beside it; the Markdown file shows heatmap.png. Raises OSError when it cannot write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figure = folder / FIGURE
    width = draw(comparison, figure)
    values = _values(comparison, context) | {"figure": FIGURE, "figure_width": width}
    markdown, html = folder / "report.md", folder / "report.html"
    markdown.write_text(_environment(html=False).get_template("report.md.j2").render(values), encoding="utf-8")
    embedded = base64.b64encode(figure.read_bytes()).decode("ascii")
    values["figure"] = f"data:image/png;base64,{embedded}"
    html.write_text(_environment(html=True).get_template("report.html.j2").render(values), encoding="utf-8")
    return [markdown, html, figure]


def _environment(html: bool) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("stilts_mlflow.report", "templates"),
        autoescape=True,  # every expression is escaped, none can be forgotten
        finalize=None if html else _as_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def markdown_text(value: object) -> str:
    """Text that Markdown shows as it is: no HTML, no emphasis, no table cell, no line break."""
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~#$])", r"\\\1", text)


def _as_markdown(value: Any) -> Any:
    """What a Markdown template prints; the output of a macro is escaped already and has `__html__`."""
    from markupsafe import Markup

    return value if hasattr(value, "__html__") else Markup(markdown_text(value))


def _values(comparison: Comparison, context: ReportContext) -> dict[str, Any]:
    metrics = [name for names in comparison.metrics().values() for name in names]
    return {
        "context": context,
        "comparison": comparison,
        "overview": overview(comparison),
        "benchmarks": benchmark_tables(comparison),
        "targets": metric_tables(comparison, comparison.targets(), context.chance),
        "retrievals": metric_tables(comparison, comparison.retrievals(), context.chance),
        "has_differences": bool(comparison.others()),
        "definitions": {name: METRICS[name].definition for name in dict.fromkeys(metrics) if name in METRICS},
        "caveats": _caveats(metrics, context),
    }


def _caveats(metrics: Sequence[str], context: ReportContext) -> list[str]:
    standing = [text for name, text in _CAVEATS.items() if name in metrics]
    return [*context.caveats, *standing, *([_ONE_SEED] if len(set(context.seeds)) == 1 else [])]
