"""Score a checkpoint zero-shot in every language.

python -m entry_points.evaluate --model runs:/<target run>/checkpoint
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.door import enter
from stilts_mlflow.phases.evaluate_config import EvaluateConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(EvaluateConfig, "stilts_mlflow.phases.evaluate:evaluate", argv)


if __name__ == "__main__":
    sys.exit(main())
