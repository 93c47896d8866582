"""Train the built-in encoder on the demo world.

python -m entry_points.pretrain --max_steps 1000
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.config import PretrainConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(PretrainConfig, "stilts_mlflow.phases.pretrain:pretrain", argv)


if __name__ == "__main__":
    sys.exit(main())
