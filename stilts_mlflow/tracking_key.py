"""When two runs are the same: phase, options, parents, data and code agree. Pure: no mlflow in here.

key = RunKey("target", {"learning_rate": 1e-5}, {"model": encoder_run_id}, data_fingerprint, code_version())
key.fingerprint
"""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TAG_LIMIT = 8000
PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class RunKey:
    """What makes two runs the same: equal keys, equal results.

    `config` holds only what can change the result; `parents` maps a role to a run or model id, so a
    change upstream voids what follows by itself; `data` is a fingerprint; `code` is `code_version()`.
    """

    phase: str
    config: Mapping[str, object]
    parents: Mapping[str, str]
    data: str
    code: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON of all parts."""
        parts = [self.phase, plain(self.config), plain(self.parents), self.data, self.code]
        return hashlib.sha256(compact(parts).encode()).hexdigest()

    @property
    def tags(self) -> dict[str, str]:
        """The parts as tags, so that a later miss can be explained."""
        return {
            "phase": self.phase,
            "stilts.fingerprint": self.fingerprint,
            "stilts.key.config": compact(plain(self.config))[:TAG_LIMIT],
            "stilts.key.parents": compact(plain(self.parents))[:TAG_LIMIT],
            "stilts.key.data": self.data[:TAG_LIMIT],
            "stilts.key.code": self.code,
        }


def plain(value: object) -> object:
    """`value` as JSON data in which 2 and 2.0 are the same and a tuple is a list."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def compact(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def code_version() -> str:
    """16 hex digits over the sources of the package and its data files."""
    digest = hashlib.sha256()
    suffixes = {".py", ".tsv", ".j2"}
    for path in sorted(path for path in PACKAGE.rglob("*") if path.suffix in suffixes):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def git_commit() -> str | None:
    """Commit of the checkout that holds the package; None for an installed package or without git."""
    command = ["git", "-C", str(PACKAGE)]
    with suppress(OSError, subprocess.SubprocessError):
        # An environment inside someone else's checkout must not borrow that checkout's commit.
        subprocess.run([*command, "ls-files", "--error-unmatch", "tracking.py"], check=True, capture_output=True)
        found = subprocess.run([*command, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        return found.stdout.strip()
    return None


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs between the key tags of two runs, a phrase each."""
    found = []
    for part in ("config", "parents"):
        before, after = fields(old.get(f"stilts.key.{part}", "")), fields(new[f"stilts.key.{part}"])
        names = sorted(name for name in before | after if before.get(name, "(unset)") != after.get(name, "(unset)"))
        changes = [f"{name} {before.get(name, '(unset)')} -> {after.get(name, '(unset)')}" for name in names]
        found += [f"{part}: {change}" for change in changes]
    for part in ("data", "code"):
        if old.get(f"stilts.key.{part}") != new[f"stilts.key.{part}"]:
            found.append(f"{part} changed")
    return found


def fields(text: str) -> dict[str, object]:
    """JSON object of a key tag; one field with the text when it was cut."""
    with suppress(json.JSONDecodeError):
        return dict(json.loads(text))
    return {"(too long to compare by field)": text[:40] + "..." if text else "(unset)"}
