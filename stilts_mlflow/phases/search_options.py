"""Options of the search for hyper-parameters, shared by `target` and `main`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from stilts_mlflow.phases.checks import at_least, not_negative

Pruner = Literal["median", "hyperband", "successive_halving"]
DATABASES = ("sqlite", "postgresql", "mysql")


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How hyper-parameters are searched for; what is set by an option of its own is not searched."""

    n_trials: int = 0
    """Optuna trials per target, judged on English dev; 0 = no search, or as many as search_minutes allow."""
    search_minutes: float = 0.0
    """Minutes of a search, over all its processes; no trial begins after them; 0 = by n_trials alone."""
    pruner: Pruner | None = "median"
    """What stops trials that lag behind: median, hyperband, successive_halving; none = nothing."""
    search_storage: str | None = None
    """Where processes share a search: an Optuna URL or a journal file on a shared disk; none = in output_dir."""
    search_name: str | None = None
    """Name of a search in search_storage; runs with equal name and settings join; none = by the settings."""
    search_retrain: Literal["true", "false"] = "false"
    """false: the best trial's checkpoint is kept; true: its values are trained once more, with seed + 1."""

    @property
    def searches(self) -> bool:
        """Whether there is a search at all."""
        return self.n_trials > 0 or self.search_minutes > 0

    def search_problems(self, given: dict[str, object], lora: bool) -> Iterator[str]:
        """Sentences, one a wrong value; `given`: the options that could be searched, None where they are not set."""
        yield from at_least(0, n_trials=self.n_trials)
        yield from not_negative(search_minutes=self.search_minutes)
        if self.search_storage is not None:
            yield from storage_problems(self.search_storage)
        if self.search_name is not None and not self.search_name.replace("-", "").replace("_", "").isalnum():
            yield f"search_name={self.search_name!r}: expected letters, digits, '-' and '_'"
        if self.searches and not lora and None not in given.values():
            yield f"nothing to search: {', '.join(given)} are all set; leave one at none"


def storage_problems(storage: str) -> Iterator[str]:
    """Sentences for a storage of an unknown kind, or a journal file that could not be there."""
    if "://" in storage:
        kind = urlsplit(storage).scheme.partition("+")[0]
        if kind not in DATABASES:
            yield f"search_storage: {kind}:// is no database for a search; expected {', '.join(DATABASES)} or a path"
    elif Path(storage).is_dir() or not Path(storage).absolute().parent.is_dir():
        yield f"search_storage={storage!r}: expected a file in an existing folder, or an Optuna URL"
