"""Datasets by their id on the Hugging Face hub: files of one commit, kept once, as they are."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from emonet.corpus.readers.folders import is_audio
from emonet.errors import CorpusError, did_you_mean
from emonet.events import Listener, Progress, silent
from emonet.files import file_name, home, sha256_of, write_json

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SAVED = "dataset_dict.json"
"""What earlier versions kept of a dataset: what ``save_to_disk`` writes."""
_RECORD = ".fetched.json"
"""Says which commit the files are of; written last."""
_TIMEOUT = 10  # s for an answer of the hub
_CONVERTED = "refs/convert/parquet"
"""The revision that holds the hub's own conversion of a dataset."""


@dataclass(frozen=True, slots=True)
class HubId:
    """A dataset of the hub: ``owner/name``, its configuration and its revision, both empty for the default."""

    id: str
    config: str = ""
    revision: str = ""

    def __str__(self) -> str:
        """Name it as messages do."""
        config = f" ({self.config})" if self.config else ""
        return f"{self.id}{config}{f' @ {self.revision}' if self.revision else ''}"


def is_hub_id(text: str) -> bool:
    """Say whether a text can be the id of a dataset: an owner and a name.

    >>> is_hub_id("owner/name"), is_hub_id("./owner/name"), is_hub_id("name")
    (True, False, False)
    """
    return _ID.fullmatch(text) is not None


