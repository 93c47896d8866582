"""A checkpoint as a model of MLflow that needs no checkout: code, weights, signature and requirements in one.

`serving.py` is logged as code (models from code, no pickle) and the whole package goes with it as code path, so
that `mlflow models serve` works in any folder.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.served import COLUMNS, LISTS, SAMPLES

PACKAGE = Path(__file__).parent
REQUIRED = ("mlflow", "numpy", "pandas", "safetensors", "tokenizers", "torch", "tqdm", "transformers")
"""What predicting needs: a test serves with these alone. The other dependencies are for training."""


def log_checkpoint(folder: Path, meta: Mapping[str, Any]) -> str:
    """Log the checkpoint in `folder` as a model of the active run; its address is `models:/<model id>`."""
    import pandas

    kinds = [head["type"] for head in meta["heads"].values() if head["type"] in COLUMNS]
    if not kinds:
        raise InputError(f"{folder}: no head that can be served ({', '.join(meta['heads']) or 'none'})")
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(PACKAGE / "serving.py"),
        artifacts={"checkpoint": str(folder)},
        code_paths=[str(PACKAGE)],
        signature=signature(kinds),
        # A head of several cannot be chosen in an example of rows.
        input_example=pandas.DataFrame([SAMPLES[kinds[0]]]) if len(kinds) == 1 else None,
        pip_requirements=requirements(),
    )
    return str(logged.model_uri)


def signature(kinds: list[str]) -> ModelSignature:
    """Columns of the heads' types, all of them optional: the model itself says which ones it misses."""
    names = dict.fromkeys(name for kind in kinds for column in COLUMNS[kind] for name in column)
    # A list may also come as JSON, which a column of type Array would refuse.
    types = {name: AnyType() if name in LISTS else DataType.string for name in names}
    return ModelSignature(
        inputs=Schema([ColSpec(kind, name, required=False) for name, kind in types.items()]),
        outputs=Schema(
            [
                ColSpec(DataType.string, "prediction"),
                ColSpec(DataType.double, "confidence"),
                ColSpec(DataType.string, "details"),
            ]
        ),
        params=ParamSchema([ParamSpec("task", DataType.string, "")]),
    )


def requirements() -> list[str]:
    """The versions in use, without local parts (`2.13.0+cpu` is on no index)."""
    return [f"{name}=={version(name).partition('+')[0]}" for name in REQUIRED]
