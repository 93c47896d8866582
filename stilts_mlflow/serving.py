"""The served model: one MLflow pyfunc for every head; rows in, what `evaluate` writes into its table out.

    model = mlflow.pyfunc.load_model("models:/stilts@champion")
    model.predict(pandas.DataFrame({"text_a": ["A man sleeps."], "text_b": ["Nobody is awake."]}))
    model.predict(frame, params={"task": "squad_v1"})  # where a checkpoint has several heads

`promotion_model.py` logs this file as code (no pickle) together with the package, so that the model loads and
serves in any folder. The columns it takes are in `tasks/served.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import mlflow
import pandas
import torch
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST

from stilts_mlflow import checkpoint
from stilts_mlflow.errors import InputError, unknown
from stilts_mlflow.inference import predict
from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.predictions import flat
from stilts_mlflow.task_types.task_type import Prediction
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example
from stilts_mlflow.tasks.served import COLUMNS, to_examples
from stilts_mlflow.tasks.tables import TASKS

BATCH_SIZE = 64


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The checkpoint in `artifacts["checkpoint"]`, behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the checkpoint, on the GPU where there is one."""
        self.loaded = checkpoint.load(context.artifacts["checkpoint"])
        self.loaded.model.to("cuda" if torch.cuda.is_available() else "cpu")

    def predict(
        self, context: Any, model_input: pandas.DataFrame, params: dict[str, Any] | None = None
    ) -> pandas.DataFrame:
        """Columns `prediction`, `confidence` and `details`, a row for each input row, as in evaluate's table."""
        try:
            head = choose_head(self.loaded.meta, str((params or {}).get("task") or ""))
            columns = {str(name): model_input[name].tolist() for name in model_input.columns}
            examples = to_examples(self.loaded.model.types[head], columns)
            return as_table(self.answer(head, examples), model_input.index)
        except InputError as error:
            # Of any other exception the scoring server hides the message.
            raise MlflowException(str(error), error_code=BAD_REQUEST) from error

    def answer(self, head: str, examples: Sequence[Example]) -> list[Prediction]:
        """Predictions, made as `evaluate` makes them."""
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        kind = TASK_TYPES[model.types[head]]
        limits = limits_of(self.loaded.meta, head, kind.name, model.longest)
        features = kind.featurize(examples, model.labels[head], tokenizer, limits)
        return predict(model, head, examples, features, tokenizer, BATCH_SIZE)


def choose_head(meta: Mapping[str, Any], task: str) -> str:
    """The head `task`, or the one that the task of this name uses; "" stands for the only one."""
    heads: list[str] = [name for name, head in meta["heads"].items() if head["type"] in COLUMNS]
    if not task and len(heads) == 1:
        return heads[0]
    if not task:
        raise InputError(f"the model has {len(heads)} heads; choose one with params task={' | '.join(heads)}")
    known = {name: row.trains_on for name, row in TASKS.items() if row.trains_on in heads}
    known |= {name: name for name in heads}
    if task not in known:
        raise InputError(unknown("task", task, known))
    return known[task]


def as_table(predictions: Iterable[Prediction], index: Any) -> pandas.DataFrame:
    """Strings and numbers only, as in the predictions table of `evaluate`."""
    rows = [(flat(one.value), round(one.confidence, 6), flat(one.details)) for one in predictions]
    return pandas.DataFrame(rows, columns=["prediction", "confidence", "details"], index=index)


mlflow.models.set_model(ServedModel())
