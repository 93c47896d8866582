"""Score sentence retrieval, without training.

python -m entry_points.retrieve --tasks tatoeba
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.door import enter
from stilts_mlflow.phases.retrieve_config import RetrieveConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(RetrieveConfig, "stilts_mlflow.phases.retrieve:retrieve", argv)


if __name__ == "__main__":
    sys.exit(main())
