"""Backend `hub`: the Hugging Face Hub through `datasets`.

    rows, served = load(task("xnli"), "test", "sw")

Authentication, cache, offline mode and address are the environment's (HF_TOKEN, HF_HOME, HF_HUB_OFFLINE,
HF_ENDPOINT). Only data files are read: `datasets` runs no code of a repository.
"""

import logging
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stilts_mlflow.data.hub_rows import Rows, convert
from stilts_mlflow.data.origin import Served, names
from stilts_mlflow.data.xcopa import with_questions
from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.hub_sources import CONVERTED
from stilts_mlflow.tasks.task import HubSource, Task

log = logging.getLogger(__name__)

REASONS = (
    (r"^Repo id must|^Cannot access content at.*config.json|Entry Not Found", "not a model on the Hub"),
    (r"Revision '.*' doesn't exist|Revision Not Found", "no such revision"),
    (
        r"doesn't exist on the Hub or cannot be accessed|Repository Not Found",
        "no such repository, or a private one (set HF_TOKEN)",
    ),
    (
        r"is a gated dataset|Cannot access gated repo",
        "gated: accept its terms on its page on the Hub, then set HF_TOKEN to your token",
    ),
    (r"scripts are no longer supported", "only a loading script, which is not run"),
    (
        r"Couldn't reach|[Oo]ffline|[Cc]onnect|timed out|find cache|[Cc]ached|local_files_only",
        "not reachable, not in the cache",
    ),
    (r"Unknown split \"?(.*?)\"?\. Should be one of (.*?)\.?$", r"no split \1; splits: \2"),
    (r"BuilderConfig '(.*?)' not found. Available: (.*)", r"no configuration \1; configurations: \2"),
    (r"Unable to find|data ?files? found|is empty", "no data files"),
)
"""What `datasets` says, and what that means for the user."""


def sources(task: Task, split: str, language: str) -> list[HubSource]:
    """Try-list of a split; empty when the Hub has none. What has no language in its name is English."""
    hub: Mapping[str, tuple[HubSource, ...]] = task.hub  # type: ignore[assignment]
    return [
        source
        for source in hub.get(split, ())
        if language not in source.lacks
        and (not source.languages or language in source.languages)
        and (
            language == "en"
            or source.languages
            or "{" in source.config + source.prefix + "".join(source.where.values())
        )
    ]


def load(task: Task, split: str, language: str) -> tuple[Rows, Served]:
    """Rows of the first source that serves, and which that was; InputError with the reason of each one otherwise."""
    where = f"{task.name}/{language}/{split}"
    if not task.hub:
        raise InputError(f"{where}: not on the Hub ({task.licence}); use data=files with data_dir=<folder>")
    tried: dict[str, list[str]] = {}
    for source in sources(task, split, language):
        try:
            rows, revision = read(source, language)
            if rows:
                task.reader(rows[0])  # columns that are not there: the next source may have them
        except InputError as error:
            tried.setdefault(str(error), []).append(address(source, language))
            continue
        if tried:
            log.info("%s: served by %s (%s)", where, address(source, language), told(tried))
        config = source.config.format(**names(language, source.codes))
        return rows, Served("hub", address(source, language), len(rows), source.repo, config, source.split, revision)
    raise InputError(f"{where}: {told(tried) or f'the Hub has no {split} split in {language!r}'}; or use data=files")


def told(tried: Mapping[str, list[str]]) -> str:
    """Reasons with the sources that gave them."""
    return "; ".join(f"{', '.join(places)}: {reason}" for reason, places in tried.items())


def address(source: HubSource, language: str) -> str:
    """`repo@revision config/split`."""
    at = f"@{source.revision}" if source.revision else ""
    config = source.config.format(**names(language, source.codes))
    return f"{source.repo}{at} {config}/{source.split}" if config else f"{source.repo}{at} {source.split}"


def read(source: HubSource, language: str) -> tuple[Rows, str]:
    """Rows of one source and the commit they are from; InputError with the reason when it does not serve."""
    values = names(language, source.codes)
    fetch = converted if source.revision == CONVERTED else loaded
    try:
        found, revision = fetch(source, source.config.format(**values))
        right = fetch(source, source.questions)[0].to_list() if source.questions else []
    except Exception as error:
        # What goes wrong comes as a dozen types, some of them of other libraries.
        raise InputError(reason(error)) from error
    if source.revision and is_commit(source.revision) and revision not in ("", source.revision):
        # Without network `datasets` takes whatever its cache has of the repository.
        raise InputError(f"not reachable; the cache has commit {revision} instead")
    rows = convert(found.to_list(), label_names(found.features), source, values)
    return with_questions(rows, right, address(source, language)) if source.questions else rows, revision


def loaded(source: HubSource, config: str) -> tuple[Any, str]:
    """A split as `datasets` finds it, and its commit, by which the folders of the cache are named."""
    datasets = library()
    found = datasets.load_dataset(source.repo, config or None, split=source.split, revision=source.revision)
    return found, Path(found.cache_files[0]["filename"]).parent.name if found.cache_files else ""


def converted(source: HubSource, config: str) -> tuple[Any, str]:
    """A split of the converted branch, which has files and no metadata: they are fetched by name, and no other ones."""
    datasets = library()
    from huggingface_hub import snapshot_download

    pattern = f"{config or 'default'}/{source.split}/*.parquet"
    folder = snapshot_download(
        source.repo,
        repo_type="dataset",
        revision=source.revision,
        allow_patterns=pattern,
        local_files_only=datasets.config.HF_HUB_OFFLINE,
    )
    files = sorted(str(path) for path in Path(folder).glob(pattern))
    if not files:
        raise InputError(f"no data files {pattern}")
    return datasets.load_dataset("parquet", data_files={source.split: files}, split=source.split), Path(folder).name


@cache
def library() -> Any:
    """`datasets`, told not to chat, and put offline when the Hub does not answer: each request waits half a minute."""
    import datasets
    from huggingface_hub import get_session

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    if not datasets.config.HF_HUB_OFFLINE:
        try:
            get_session().head(datasets.config.HF_ENDPOINT, timeout=10)
        except Exception as error:
            log.warning("%s does not answer (%s): only what is in the cache", datasets.config.HF_ENDPOINT, error)
            datasets.config.HF_HUB_OFFLINE = True
    return datasets


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit, not a branch."""
    return re.fullmatch(r"[0-9a-f]{40}", revision) is not None


def reason(error: Exception) -> str:
    """What an error of `datasets` means, in words of ours where they are known."""
    if isinstance(error, InputError):
        return str(error)
    text = " ".join(str(error).split())
    for pattern, words in REASONS:
        if match := re.search(pattern, text):
            return match.expand(words) if "\\" in words else words
    return f"{type(error).__name__}: {text[:200]}"


def label_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of the label columns that the Hub tells, for labels and for lists of labels."""
    inner = {name: getattr(feature, "feature", feature) for name, feature in features.items()}
    return {name: list(feature.names) for name, feature in inner.items() if hasattr(feature, "names")}
