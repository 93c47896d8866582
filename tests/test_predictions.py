"""The predictions table: written, read back with Python values, and refused when it is not what it should be."""

from pathlib import Path
from typing import Any

import pytest

from stilts_mlflow.data.load import fingerprint
from stilts_mlflow.errors import InputError
from stilts_mlflow.evaluation import Part
from stilts_mlflow.inference import predict
from stilts_mlflow.predictions import (
    Facts,
    check_data,
    prediction_files,
    read_facts,
    read_predictions,
    read_rows,
    write_table,
)
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny
from tests.task_types.test_contract import EXAMPLES, LABELS, LIMITS

TASK_OF = {
    "classification": "xnli",
    "multiple_choice": "hellaswag",
    "tagging": "udpos",
    "question_answering": "xquad",
}


LABELLED = {
    kind: [example for example in examples if TASK_TYPES[kind].reference(example) is not None]
    for kind, examples in EXAMPLES.items()
}


def part_of(kind: str) -> Part:
    """Predictions of a tiny model for the contract's labelled examples."""
    model, labels = tiny.model(), LABELS.get(kind, ())
    model.add_head("t", kind, labels)
    features = TASK_TYPES[kind].featurize(LABELLED[kind], labels, tiny.tokenizer(), LIMITS)
    predictions = predict(model, "t", LABELLED[kind], features, tiny.tokenizer(), 4)
    return Part(TASKS[TASK_OF[kind]], "de", "test", LABELLED[kind], predictions)


def written(folder: Path, kind: str) -> Path:
    """A predictions file of one part."""
    path = folder / "predictions" / f"{TASK_OF[kind]}.parquet"
    write_table(part_of(kind).rows(), path, Facts(TASK_OF[kind], "test", "m", {"de": fingerprint(LABELLED[kind])}))
    return path


@pytest.mark.parametrize("kind", TASK_OF)
def test_rows_come_back_as_they_were_predicted(kind: str, tmp_path: Path) -> None:
    part, path = part_of(kind), written(tmp_path, kind)
    assert read_rows(path) == part.rows()
    for place in (tmp_path, path.parent, path, str(path)):
        frame = read_predictions(place)
        assert list(frame.id) == [example.id for example in part.examples]
        assert list(frame.prediction) == [one.value for one in part.predictions]
        assert list(frame.reference) == part.references()
    details: list[dict[str, Any]] = list(frame.details)
    for one, detail in zip(part.predictions, details, strict=True):
        if kind in ("classification", "multiple_choice"):
            assert sum(detail.values()) == pytest.approx(1, abs=1e-5)
            assert detail[str(one.value)] == max(detail.values()) == pytest.approx(one.confidence, abs=1e-6)
        elif kind == "tagging":
            assert len(detail["confidences"]) == len(one.value)
        else:
            answers = [text for text, _ in detail["n_best"]]
            scores = [score for _, score in detail["n_best"]]
            assert answers[0] == one.value
            assert 1 < len(answers) == len(set(answers)) <= 5
            assert scores == sorted(scores, reverse=True)
    assert frame.probabilities.notna().all() == (kind in ("classification", "multiple_choice"))


def test_a_task_and_language_can_be_asked_for(tmp_path: Path) -> None:
    written(tmp_path, "classification")
    written(tmp_path, "tagging")
    assert set(read_predictions(tmp_path).task) == {"xnli", "udpos"}
    assert set(read_predictions(tmp_path, task="xnli", language="de").task) == {"xnli"}
    with pytest.raises(InputError, match="none of task xnli in language sw"):
        read_predictions(tmp_path, task="xnli", language="sw")


def test_ids_that_come_twice_are_refused(tmp_path: Path) -> None:
    rows = part_of("classification").rows()
    with pytest.raises(InputError, match="xnli/de: id 'a' occurs twice"):
        write_table([*rows, rows[0]], tmp_path / "x.parquet", Facts("xnli", "test", "m"))
    other = {**rows[0], "language": "fr"}  # the same id in another language is the rule for translations
    write_table([*rows, other], tmp_path / "x.parquet", Facts("xnli", "test", "m"))


def test_files_that_are_none_of_ours(tmp_path: Path) -> None:
    import pandas

    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"broken\.parquet: cannot be read"):
        read_facts(tmp_path / "broken.parquet")
    pandas.DataFrame([{"id": "1", "prediction": 3}]).to_parquet(tmp_path / "broken.parquet")
    with pytest.raises(InputError, match="does not say of what data"):
        read_facts(tmp_path / "broken.parquet")
    with pytest.raises(InputError, match="no column task, type, language"):
        read_rows(tmp_path / "broken.parquet")
    with pytest.raises(InputError, match="none of task any"):  # neighbours of retrieval are passed over
        read_predictions(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \*\.parquet"):
        prediction_files(tmp_path / "empty")
    with pytest.raises(InputError, match="is no folder, no file and no run"):
        prediction_files("./nowhere")


def test_predictions_of_other_data_are_refused(tmp_path: Path) -> None:
    facts = read_facts(written(tmp_path, "tagging"))
    check_data(facts, "de", LABELLED["tagging"], "run a")
    with pytest.raises(InputError, match="run a: udpos/de/test: the predictions are of other data"):
        check_data(facts, "de", LABELLED["tagging"][:1], "run a")
    with pytest.raises(InputError, match="fingerprint unknown"):
        check_data(facts, "sw", LABELLED["tagging"], "run a")
