"""Tokenised features on disk, shared by trials, seeds, chains and processes.

`STILTS_CACHE` names the folder, `off` turns the cache off; else it is `$XDG_CACHE_HOME/stilts_mlflow/features` (or
under `~/.cache`). One parquet file a set of features, named by the hash of everything that decides them; files may be
deleted at any time. A file that cannot be read is made again, one that cannot be written is done without.
"""

import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from stilts_mlflow.data.load import fingerprint
from stilts_mlflow.task_types.task_type import Features, Limits, TaskType
from stilts_mlflow.tasks.examples import Example

log = logging.getLogger(__name__)


def cached_features(
    kind: TaskType, examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits, title: str
) -> Sequence[Features]:
    """`kind.featurize(examples, labels, tokenizer, limits)`, from the cache if it is there; `title` is for the log."""
    path = cache_path(kind, examples, labels, tokenizer, limits)
    if path is None or not examples:
        return kind.featurize(examples, labels, tokenizer, limits)
    found = read(path)
    if found is not None:
        log.info("features of %s: cached (%s)", title, path.name)
        return found
    begun = time.perf_counter()
    features = kind.featurize(examples, labels, tokenizer, limits)
    log.info("features of %s: made in %.1f s", title, time.perf_counter() - begun)
    if features:
        write(path, features)
    return features


def cache_folder() -> Path | None:
    """Where features are kept; None = nowhere."""
    chosen = os.environ.get("STILTS_CACHE", "")
    if chosen:
        return None if chosen == "off" else Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stilts_mlflow" / "features"


def cache_path(
    kind: TaskType, examples: Sequence[Example], labels: Sequence[str], tokenizer: Any, limits: Limits
) -> Path | None:
    """File of these features; None without a cache, and for tokenizers that cannot be told apart."""
    folder, backend = cache_folder(), getattr(tokenizer, "backend_tokenizer", None)
    if folder is None or not hasattr(backend, "to_str"):
        return None
    parts = [kind.name, kind.version, list(labels), limits.max_length, limits.doc_stride]
    parts += [tokenizer_fingerprint(tokenizer), len(tokenizer), fingerprint(examples)]
    return folder / f"{kind.name}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}.parquet"


@lru_cache(maxsize=4)
def tokenizer_fingerprint(tokenizer: Any) -> str:
    """SHA-256 (hex) over the backend's JSON, what the wrapper adds to it, and the library that runs it."""
    import tokenizers

    # What comes before the added tokens - truncation, padding - is the state of the last call, not of the tokenizer.
    # As text: parsing a vocabulary of 250,000 costs a second.
    whole = tokenizer.backend_tokenizer.to_str()
    backend = whole[max(0, whole.find('"added_tokens":')) :]
    wrapper = [tokenizers.__version__, type(tokenizer).__name__, tokenizer.model_input_names, tokenizer.unk_token_id]
    wrapper += [tokenizer.truncation_side, tokenizer.padding_side]
    return hashlib.sha256(f"{json.dumps(wrapper)}{backend}".encode()).hexdigest()


def read(path: Path) -> list[Features] | None:
    """Features of a file; None where there is none or it is damaged (told, and to be made again)."""
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        return None
    try:
        table = pyarrow.parquet.read_table(path, page_checksum_verification=True)
        rows: list[Features] = table.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        log.warning("%s cannot be read, its features are made again: %s", path, str(error).splitlines()[0])
        return None
    return rows


def write(path: Path, features: Sequence[Features]) -> None:
    """Keep features, whole or not at all: several processes may do so at once, the last one wins."""
    import pyarrow
    import pyarrow.parquet

    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pyarrow.Table.from_pylist(list(features))
        pyarrow.parquet.write_table(table, partial, compression="zstd", write_page_checksum=True)
        partial.replace(path)
    except (OSError, pyarrow.ArrowException) as error:
        log.warning("features not kept in %s: %s", path, error)
        with suppress(OSError):
            partial.unlink()
