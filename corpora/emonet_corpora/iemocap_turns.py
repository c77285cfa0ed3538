"""IEMOCAP's evaluation files: one line a turn, with its class and its valence, activation and dominance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Label
from emonet_corpora._release import matches

_FILE = r"(?:^|/)Session[1-5]/dialog/EmoEvaluation/Ses0[1-5][FM]_\w+\.txt$"
_NAME = r"(?P<turn>(?P<dialogue>Ses(?P<session>0[1-5])[FM]_(?:impro\w+|(?P<script>script\d+_\d+)\w*))_(?P<sex>[FM])\w+)"
_TURN = re.compile(
    rf"\[[\d.]+ - [\d.]+\]\t{_NAME}\t"
    r"(?P<emotion>\w+)\t\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), (?P<dominance>[\d.]+)\]"
)


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each turn of each dialogue, sorted by file and line.

    Raises:
        CorpusError: there is no evaluation file below ``root``, or a turn's line cannot be read.
    """
    for match in matches(root, _FILE, "iemocap", "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"):
        yield from _turns(root, match.string, targets)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a turn's recording says, None for any other path; the emotion is not in it."""
    match = re.search(rf"(?:^|/){_NAME}\.wav$", path)
    return None if match is None else _named(match, path, labels_from({"sex": match["sex"]}, targets, path))


def _turns(root: Path, file: str, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    session = file.split("dialog/EmoEvaluation/", maxsplit=1)[0]
    # raters' comments may hold any bytes; Latin-1 reads them all, and turn lines are plain ASCII
    lines = (root / file).read_bytes().decode("latin-1").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith("["):
            yield _utterance(line.strip(), session, targets, f"{root / file}:{number}")


def _utterance(line: str, folder: str, targets: tuple[Target, ...], place: str) -> Utterance:
    match = _TURN.fullmatch(line)
    if match is None:
        expected = "[start - end], turn, class and [valence, activation, dominance], apart by tabs"
        raise CorpusError(f"{place}: '{line}' is not a turn line. Expected {expected}. Mend the line or get it again.")
    path = f"{folder}sentences/wav/{match['dialogue']}/{match['turn']}.wav"
    return _named(match, path, labels_from(_codes(match.groupdict(), targets), targets, place))


def _named(match: re.Match[str], path: str, labels: Mapping[str, Label]) -> Utterance:
    return Utterance(
        id=match["turn"],
        path=path,
        labels=labels,
        speaker=f"Ses{match['session']}{match['sex']}",
        session=match["session"],
        text=match["script"],
    )


def _codes(found: Mapping[str, str], targets: tuple[Target, ...]) -> dict[str, str]:
    """Return the codes of a turn; a mean outside its scale cannot be right and is left out."""
    codes = {}
    for target in targets:
        # targets of other names have classes of their own for the same code
        code = found.get(target.name, found["emotion"])
        if target.range is None or target.range[0] <= float(code) <= target.range[1]:
            codes[target.name] = code
    return codes
