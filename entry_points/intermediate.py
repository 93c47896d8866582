"""Phase 2, intermediate training.

python -m entry_points.intermediate --tasks mnli,squad_v1
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(IntermediateConfig, "stilts_mlflow.phases.intermediate:intermediate", argv)


if __name__ == "__main__":
    sys.exit(main())
