"""Which encoder a phase begins with: resolve the `model` option to a folder or Hub id and to an identity.

The identity (run id, Hub id, or content hash of a folder) goes into the key of the run, so that a change
upstream voids what follows.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.config import PretrainConfig
from stilts_mlflow.phases.options import DataOptions

PAPER_ENCODER = "FacebookAI/xlm-roberta-large"


@dataclass(frozen=True)
class Encoder:
    """`place`: folder or Hub id; `identity`: what it is, for keys and lineage; `is_builtin`: made by `pretrain`."""

    place: Path | str
    identity: str
    uri: str
    is_builtin: bool

    @property
    def parents(self) -> dict[str, str]:
        """Lineage for a RunKey."""
        return {"model": self.identity}


def find_encoder(model: str | None, config: DataOptions) -> Encoder:
    """The encoder of the option `model`; `none` is the built-in one on demo data, else the paper's."""
    if model is None and config.data == "demo":
        from stilts_mlflow.phases.pretrain import pretrain

        # The built-in encoder plays the published one: the same for every seed of what follows.
        options = PretrainConfig(experiment=config.experiment, output_dir=config.output_dir)
        model = f"runs:/{pretrain(options)}/checkpoint"
    uri = model or PAPER_ENCODER
    place = tracking.resolve_model(uri)
    if isinstance(place, Path) and not (place / "config.json").is_file():
        raise InputError(f"model={uri!r}: no config.json in it, so it is not a Hugging Face model or a checkpoint")
    return Encoder(place, identity(uri, place), uri, is_builtin(place))


def identity(uri: str, place: Path | str) -> str:
    """Run id, or hash of the folder's content, or Hub id and commit."""
    if uri.startswith("runs:/"):
        return uri.removeprefix("runs:/").split("/")[0]
    return folder_hash(place) if isinstance(place, Path) else f"{place}@{hub_commit(place)}"


def hub_commit(name: str) -> str:
    """First 12 digits of the commit that a Hub id stands for now (in the cache, where the Hub does not answer).

    InputError when there is no such repository: before anything is trained, and in one line.
    """
    import huggingface_hub

    from stilts_mlflow.data.hub import reason

    try:
        path = huggingface_hub.hf_hub_download(name, "config.json")
    except Exception as error:  # of a dozen types, some of other libraries
        raise InputError(f"model={name!r}: {reason(error)}; no folder of that name is here either") from error
    return Path(path).parent.name[:12]  # the cache names its folders by commit


def folder_hash(folder: Path) -> str:
    """`sha256:` and 16 hex digits over names and contents of the files of a model folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:16]}"


def is_builtin(place: Path | str) -> bool:
    """Whether a checkpoint descends from `pretrain`: the demo recipe is for those."""
    from stilts_mlflow.checkpoint_meta import META, read_meta

    return isinstance(place, Path) and (place / META).is_file() and bool(read_meta(place).get("builtin"))
