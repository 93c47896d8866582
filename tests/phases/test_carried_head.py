"""A head that goes on as that of another task: only where the two tasks agree."""

from collections.abc import Sequence

import pytest
import torch

from stilts_mlflow.errors import InputError
from stilts_mlflow.mixture import TaskData
from stilts_mlflow.phases.fit import carry_head
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny


def data(task: str, labels: Sequence[str] = ()) -> TaskData:
    """A training task without examples."""
    return TaskData(TASKS[task], tuple(labels), [], 8, TASKS[task])


def test_the_head_takes_the_name_of_the_new_task() -> None:
    model = tiny.model()
    model.add_head("hellaswag", "multiple_choice", ())
    model.add_head("social_iqa", "multiple_choice", ())
    weights = [p.clone() for p in model.heads["social_iqa"].parameters()]
    carry_head(model, "social_iqa", data("copa"))
    assert (list(model.heads), model.types, model.labels) == (["copa"], {"copa": "multiple_choice"}, {"copa": ()})
    assert all(torch.equal(a, b) for a, b in zip(weights, model.heads["copa"].parameters(), strict=True))


def test_a_threshold_comes_along() -> None:
    model = tiny.model()
    model.add_head("squad_v2", "question_answering", ())
    model.thresholds["squad_v2"] = 1.5
    carry_head(model, "squad_v2", data("squad_v1"))
    assert model.thresholds == {"squad_v1": 1.5}


@pytest.mark.parametrize(
    ("task", "labels", "said"),
    [
        ("mnli", ("entailment", "neutral"), "with labels"),
        ("copa", (), "expected multiple_choice"),
    ],
)
def test_what_does_not_fit_is_refused(task: str, labels: tuple[str, ...], said: str) -> None:
    model = tiny.model()
    model.add_head("qqp", "classification", ("not_duplicate", "duplicate"))
    with pytest.raises(InputError, match=f"{task}: cannot go on with the head of qqp.*{said}"):
        carry_head(model, "qqp", data(task, labels))
    with pytest.raises(InputError, match="has no head 'snli'; it has qqp"):
        carry_head(model, "snli", data(task, labels))
