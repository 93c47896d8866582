"""Which source served a split, and what the pattern of a source may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stilts_mlflow.languages import LANGUAGES


@dataclass(frozen=True)
class Served:
    """Where the rows of a split came from.

    `place`: files, `repo config/split`, or "built in". `rows`: those read, before readers drop any. `repo`, `config`,
    `split` and `revision` (a commit) are the Hub's.
    """

    backend: Literal["demo", "files", "hub"]
    place: str
    rows: int
    repo: str = ""
    config: str = ""
    split: str = ""
    revision: str = ""

    def source(self) -> dict[str, str]:
        """For the tracking server: a Hub data set in MLflow's own words, else an address."""
        if self.backend == "hub":
            hub = {"path": self.repo, "config_name": self.config, "split": self.split, "revision": self.revision}
            return {name: value for name, value in hub.items() if value}
        return {"uri": self.place}


def names(language: str, codes: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a path may hold: `{lang}`, `{iso3}`, `{name}`, and `{code}`, the language's name in `codes`."""
    row = LANGUAGES[language]
    return {"lang": row.code, "iso3": row.iso3, "name": row.name, "code": (codes or {}).get(language, row.code)}
