"""What `export` can be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stilts_mlflow.phases.options import RunOptions


@dataclass(frozen=True, kw_only=True)
class ExportConfig(RunOptions):
    """Write XTREME's submission folder from evaluated runs, and re-score it."""

    runs: str | None = None
    """Comma list of evaluate and retrieve runs, or one main run."""
    condition: str | None = None
    """Condition of a main run (the report names them); none = its only one."""
    data_dir: str | None = None
    """Folder of the original files, if it is no longer where the runs found it."""
    partial: Literal["false", "true"] = "false"
    """true: write what there is of an incomplete submission, and a file that says what is missing."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        names = [name.strip() for name in (self.runs or "").split(",")]
        if not all(names):
            yield "export needs runs=<ids of evaluate and retrieve runs, or of a main run>"
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            yield f"runs: {', '.join(twice)} is listed twice"
        if self.data_dir is not None and not Path(self.data_dir).is_dir():
            yield f"data_dir={self.data_dir!r} is not a folder"
