"""The report's files: complete, self-contained, and nothing in them is taken for markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stilts_mlflow.report.comparison import Comparison, Condition
from stilts_mlflow.report.document import DataUsed, ReportContext, markdown_text, write_report
from tests.report.test_tables import MNLI, NONE, condition

# The names below have letters that the figure's font lacks; it draws boxes for them.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph")

NASTY = "<b>|*x*`_[y](z)$a$ 日本語 & عربي"
CONTEXT = ReportContext(
    summary=f"Summary {NASTY}",
    models={f"encoder {NASTY}": f"model {NASTY}"},
    data=(DataUsed(f"data {NASTY}", f"source {NASTY}", 12, "sha256:00"),),
    seeds=(7,),
    caveats=(f"Caveat {NASTY}",),
    chance={("xnli", "accuracy", "en"): 33.3},
)


class Tags(HTMLParser):
    """Opened and closed tags, what the page loads, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember."""
        self.seen.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Tags are closed in the order in which they were opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect."""
        self.text += data


def write(folder: Path, *conditions: Condition, context: ReportContext = CONTEXT) -> tuple[str, str]:
    """Markdown and HTML of a report on these conditions."""
    markdown, html, figure = write_report(folder, Comparison(conditions), context)
    assert [path.name for path in (markdown, html, figure)] == ["report.md", "report.html", "heatmap.png"]
    assert figure.read_bytes().startswith(b"\x89PNG")
    return markdown.read_text(encoding="utf-8"), html.read_text(encoding="utf-8")


def test_report(tmp_path: Path) -> None:
    markdown, html = write(tmp_path / "new" / "folder", NONE, MNLI)
    for text in (markdown, html):
        for part in ("Overview", "Sentence retrieval", "Protocol", "run-mnli", "sha256:00", "mnli has no zh"):
            assert part in text
        assert "One seed" in text
        assert "+40.0" in text  # Tatoeba
        assert "33.3" in text
        assert "nan" not in text.lower().split()


def test_html_stands_alone_and_is_escaped(tmp_path: Path) -> None:
    nasty = condition(NASTY, {("xnli", "accuracy"): {"en": 90.0, NASTY: 50.0}, (NASTY, NASTY): {"en": 1.0}})
    page = Tags()
    page.feed(write(tmp_path, NONE, nasty)[1])
    assert not page.open
    assert "b" not in page.seen
    assert page.seen.isdisjoint({"script", "link"})
    assert all(value.startswith("data:image/png;base64,") for value in page.loads)
    assert page.loads
    for start in ("Summary", "encoder", "model", "data", "source", "Caveat"):
        assert f"{start} {NASTY}" in page.text


def test_markdown_is_escaped(tmp_path: Path) -> None:
    nasty = condition(NASTY, {("xnli", "accuracy"): {"en": 90.0, NASTY: 50.0}, (NASTY, NASTY): {"en": 1.0}})
    text = write(tmp_path, NONE, nasty)[0]
    assert "<b>" not in text
    assert "(heatmap.png)" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in rows]
    # Every table is as wide as its head: a bar in a name does not make a column.
    width = 0
    for line, count in zip(rows, cells, strict=True):
        width = count if re.match(r"\| (task|language|data) \|", line) else width
        assert count == width, line


def test_markdown_text() -> None:
    assert markdown_text("a_b|c") == r"a\_b\|c"
    assert markdown_text("<b>\n&") == "&lt;b&gt; &amp;"


@pytest.mark.parametrize(
    "conditions", [(NONE,), (MNLI,), (NONE, MNLI, condition("$x$", {("xnli", "accuracy"): {"sw": 1.0}}))]
)
def test_any_number_of_conditions(tmp_path: Path, conditions: tuple[Condition, ...]) -> None:
    markdown, _ = write(tmp_path, *conditions, context=ReportContext())
    assert ("\u2212 none" in markdown) == (len(conditions) > 1)
    assert "Seeds" not in markdown


def test_same_input_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a", NONE, MNLI) == write(tmp_path / "b", NONE, MNLI)
