"""Put a model into the registry when it passes the gate.

python -m entry_points.promote --run <target run> --name my-model
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.config import PromoteConfig
from stilts_mlflow.phases.door import enter


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(PromoteConfig, "stilts_mlflow.phases.promote:promote", argv)


if __name__ == "__main__":
    sys.exit(main())
