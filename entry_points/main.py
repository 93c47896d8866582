"""The whole chain in one command.

python -m entry_points.main --targets xnli,xquad
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.config import MainConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(MainConfig, "stilts_mlflow.phases.main:main", argv)


if __name__ == "__main__":
    sys.exit(main())
