"""FAU Aibo's lists of labels: one line a chunk, with its class and the share of labellers behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below

_LISTS = {"emotion": "chunk_labels_5cl_corpus.txt", "negativity": "chunk_labels_2cl_corpus.txt"}
"""The list that each target's classes stand in; the second one may be missing."""
_LINE = re.compile(r"(?P<chunk>(?P<school>Ohm|Mont)_(?P<child>\d+)_\d+_\d+)\s+(?P<code>\w+)\s+(?:0|1|0?\.\d+|1\.0*)")


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each chunk of the five-class list, in its order.

    Raises:
        CorpusError: there is no such list below ``root``, or a line of a list cannot be read.
    """
    files = list(files_below(root))
    lists = {target: found for target, name in _LISTS.items() if (found := _shallowest(files, name))}
    if "emotion" not in lists:
        message = (
            f"{root}: this does not look like the corpus 'fau_aibo': no file 'labels/IS2009EmotionChallenge/"
            f"{_LISTS['emotion']}'. Give the folder that holds labels/ and wav/ with --root."
        )
        raise CorpusError(message)
    codes = {target: _codes(root / path) for target, path in lists.items()}
    audio = {PurePosixPath(path).stem: path for path in reversed(files) if path.endswith(".wav")}
    release = lists["emotion"].rpartition("labels/")[0]
    for chunk, (place, _) in codes["emotion"].items():
        named = {target: listed[chunk][1] for target, listed in codes.items() if chunk in listed}
        yield _utterance(chunk, audio.get(chunk, f"{release}wav/{chunk}.wav"), labels_from(named, targets, place))


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a chunk says, school and child, None for any other path."""
    match = re.search(r"(?:^|/)(?P<chunk>(?:Ohm|Mont)_\d+_\d+_\d+)\.wav$", path)
    return None if match is None else _utterance(match["chunk"], path, {})


def _shallowest(files: Sequence[str], name: str) -> str:
    named = (path for path in files if path.rpartition("/")[2] == name)
    return min(named, key=lambda path: path.count("/"), default="")


def _codes(path: Path) -> dict[str, tuple[str, str]]:
    """Return place and code of each chunk of a list."""
    codes: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(path.read_bytes().decode("latin-1").splitlines(), start=1):
        if not line.strip():
            continue
        place, match = f"{path}:{number}", _LINE.fullmatch(line.strip())
        if match is None:
            expected = "a chunk such as Ohm_01_000_00, its class and a confidence from 0 to 1"
            raise CorpusError(f"{place}: '{line.strip()}' is not a chunk's label. Expected {expected}. Mend the line.")
        if match["chunk"] in codes:
            raise CorpusError(f"{place}: the chunk '{match['chunk']}' is listed twice. Remove one of the lines.")
        codes[match["chunk"]] = (place, match["code"])
    if not codes:
        raise CorpusError(f"{path}: there is no label in this list. Get the file again; it may be cut off.")
    return codes


def _utterance(chunk: str, path: str, labels: Mapping[str, str | float]) -> Utterance:
    school, child, _, _ = chunk.split("_")
    # children are numbered anew in each school
    return Utterance(id=chunk, path=path, labels=labels, speaker=f"{school}_{child}", session=school)
