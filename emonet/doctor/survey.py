"""One pass over a corpus' utterances: counts and names, eight bytes of memory for each, and no file opened."""

from __future__ import annotations

import os
import stat
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import Path

from emonet.corpus.corpus import Corpus, Unmapped, Utterance
from emonet.corpus.readers.folders import suffix_of
from emonet.corpus.readers.members import TABLES, file_of, is_lfs_pointer, no_name
from emonet.doctor.overlaps import Segments
from emonet.events import Listener, Progress
from emonet.findings import Some

MOST_NAMES = 50_000
"""Sessions or texts up to which their names are held in memory, and compared."""
_OFTEN = 10_000
"""Utterances between two reports of progress."""
_ABSENT = frozenset({ENOENT, ENOTDIR, ELOOP})
_WIDEST = 60
"""Letters of a path that is not a file's up to which it is shown."""
_LONGEST_POINTER = 200
"""Size in bytes that a Git LFS pointer stays below."""


@dataclass
class Survey:
    """What the names, sizes and labels of a copy say.

    Attributes:
        ids: a hash of each id, 64 bits.
        files: a hash of the name and size of each file that is not empty.
        paths: suffix -> a hash of each path below the root.
        refused: paths that the system takes for no file's.
        listed: field -> values of it that the card's protocols name and that were seen.
        names: field -> the sessions or texts that were seen, up to ``MOST_NAMES``.
        segments: where parts of files lie, and which classes they have.
    """

    count: int = 0
    speakers: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    nobody: Some = field(default_factory=Some)
    missing: Some = field(default_factory=Some)
    dangling: Some = field(default_factory=Some)
    refused: Some = field(default_factory=Some)
    empty: Some = field(default_factory=Some)
    pointers: Some = field(default_factory=Some)
    decomposed: Some = field(default_factory=Some)
    undecodable: Some = field(default_factory=Some)
    unmapped: Unmapped = field(default_factory=Unmapped)
    names: dict[str, set[str]] = field(default_factory=lambda: {"session": set(), "text": set()})
    listed: dict[str, set[str]] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array("q"))
    files: array[int] = field(default_factory=lambda: array("q"))
    paths: dict[str, array[int]] = field(default_factory=dict)
    segments: Segments = field(default_factory=Segments)

    @property
    def present(self) -> int:
        """Return how many utterances have a file."""
        return self.count - self.missing.count - self.dangling.count - self.refused.count

    def listed_files(self) -> dict[str, int]:
        """Return how many files of each suffix are listed, each once however many utterances are in it."""
        import numpy as np

        return {suffix: len(np.unique(np.frombuffer(hashes, np.int64))) for suffix, hashes in self.paths.items()}


def survey_of(corpus: Corpus, root: Path, listen: Listener) -> Survey:
    """List a corpus once; codes that the card does not know are counted, not raised.

    Raises:
        CorpusError: ``root`` is not this corpus, or its annotation cannot be read.
    """
    survey = Survey(labels={target.name: Counter() for target in corpus.targets if target.is_categorical})
    wanted = _named_values(corpus)
    survey.listed = {by: set() for by in wanted}
    activity, last, classed = f"list {corpus.id}", "", frozenset(survey.labels)
    for utterance in corpus.scan_counting(root, survey.unmapped):
        _count(survey, utterance, wanted)
        survey.segments.add(utterance, classed)
        if utterance.path != last:
            _look_at(survey, root, utterance.path)
        else:
            _size_of(survey, root, utterance.path)
        last = utterance.path
        if survey.count % _OFTEN == 0:
            listen(Progress(activity, survey.count, None, utterance.id))
    if survey.count >= _OFTEN:
        listen(Progress(activity, survey.count, survey.count))
    return survey


def repeated(hashes: array[int]) -> set[int]:
    """Return the hashes that occur more than once."""
    import numpy as np

    ordered = np.sort(np.frombuffer(hashes, dtype=np.int64)) if hashes else np.zeros(0, dtype=np.int64)
    return set(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]).tolist())


def file_hash(name: str, size: int) -> int:
    """Return a hash of a file's own name and size; it holds within one process."""
    return hash((name, size))


def _named_values(corpus: Corpus) -> dict[str, set[str]]:
    """Return the values that the card's protocols name: field -> values."""
    named: dict[str, set[str]] = {}
    for protocol in corpus.protocols:
        for fold in protocol.folds:
            for values in fold.values():
                named.setdefault(protocol.by, set()).update(values)
    return named


def _count(survey: Survey, utterance: Utterance, wanted: dict[str, set[str]]) -> None:
    survey.count += 1
    survey.ids.append(hash(utterance.id))
    if utterance.speaker is None:
        survey.nobody.add(utterance.id)
    else:
        survey.speakers[utterance.speaker] += 1
    if utterance.split is not None:
        survey.splits[utterance.split] += 1
    for named, seen in survey.names.items():
        if len(seen) < MOST_NAMES and (name := getattr(utterance, named)) is not None:
            seen.add(name)
    for target, counts in survey.labels.items():
        if target in utterance.labels:
            counts[str(utterance.labels[target])] += 1
    for by, values in wanted.items():
        value = getattr(utterance, by)
        if value in values:
            survey.listed[by].add(value)


def _look_at(survey: Survey, root: Path, path: str) -> None:
    file = path.rsplit("/", 2)[0] if _is_within_table(path) else path
    if not file.startswith(("/", "..")):
        survey.paths.setdefault(suffix_of(file), array("q")).append(hash(file))
    if not path.isascii():
        _look_at_name(survey, path)
    size = _size_of(survey, root, path)
    if size == 0:
        survey.empty.add(path)
    elif size is not None and not _is_within_table(path):
        survey.files.append(file_hash(path.rpartition("/")[2], size))
        if size < _LONGEST_POINTER and _is_pointer(root / path):
            survey.pointers.add(path)


def _size_of(survey: Survey, root: Path, path: str) -> int | None:
    """Return the size in bytes of an utterance's file; where there is none, count it and return None."""
    file = f"{root}/{path}"  # paths as objects would take longer than all else, a million times over
    if _is_within_table(path):
        file = str(file_of(root / path))
    try:
        found = os.stat(file)  # noqa: PTH116 - see above
    except ValueError as problem:
        survey.refused.add(f"{_shown(path)} ({no_name(problem)})")
        return None
    except OSError as problem:
        if problem.errno not in _ABSENT:
            survey.refused.add(f"{_shown(path)} ({problem.strerror})")
            return None
        (survey.dangling if os.path.islink(file) else survey.missing).add(path)  # noqa: PTH114
        return None
    if not stat.S_ISREG(found.st_mode):
        survey.missing.add(path)
        return None
    return found.st_size


def _shown(path: str) -> str:
    """Return a path that can be printed on one line, whatever is in it."""
    text = path.encode("ascii", "backslashreplace").decode() if not path.isprintable() else path
    text = text.replace("\0", "\\0")
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."


def _is_within_table(path: str) -> bool:
    return any(f"{suffix}/" in path for suffix in TABLES)


def _look_at_name(survey: Survey, path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        survey.undecodable.add(ascii(path)[1:-1])
        return
    if unicodedata.normalize("NFC", path) != path:
        survey.decomposed.add(path)


def _is_pointer(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return is_lfs_pointer(opened)
    except OSError:
        return False


def named_by(hashes: set[int], names: Iterable[str]) -> Some:
    """Return the names whose hash is among ``hashes``, each once."""
    found, seen = Some(), set()
    for name in names:
        key = hash(name)
        if key in hashes and key not in seen:
            seen.add(key)
            found.add(name)
    return found
