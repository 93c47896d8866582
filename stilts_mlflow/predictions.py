"""Predictions as a table, one row an example, in Parquet; and what an interrupted evaluation keeps.

    table = read_predictions("runs:/<evaluate run>")          # or a run id, a folder, a file
    table[table.language == "sw"].probabilities.iloc[0]       # {'entailment': 0.71, ...}

Columns of a file: `task`, `type` (of the task), `language`, `split`, `id`, `prediction`, `reference`, `confidence`,
`details`; what is no string in itself is JSON. `details` has by type: classification and multiple choice, the
probability of each label or choice; question answering, `n_best` (answer, score) and `null_gap`; tagging,
`confidences`, one a word. The file's metadata name the model, the lengths and the fingerprint of the data of each
language.
"""

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stilts_mlflow.data.load import fingerprint
from stilts_mlflow.errors import InputError
from stilts_mlflow.task_types.task_type import Prediction
from stilts_mlflow.tasks.examples import Example

log = logging.getLogger(__name__)

FACTS = b"stilts"
"""Key of the facts in the metadata of a Parquet file."""
COLUMNS = ("task", "type", "language", "split", "id", "prediction", "reference", "confidence", "details")


def flat(value: Any) -> str:
    """A value as one string of the predictions table (JSON unless it is a string already)."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def unflat(text: str, kind: str, is_reference: bool = False) -> Any:
    """Inverse of `flat` for a task of type `kind`: label or answer, index of a choice, tags; references of questions
    are the tuple of right answers."""
    if kind == "classification" or (kind == "question_answering" and not is_reference):
        return text
    value = json.loads(text)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Facts:
    """Where predictions come from. `data`: language -> fingerprint of its examples (`data.load.fingerprint`)."""

    task: str
    split: str
    model: str
    data: Mapping[str, str] = field(default_factory=dict)
    max_length: int = 0
    max_examples: int = 0


def write_table(rows: Sequence[Mapping[str, Any]], path: Path, facts: Facts) -> None:
    """Rows with the columns above into one file; InputError where an id occurs twice in a language."""
    import pyarrow
    import pyarrow.parquet

    check_ids(rows, str(path))
    table = pyarrow.Table.from_pylist([{name: row[name] for name in COLUMNS} for row in rows])
    table = table.replace_schema_metadata({FACTS: json.dumps(vars(facts)).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, compression="zstd")


def check_ids(rows: Sequence[Mapping[str, Any]], where: str) -> None:
    """Raise InputError when a task and language have an id twice: predictions are joined by it."""
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row["task"], row["language"], str(row["id"]))
        if key in seen:
            raise InputError(f"{where}: {key[0]}/{key[1]}: id {key[2]!r} occurs twice")
        seen.add(key)


def read_facts(path: Path) -> Facts:
    """What the metadata of a predictions file say; InputError where it is no such file."""
    import pyarrow
    import pyarrow.parquet

    try:
        found = (pyarrow.parquet.read_schema(path).metadata or {}).get(FACTS)
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    if found is None:
        raise InputError(f"{path}: no predictions of evaluate: the file does not say of what data; evaluate again")
    return Facts(**json.loads(found))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of one predictions file as they were written; InputError for missing columns and double ids."""
    import pyarrow
    import pyarrow.parquet

    try:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    missing = [name for name in COLUMNS if rows and name not in rows[0]]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; not a predictions file of evaluate")
    check_ids(rows, str(path))
    return rows


def prediction_files(place: str | Path) -> list[Path]:
    """Predictions files of a run (its id or `runs:/<id>`), a folder or a file; InputError where there are none."""
    text = str(place)
    folder = Path(text).expanduser()
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        from stilts_mlflow import tracking

        run = text.removeprefix("runs:/").strip("/")
        if "/" in run or text.startswith((".", "~")):
            raise InputError(f"predictions: {text!r} is no folder, no file and no run")
        tracking.run_tags(run)
        folder = Path(tracking.resolve_model(f"runs:/{run}/predictions"))
    found = sorted(folder.glob("*.parquet")) or sorted((folder / "predictions").glob("*.parquet"))
    if not found:
        raise InputError(f"predictions: no *.parquet in {folder}")
    return found


