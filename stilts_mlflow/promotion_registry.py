"""The model registry: versions with their figures as tags, and the two aliases.

    client().get_model_version_by_alias("stilts", "champion").tags["average"]

Aliases: `challenger` is the version promoted last, `champion` the best one on its evaluation data.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from stilts_mlflow.tracking_store import client, shown

log = logging.getLogger(__name__)

CHAMPION, CHALLENGER = "champion", "challenger"
PASSED = {"gate": "passed"}
ATTEMPTS = 5
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""Error codes of a missing registered model and of a missing alias."""


@dataclass(frozen=True)
class Version:
    """A registered version with the figures in its tags; `average` is None for a version that others registered."""

    number: int
    average: float | None
    data: str
    target_run: str
    evaluate_run: str
    code: str


def store_address() -> str:
    """Address of the store in use, for MLFLOW_TRACKING_URI, without a password."""
    return shown(mlflow.get_tracking_uri())


def read_version(stored: ModelVersion) -> Version:
    """Figures in the tags of a version; `version` is a number in SQLite and a string over HTTP."""
    tags = stored.tags
    return Version(
        number=int(stored.version),
        average=float(tags["average"]) if "average" in tags else None,
        data=tags.get("stilts.data", ""),
        target_run=tags.get("run.target", ""),
        evaluate_run=tags.get("run.evaluate", ""),
        code=tags.get("stilts.code", ""),
    )


def passed_versions(name: str) -> list[Version]:
    """Versions that have passed a gate."""
    found = [one for one in client().search_model_versions(f"name = '{name}'") if PASSED.items() <= one.tags.items()]
    return sorted((read_version(one) for one in found), key=lambda version: version.number)


def find_champion(name: str) -> Version | None:
    """The version with the alias `champion`, or None."""
    try:
        return read_version(client().get_model_version_by_alias(name, CHAMPION))
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise


def best_of(versions: Sequence[Version], data: str) -> Version:
    """The version with the highest average on `data`, the newest of equals."""
    return max((one for one in versions if one.data == data), key=lambda one: (one.average or 0.0, one.number))


def settle(name: str, version: Version) -> Version:
    """Give `version` the alias `challenger`, the best on its data the alias `champion`; returns the champion.

    A champion that was scored on other data stays, unless it is this very model. The registry cannot compare and
    set: what counts is what is read back, until nothing changes.
    """
    client().set_registered_model_alias(name, CHALLENGER, str(version.number))
    for _ in range(ATTEMPTS):
        champion = find_champion(name)
        best = best_of([*passed_versions(name), version], version.data)
        if champion is not None and (champion.number == best.number or is_kept(champion, version)):
            return champion
        client().set_registered_model_alias(name, CHAMPION, str(best.number))
    log.warning("%s: another process keeps moving the alias %s", name, CHAMPION)
    return find_champion(name) or version


def is_kept(champion: Version, version: Version) -> bool:
    """Whether champion and version cannot be compared: other data, another model."""
    return champion.data != version.data and champion.target_run != version.target_run
