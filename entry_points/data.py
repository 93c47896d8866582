"""List the tasks, check data, export them.

python -m entry_points.data --action check --tasks xnli
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.data_config import DataConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(DataConfig, "stilts_mlflow.phases.data:data", argv)


if __name__ == "__main__":
    sys.exit(main())