def read_predictions(place: str | Path, task: str | None = None, language: str | None = None) -> Any:
    """A pandas DataFrame of the predictions of a run (id or `runs:/<id>`, store chosen before), a folder or a file.

    Columns as above with Python values: `prediction` and `reference` as metrics take them, `details` a dict, and
    beside them `probabilities` (label or choice -> probability; None where the type has none). `task` and `language`
    keep these only. Row order is that of the files' examples. InputError where nothing is left.
    """
    import pandas

    rows: list[dict[str, Any]] = []
    for path in prediction_files(place):
        if is_of_evaluate(path):
            rows += [decoded(row) for row in read_rows(path) if task in (None, row["task"])]
    rows = [row for row in rows if language in (None, row["language"])]
    if not rows:
        raise InputError(f"predictions of {place}: none of task {task or 'any'} in language {language or 'any'}")
    return pandas.DataFrame(rows)


def is_of_evaluate(path: Path) -> bool:
    """Whether a Parquet file has predictions of examples (retrieval writes neighbours into files of its own form)."""
    with suppress(InputError):
        read_facts(path)
        return True
    return False


def decoded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the file with Python values."""
    kind, details = row["type"], json.loads(row["details"])
    has_labels = kind in ("classification", "multiple_choice")
    return {
        **row,
        "prediction": unflat(row["prediction"], kind),
        "reference": unflat(row["reference"], kind, is_reference=True),
        "details": details,
        "probabilities": details if has_labels else None,
    }


def check_data(facts: Facts, language: str, examples: Sequence[Example], where: str) -> None:
    """Raise InputError when predictions were made for other examples than these."""
    theirs, ours = facts.data.get(language, ""), fingerprint(examples)
    if theirs != ours:
        raise InputError(
            f"{where}: {facts.task}/{language}/{facts.split}: the predictions are of other data (fingerprint "
            f"{theirs[:12] or 'unknown'}, these examples have {ours[:12]}); give the data that were evaluated"
        )


@dataclass(frozen=True)
class Kept:
    """Predictions of an unfinished task, by the place of the example: files that appear whole or not at all."""

    folder: Path

    def load(self, examples: int) -> dict[int, Prediction]:
        """What earlier processes have left; damaged files are told and their examples scored again."""
        import pyarrow
        import pyarrow.parquet

        found: dict[int, Prediction] = {}
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                rows = pyarrow.parquet.read_table(path, page_checksum_verification=True).to_pylist()
                read = {row["place"]: kept_prediction(row) for row in rows}
            except (OSError, ValueError, KeyError, pyarrow.ArrowException) as error:
                log.warning("%s cannot be read, its examples are scored again: %s", path, str(error).splitlines()[0])
                continue
            found |= {place: one for place, one in read.items() if 0 <= place < examples}
        return found

    def add(self, predictions: Mapping[int, Prediction]) -> None:
        """Keep some more."""
        import pyarrow
        import pyarrow.parquet

        if not predictions:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "place": place,
                "value": json.dumps(one.value),
                "confidence": one.confidence,
                "details": json.dumps(one.details),
            }
            for place, one in predictions.items()
        ]
        name = f"{len(list(self.folder.glob('*.parquet'))):06d}-{uuid.uuid4().hex[:8]}.parquet"
        partial = self.folder / f"{name}.partial"
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), partial, write_page_checksum=True)
        partial.rename(self.folder / name)


def kept_prediction(row: Mapping[str, Any]) -> Prediction:
    """A kept row as it was predicted; JSON has no tuples, tags have."""
    value = json.loads(row["value"])
    return Prediction(tuple(value) if isinstance(value, list) else value, row["confidence"], json.loads(row["details"]))
