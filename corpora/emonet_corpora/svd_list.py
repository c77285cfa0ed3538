"""The Saarbruecken Voice Database: recordings by the number of their session, which a list describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_FILE = r"(?:^|/)(?P<recording>\d+)-(?P<token>phrase|[aiu]_(?:n|l|h|lhl))\.wav$"
_LINE = re.compile(r"(?P<recording>\d+),(?P<voice>[np]),[\d/]+,(?P<speaker>\d+),(?P<sex>[wm]),\d+,.*")


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording that a list describes.

    Raises:
        CorpusError: lists or recordings are not there, or a line cannot be read.
    """
    sessions = dict(_sessions(root))
    for match in matches(root, _FILE, "svd", "1/1-phrase.wav"):
        if match["recording"] not in sessions:
            continue
        place, found = sessions[match["recording"]]
        yield Utterance(
            id=f"{match['recording']}-{match['token']}",
            path=match.string,
            labels=labels_from({"voice": found["voice"], "sex": found["sex"]}, targets, place),
            speaker=found["speaker"],
            session=match["recording"],
            text=match["token"],
        )


def _sessions(root: Path) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    """Yield number, place and description of each session; a list names a session once for all its recordings."""
    for match in matches(root, r"\.lst$", "svd", "overview.lst"):
        path = root / match.string
        # the owners' export is Latin-1, and what is read here is plain ASCII
        for number, line in enumerate(path.read_bytes().decode("latin-1").splitlines(), start=1):
            found = _LINE.fullmatch(line.strip().removeprefix("\u00ef\u00bb\u00bf"))
            if found is None and line.strip():
                wanted = "id, n or p, date, speaker, w or m, age, pathologies, diagnosis"
                raise CorpusError(f"{path}:{number}: '{line}' cannot be read. Expected {wanted}. Mend the line.")
            if found is not None:
                yield found["recording"], (f"{path}:{number}", found.groupdict())
