"""From a model's address to a folder: runs, registered models, folders and Hub ids."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from stilts_mlflow.errors import InputError
from stilts_mlflow.tracking_store import client

CHECKPOINT = "checkpoint"
MODEL_ADDRESS = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")


def resolve_model(uri: str) -> Path | str:
    """Folder of a model, or the Hub id as it is.

    `runs:/<id>[/checkpoint]`, `models:/<name>@<alias>`, `models:/<name>/<version>` and `models:/<logged model id>`
    are copied into a cache when the artifacts are not on this machine.
    """
    if uri.startswith("runs:/"):
        return run_folder(uri)
    if uri.startswith("models:/"):
        return model_folder(uri)
    folder = Path(uri).expanduser()
    return folder if folder.is_dir() else uri


def run_folder(uri: str) -> Path:
    """Folder of an artifact of a run."""
    run_id, _, path = uri.removeprefix("runs:/").strip("/").partition("/")
    path = path or CHECKPOINT
    try:
        run = client().get_run(run_id).info
    except MlflowException as error:
        raise InputError(f"model={uri!r}: no run {run_id!r} in {mlflow.get_tracking_uri()}") from error
    if not client().list_artifacts(run_id, path):
        raise InputError(f"model={uri!r}: run {run_id} ({run.run_name}) has no folder {path!r}")
    # A run that is resumed may store another checkpoint: its end time tells the two apart.
    return fetch(uri, f"{run.artifact_uri}/{path}", f"runs/{run_id}-{run.end_time}/{path}")


def model_folder(uri: str) -> Path:
    """Checkpoint folder inside a registered or logged model."""
    try:
        model_id = logged_model_id(uri)
        location = str(client().get_logged_model(model_id).artifact_location)
    except MlflowException as error:
        raise InputError(f"model={uri!r}: {' '.join(str(error).split())[:200]}") from error
    folder = fetch(uri, location, f"models/{model_id}")
    metas = sorted(folder.rglob("meta.json"), key=lambda path: len(path.parts))
    if not metas:
        raise InputError(f"model={uri!r}: no checkpoint (meta.json) inside; was it promoted by this project?")
    return metas[0].parent


def logged_model_id(uri: str) -> str:
    """Id of the logged model behind an alias, a version or the id itself."""
    if match := MODEL_ADDRESS.fullmatch(uri):
        version = model_version(match["name"], match["alias"], match["version"])
        if not version.model_id and not str(version.source).startswith("models:/"):
            raise InputError(f"model={uri!r}: version {version.version} is not a logged model ({version.source})")
        return str(version.model_id or str(version.source).removeprefix("models:/"))
    return uri.removeprefix("models:/")


def model_version(name: str, alias: str | None, version: str | None) -> ModelVersion:
    """Version of a registered model by alias or number."""
    if alias:
        return client().get_model_version_by_alias(name, alias)
    return client().get_model_version(name, str(version))


def fetch(uri: str, location: str, cache_key: str) -> Path:
    """Local folder with the artifacts at `location`, in place or downloaded once."""
    if is_local_uri(location):
        return Path(local_file_uri_to_path(location))
    cached = cache_folder() / cache_key
    if cached.is_dir():
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent, prefix=".download-") as partial:
        try:
            found = Path(mlflow.artifacts.download_artifacts(artifact_uri=location, dst_path=partial))
        except (MlflowException, OSError) as error:
            raise InputError(f"model={uri!r}: download failed: {' '.join(str(error).split())[:200]}") from error
        keep(found, cached)
    return cached


def keep(found: Path, cached: Path) -> None:
    """Move a complete download into the cache in one step; another process may have been faster."""
    try:
        os.rename(found, cached)
    except OSError:
        if not cached.is_dir():
            shutil.move(found, cached)


def cache_folder() -> Path:
    """Where downloaded models are kept: the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stilts_mlflow"
