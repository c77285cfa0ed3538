"""Whether a folder holds a corpus once: as many utterances as its card counts, and no second copy of its files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import Corpus, Utterance
from emonet.errors import CorpusError, counted
from emonet.files import sha256_of

COMPARED = 20
"""Pairs of files that are compared byte by byte."""
HALF = 0.4
"""Share of repeated files from which on the folder holds two copies, not just a file twice."""


@dataclass(frozen=True, slots=True)
class TwinFiles:
    """Two files of one name and size, by their POSIX paths."""

    one: str
    other: str

    def are_equal(self, root: Path) -> bool:
        """Say whether both hold the same bytes."""
        return sha256_of(root / self.one) == sha256_of(root / self.other)

    def folders(self) -> tuple[str, str, str]:
        """Return the folders that hold the two copies, and which of the two lies within the other, empty for neither.

        >>> TwinFiles("X/a/1.wav", "X/X/a/1.wav").folders(), TwinFiles("A/a/1.wav", "B/a/1.wav").folders()
        (('.', 'X/X', 'X/X'), ('A', 'B', ''))
        """
        one, other = PurePosixPath(self.one).parts, PurePosixPath(self.other).parts
        same = 0
        while same < min(len(one), len(other)) and one[-1 - same] == other[-1 - same]:
            same += 1
        ours, theirs = one[: len(one) - same], other[: len(other) - same]
        if theirs[: len(ours)] == ours:
            inner = _beside(theirs, other, one)
            return _text(ours), inner, inner
        if ours[: len(theirs)] == theirs:
            inner = _beside(ours, one, other)
            return inner, _text(theirs), inner
        return _text(ours), _text(theirs), ""


def _beside(folder: tuple[str, ...], path: tuple[str, ...], other: tuple[str, ...]) -> str:
    """Return the folder, or the first one in it on the way to ``path``, in which ``other`` does not lie."""
    while other[: len(folder)] == folder:
        folder = path[: len(folder) + 1]
    return _text(folder)


def _text(folder: tuple[str, ...]) -> str:
    return "/".join(folder) or "."


def how_to_part(twins: Sequence[TwinFiles], corpus: Corpus) -> str:
    """Return what to do about two copies, by some of their files."""
    found = [each.folders() for each in twins]
    one, other, inner = found[0]
    if len({within or (first, second) for first, second, within in found}) > 1:
        return f"Keep one of each two, such as '{one}' and '{other}'."
    if inner:
        return f"Remove '{inner}', or keep it elsewhere."
    with_root = ", or give one of them with --root" if corpus.speakers != "open" else ""
    return f"Keep one of '{one}' and '{other}'{with_root}."


def check_one_copy(corpus: Corpus, root: Path, utterances: Iterable[Utterance]) -> None:
    """Refuse a folder in which a corpus stands twice: each clip would count twice, and intervals be too narrow.

    Raises:
        CorpusError: naming the second copy.
    """
    first: dict[tuple[str, int], str] = {}
    twins: list[TwinFiles] = []
    for path in dict.fromkeys(utterance.path for utterance in utterances):
        try:
            size = os.stat(f"{root}/{path}").st_size  # noqa: PTH116 - objects would take longer than all else
        except (OSError, ValueError):
            continue
        known = first.setdefault((path.rpartition("/")[2], size), path)
        if known != path and size:
            twins.append(TwinFiles(known, path))
    if len(twins) < HALF * len(first):
        return
    some = twins[:: max(1, len(twins) // COMPARED)]
    same = [each for each in some if each.are_equal(root)]
    if same and len(same) / len(some) * len(twins) >= HALF * len(first):
        twice = f"'{corpus.id}', such as {same[0].one} and {same[0].other}"
        message = f"{root}: there are two copies of the corpus {twice}, so that every clip counts twice."
        raise CorpusError(f"{message} {how_to_part(same, corpus)}")


def other_count(corpus: Corpus, count: int) -> str:
    """Return what to say where a corpus has not as many utterances as its card documents, else an empty text."""
    expected = corpus.expected.utterances
    if expected is None or count == expected:
        return ""
    look = f"`emonet corpora check {corpus.id}` says what is {'missing' if count < expected else 'there too often'}"
    return f"{corpus.id}: {counted(count, 'utterance')}, where its card counts {expected}; {look}."
