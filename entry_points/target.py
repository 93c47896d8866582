"""Phase 3, a target task with a new head.

python -m entry_points.target --task xnli --model runs:/<intermediate run>/checkpoint
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.door import enter
from stilts_mlflow.phases.target_config import TargetConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(TargetConfig, "stilts_mlflow.phases.target:target", argv)


if __name__ == "__main__":
    sys.exit(main())
