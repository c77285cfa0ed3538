"""MSP-IMPROV: consensus lines of one evaluation file, joined to recordings whose names differ in their prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Label
from emonet_corpora._release import matches

_NAME = r"S(?P<text>\d{2})[AHNS]-(?P<speaker>[FM](?P<session>0[1-6]))-(?P<kind>[PRST])-[FM]{2}\d{2}"
_FILE = rf"(?:^|/)MSP-(?P<turn>IMPROV-{_NAME})\.wav$"
_TABLE = r"(?:^|/)Eval(?:ua|u)tion\.txt$"
"""Public readers know both spellings of the release's file."""
_CONSENSUS = re.compile(
    r"UTD-(?P<turn>IMPROV-[\w-]+)\.avi; (?P<emotion>[AHNSOX]); A:(?P<arousal>[\d.]+|NaN); V:(?P<valence>[\d.]+|NaN);"
    r" D:(?P<dominance>[\d.]+|NaN) ?; N:(?P<naturalness>[\d.]+|NaN);"
)
_LOWEST, _HIGHEST = 1.0, 5.0

_Turns = Mapping[str, tuple[str, dict[str, str]]]
"""Turn -> place and codes."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording that has a consensus line.

    Raises:
        CorpusError: evaluation file or recordings are not there, or a consensus line cannot be read.
    """
    (table, *_) = matches(root, _TABLE, "msp_improv", "Evaluation.txt")
    turns = _active_is_high(dict(_consensus(root / table.string)))
    for match in matches(root, _FILE, "msp_improv", "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav"):
        if match["turn"] not in turns:
            continue
        place, codes = turns[match["turn"]]
        yield _named(match, labels_from(codes, targets, place))


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a recording says, None for any other path; ratings are not in it."""
    match = re.search(_FILE, path)
    return None if match is None else _named(match, {})


def _named(match: re.Match[str], labels: Mapping[str, Label]) -> Utterance:
    return Utterance(
        id=match["turn"],
        path=match.string,
        labels=labels,
        speaker=match["speaker"],
        session=match["session"],
        text=match["text"] if match["kind"] in "RT" else None,
    )


def _consensus(path: Path) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    lines = path.read_bytes().decode("latin-1").splitlines()  # raters' comments may hold any bytes
    for number, line in enumerate(lines, start=1):
        if not line.startswith("UTD-"):
            continue
        match = _CONSENSUS.fullmatch(line.strip())
        if match is None:
            wanted = "UTD-...avi; class; A:...; V:...; D:... ; N:...;"
            raise CorpusError(f"{path}:{number}: '{line}' is not a consensus line. Expected {wanted} Mend the line.")
        codes = match.groupdict()
        yield codes.pop("turn"), (f"{path}:{number}", {name: code for name, code in codes.items() if _counts(code)})


def _counts(code: str) -> bool:
    """Say whether a code is a class, or a mean on the scale."""
    return code in set("AHNSOX") or (code != "NaN" and _LOWEST <= float(code) <= _HIGHEST)


def _active_is_high(turns: _Turns) -> _Turns:
    """Return the turns with a scale of arousal on which angry turns lie above sad ones."""
    codes = [found for _, found in turns.values()]
    angry, sad = _arousal(codes, "A"), _arousal(codes, "S")
    if not angry or not sad or fmean(angry) >= fmean(sad):
        return turns
    for found in codes:
        if "arousal" in found:
            found["arousal"] = str(_LOWEST + _HIGHEST - float(found["arousal"]))
    return turns


def _arousal(codes: Sequence[Mapping[str, str]], emotion: str) -> list[float]:
    return [float(found["arousal"]) for found in codes if found["emotion"] == emotion and "arousal" in found]
