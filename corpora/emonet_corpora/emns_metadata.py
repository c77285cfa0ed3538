"""EMNS: rows of one table, whose paths are those of another layout than the archives'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)(?P<name>recorded_audio(?:_[A-Za-z0-9]+)?)\.(?:webm|wav)$"
_SPEAKER = "3"
"""The only user_id of the table."""
_TABLE = r"(?:^|/)metadata\.csv$"
_NEEDED = ("emotion", "status", "audio_recording", "user_id")


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each complete row; a row whose audio is not there keeps the table's path.

    Raises:
        CorpusError: table or recordings are not there, or a row cannot be read.
    """
    audio = {match["name"]: match.string for match in reversed(matches(root, _AUDIO, "emns", "recorded_audio_a.webm"))}
    for table in matches(root, _TABLE, "emns", "metadata.csv"):
        for place, cells in rows(root, table.string, delimiter="|", quotes=False, columns=_NEEDED):
            if cells["status"] != "Complete":
                continue
            name = PurePosixPath(cells["audio_recording"]).stem
            if not name:
                raise CorpusError(f"{place}: the cell audio_recording is empty. Get the table again.")
            yield Utterance(
                id=name,
                path=audio.get(name, cells["audio_recording"]),
                labels=labels_from({"emotion": cells["emotion"]}, targets, place),
                speaker=cells["user_id"] or None,
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a recording says, None for any other path: there is one speaker only."""
    match = re.search(_AUDIO, path)
    return None if match is None else Utterance(match["name"], path, {}, speaker=_SPEAKER)
