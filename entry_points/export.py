"""XTREME's submission folder from evaluated runs.

python -m entry_points.export --runs <main run> --condition mnli
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.door import enter
from stilts_mlflow.phases.export_config import ExportConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(ExportConfig, "stilts_mlflow.phases.export:export", argv)


if __name__ == "__main__":
    sys.exit(main())
