"""`meta.json`, by which a checkpoint explains itself: readable without torch."""

import json
from pathlib import Path
from typing import Any

from stilts_mlflow.errors import InputError

META = "meta.json"


def read_meta(folder: Path | str) -> dict[str, Any]:
    """`meta.json` of a checkpoint; InputError where there is none."""
    path = Path(folder) / META
    if not path.is_file():
        raise InputError(f"{folder}: no {META}, so it is not a checkpoint of this project; run target or intermediate")
    meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return meta
