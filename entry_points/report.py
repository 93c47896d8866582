"""Tables and figures from finished runs.

python -m entry_points.report --run <main run>
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.config import ReportConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(ReportConfig, "stilts_mlflow.phases.report:report", argv)


if __name__ == "__main__":
    sys.exit(main())
