"""Make machine-translated training sets.

python -m entry_points.translate --model <folder or Hub id> --tasks mnli --languages de,sw
"""

import sys
from collections.abc import Sequence

from stilts_mlflow.phases.door import enter
from stilts_mlflow.phases.translate_config import TranslateConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the phase."""
    return enter(TranslateConfig, "stilts_mlflow.phases.translate:translate", argv)


if __name__ == "__main__":
    sys.exit(main())
