"""VocalSound: names say what is heard and from whom; three lists say which split a clip belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_SOUNDS = "laughter|sigh|cough|throatclearing|sneeze|sniff"
_FILE = rf"(?:^|/)(?P<name>(?P<speaker>(?P<sex>[fm])\d{{4}})_\d+_(?P<sound>{_SOUNDS}))\.wav$"
_LISTS = {"tr": "train", "val": "dev", "te": "test"}


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip; without the lists, clips belong to no split.

    Raises:
        CorpusError: there is no clip below ``root``, or a list cannot be read.
    """
    found = matches(root, _FILE, "vocalsound", "audio_16k/f0003_0_cough.wav")
    splits = _splits(root, {match.string[: match.start("name")] for match in found})
    for match in found:
        yield _utterance(match, targets, splits.get(match["name"]))


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a clip says, None for any other path."""
    match = re.search(_FILE, path)
    return None if match is None else _utterance(match, targets, None)


def _utterance(match: re.Match[str], targets: tuple[Target, ...], split: str | None) -> Utterance:
    labels = labels_from({"sound": match["sound"], "sex": match["sex"]}, targets, match.string)
    return Utterance(match["name"], match.string, labels, speaker=match["speaker"], split=split)


def _splits(root: Path, folders: set[str]) -> dict[str, str]:
    """Return the split of each listed clip, by the lists beside the folders of clips."""
    splits: dict[str, str] = {}
    for folder in sorted(folders):
        for name, split in _LISTS.items():
            path = (root / folder).parent / "datafiles" / f"{name}.json"
            if path.is_file():
                splits |= dict.fromkeys(_names(path), split)
    return splits


def _names(path: Path) -> Iterator[str]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["data"]
        yield from [PurePosixPath(entry["wav"]).stem for entry in listed]
    except (ValueError, KeyError, TypeError) as problem:
        message = f'{path}: not a list of clips ({problem}). Expected {{"data": [{{"wav": ...}}, ...]}}.'
        raise CorpusError(f"{message} Get the file again.") from None