def downloaded(dataset: HubId, *, listen: Listener = silent) -> Path:
    """Return the folder of a dataset below ``EMONET_HOME``, fetching it first where that was not done yet.

    Its Parquet files are taken, or where it has none its audio files and their tables. What was interrupted goes on.

    Raises:
        CorpusError: it cannot be reached, or holds nothing that can be read.
    """
    from filelock import FileLock

    words = [file_name(word) for word in (dataset.id, dataset.config, dataset.revision) if word]
    folder = home() / "hub" / "@".join(words)
    if not _is_there(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if not _is_there(folder):
                _download(dataset, folder, listen)
    return folder


def _is_there(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (_RECORD, _SAVED))


def _download(dataset: HubId, folder: Path, listen: Listener) -> None:
    # One name for all attempts: what a killed one loaded is gone on with by the next, which holds the lock.
    work = folder.with_name(f".{folder.name}.part")
    with _explained(dataset):
        info = _hub(None).dataset_info(dataset.id, revision=dataset.revision or None, timeout=_TIMEOUT)
    names = [each.rfilename for each in info.siblings or ()]
    configs = (info.card_data or {}).get("configs") or []
    wanted = _readable(_of_config(names, configs, dataset), dataset)
    snapshot(dataset.id, info.sha, work, [_literal(name) for name in wanted], token=None, listen=listen)
    write_json(work / _RECORD, {"dataset": dataset.id, "commit": info.sha})
    shutil.rmtree(folder, ignore_errors=True)
    work.replace(folder)


def _of_config(names: Sequence[str], configs: Sequence[Mapping[str, Any]], dataset: HubId) -> list[str]:
    """Return the files of the configuration that is asked for; where the card of the dataset lists none, of its folder.

    Raises:
        CorpusError: there is no such configuration, or none is the default.
    """
    known = {str(config.get("config_name", "default")): config for config in configs}
    folders = {PurePosixPath(name).parts[0] for name in names if "/" in name}
    wanted = dataset.config or _default(known, dataset)
    if not wanted:
        return list(names)
    if wanted in known:
        patterns = list(_paths(known[wanted].get("data_files") or f"{wanted}/*"))
        return [name for name in names if any(fnmatch(name, pattern) for pattern in patterns)]
    if wanted in folders:
        return [name for name in names if name.startswith(f"{wanted}/")]
    listed = sorted(known) or sorted(folders)
    message = f"Dataset '{dataset}' has no configuration '{wanted}'. {did_you_mean(wanted, listed)} "
    raise CorpusError(f"{message}It has: {', '.join(listed) or 'none, leave config out'}.")


def _default(known: Mapping[str, Mapping[str, Any]], dataset: HubId) -> str:
    marked = [name for name, config in known.items() if config.get("default")]
    found = marked or [name for name in known if name == "default"] or list(known)
    if len(found) > 1:
        names = ", ".join(sorted(known))
        raise CorpusError(f"Dataset '{dataset}' has several configurations: {names}. Choose one: --set config=NAME.")
    return found[0] if found else ""


def _paths(data_files: Any) -> Iterator[str]:
    """Yield the patterns of files that a configuration lists: a text, a list, or mappings with ``path``."""
    if isinstance(data_files, str):
        yield data_files.removeprefix("./")
    elif isinstance(data_files, Mapping):
        yield from _paths(data_files["path"] if "path" in data_files else list(data_files.values()))
    else:
        for each in data_files:
            yield from _paths(each)


def _readable(names: Sequence[str], dataset: HubId) -> list[str]:
    """Return the Parquet files among some; where there are none, audio files and the tables beside them."""
    found = [name for name in names if name.endswith(".parquet")]
    if not found and any(is_audio(name) for name in names):
        found = [name for name in names if is_audio(name) or name.endswith((".csv", ".jsonl"))]
    if not found:
        there = ", ".join(names[:3]) or "no files"
        raise CorpusError(
            f"Dataset '{dataset}' has neither Parquet nor audio files, but {there}. The hub's own conversion may have: "
            f"--set revision={_CONVERTED}. Or load and unpack its files, and give their folder in place of the id."
        )
    return found


def snapshot(
    dataset: str, commit: str, folder: Path, patterns: Sequence[str], *, token: bool | None, listen: Listener
) -> Path:
    """Load files of one commit of a dataset into a folder, and compare each with the checksum that the hub gives.

    Args:
        patterns: of the files; empty for all.
        token: False where no account may be used, None for the user's own.

    Raises:
        CorpusError: it cannot be reached, or a file is another than the hub says.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.hf_api import RepoFile

    with _explained(HubId(dataset, revision=commit)):
        # Without a network this ends at once, where what follows would try for half a minute.
        _hub(token).dataset_info(dataset, revision=commit, timeout=_TIMEOUT)
        tree = _hub(token).list_repo_tree(dataset, recursive=True, revision=commit, repo_type="dataset")
        files = {each.path: each for each in tree if isinstance(each, RepoFile)}
    names = chosen(files, patterns, f"the dataset {dataset} @ {commit[:12]}")
    bar = _bar(f"download {dataset} (kB)", sum(files[name].size for name in names), listen)
    with _explained(HubId(dataset, revision=commit)):
        snapshot_download(
            dataset,
            repo_type="dataset",
            revision=commit,
            local_dir=folder,
            allow_patterns=[_literal(name) for name in names],
            endpoint=_endpoint(),
            token=token,
            tqdm_class=bar,
            max_workers=4,
        )
    for name in names:
        if not _is_what_the_hub_says(folder / name, files[name]):
            (folder / name).unlink()
            raise CorpusError(f"'{name}' is not what the hub says: it was damaged on the way. The same command goes on")
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    return folder


def chosen(names: Iterable[str], patterns: Sequence[str], what: str) -> list[str]:
    """Return the names that any of some patterns fits, all where there are no patterns.

    Raises:
        CorpusError: a pattern fits nothing.
    """
    listed = sorted(names)
    for pattern in patterns:
        if not any(fnmatch(name, pattern) for name in listed):
            there = ", ".join(listed[:5]) or "no file"
            raise CorpusError(f"{what} has no file '{pattern}', but {there}")
    return [name for name in listed if not patterns or any(fnmatch(name, pattern) for pattern in patterns)]


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _is_what_the_hub_says(path: Path, file: Any) -> bool:
    """Say whether a file has the SHA-256 of Git LFS, or is the blob that git calls so."""
    if file.lfs is not None:
        return sha256_of(path) == str(file.lfs.sha256)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == str(file.blob_id)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _hub(token: bool | None) -> Any:
    from huggingface_hub import HfApi

    return HfApi(endpoint=_endpoint(), token=token)


def _bar(activity: str, total: int, listen: Listener) -> type:
    """Return a class of bars that shows nothing and tells the bytes that were received."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            self.counts = options.get("unit") == "B"
            self.received = 0
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            if self.counts:
                self.received += int(n or 0)
                listen(Progress(activity, min(self.received, total) // 1000, -(-total // 1000)))
            return None

    return Bar


@contextmanager
def _explained(dataset: HubId) -> Iterator[None]:
    """Turn whatever stops ``huggingface_hub`` into words."""
    try:
        yield
    except CorpusError:
        raise
    except Exception as problem:
        # its own errors, and those of its HTTP client, which has changed, and of the system
        raise CorpusError(
            f"Dataset '{dataset}' cannot be loaded from the Hugging Face hub: {_why(problem)}"
        ) from problem


def _why(problem: BaseException) -> str:
    from huggingface_hub import errors

    reasons: Sequence[tuple[Any, str]] = (
        (errors.GatedRepoError, "its owner's terms must be accepted on its page first (then: hf auth login)."),
        (errors.RepositoryNotFoundError, "there is no dataset of this id that anybody may see. Check the id."),
        (errors.RevisionNotFoundError, "it has no such revision. Check the commit or the name of the branch."),
        (errors.OfflineModeIsEnabled, "HF_HUB_OFFLINE is set. Unset it, or give the folder of a copy in its place."),
    )
    causes = _causes(problem)
    for kind, reason in reasons:
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    if any("Connect" in type(cause).__name__ or "Timeout" in type(cause).__name__ for cause in causes):
        place = _endpoint() or "https://huggingface.co"
        return f"no connection to {place}. Is this machine online? Or give the folder of a copy in place of the id."
    first = _first_line(problem)
    return f"{type(problem).__name__}: {first}. Check id, config and revision, or give the folder of a copy instead."


def _causes(problem: BaseException) -> list[BaseException]:
    causes = [problem]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    return causes


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
