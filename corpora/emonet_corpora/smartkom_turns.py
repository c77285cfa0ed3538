"""SmartKom's annotation files (BAS Partitur format): turns of a session, and the user's state over time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, digits

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below

_RATE = 16_000
"""Times stand in samples at this rate in Hz, from the start of the session's recording."""
_FILE = re.compile(r"^(?P<folder>(?:.*/)?)(?P<session>w\d{3}_[a-z]{2})_(?P<speaker>[A-Z]{3})\.par$")
_SYSTEM = "SMA"
"""Stands in place of a speaker where the file is the system's voice."""
_LINES = {
    "TRN:": re.compile(r"TRN:\s+(?P<start>\d+)\s+(?P<duration>\d+)\s+[-\d,]+\s+(?P<value>\w+_\w+)"),
    "USH:": re.compile(r'USH:\s+(?P<start>\d+)\s+(?P<duration>\d+)\s+"?(?P<value>[^"\s]+)"?(?:\s.*)?'),
}


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece of a session, ``end`` excluded, and what stands there: a turn's id, or a state."""

    start: int
    end: int
    value: str
    place: str


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield a piece of the session's recording for each turn, with the state that fills most of it.

    A session without turns or states is passed over, as is a turn during which no state is marked.

    Raises:
        CorpusError: there is no annotation file below ``root``, or a line of one cannot be read.
    """
    files = list(files_below(root))
    sessions = [match for path in files if (match := _FILE.search(path)) and match["speaker"] != _SYSTEM]
    if not sessions:
        message = (
            f"{root}: this does not look like the corpus 'smartkom': no file like "
            "'SK-Public/w001_pk/w001_pk_AAA.par'. Give the folder that holds the sessions with --root."
        )
        raise CorpusError(message)
    there = set(files)
    for session in sessions:
        tiers = _tiers(root / session.string)
        for turn in tiers["TRN:"]:
            if state := _longest(turn, tiers["USH:"]):
                yield _utterance(session, turn, state, there, targets)


def _tiers(path: Path) -> dict[str, list[_Segment]]:
    """Return the turns and the states of an annotation file."""
    tiers: dict[str, list[_Segment]] = {tier: [] for tier in _LINES}
    for number, line in enumerate(path.read_bytes().decode("latin-1").splitlines(), start=1):
        tier = line[:4]
        if tier not in _LINES:
            continue
        match = _LINES[tier].fullmatch(line.strip())
        if match is None:
            wanted = {"TRN:": "start, duration, words and the turn's id", "USH:": "start, duration and a state"}[tier]
            raise CorpusError(f"{path}:{number}: '{line.strip()}' cannot be read. Expected {wanted}. Mend the line.")
        start = int(match["start"])
        # the format counts the last sample in
        end = start + int(match["duration"]) + 1
        tiers[tier].append(_Segment(start, end, match["value"], f"{path}:{number}"))
    return tiers


def _longest(turn: _Segment, states: Sequence[_Segment]) -> _Segment | None:
    """Return the state that is marked during most of a turn, the first of two that share it; None for no state."""
    shared: Counter[str] = Counter()
    first: dict[str, _Segment] = {}
    for state in states:
        overlap = min(turn.end, state.end) - max(turn.start, state.start)
        if overlap > 0:
            shared[state.value] += overlap
            first.setdefault(state.value, state)
    return first[shared.most_common(1)[0][0]] if shared else None


def _utterance(
    session: re.Match[str], turn: _Segment, state: _Segment, there: set[str], targets: tuple[Target, ...]
) -> Utterance:
    recording, _, number = turn.value.rpartition("_")
    stem = f"{session['folder']}{session['session']}"
    others = (f"{stem}{channel}.wav" for channel in ascii_lowercase + digits)
    path = f"{session['folder']}{recording}.wav"
    if path not in there:
        path = next((name for name in others if name in there), path)
    return Utterance(
        id=f"{stem}_{session['speaker']}_{number}",
        path=path,
        labels=labels_from({targets[0].name: state.value}, targets, state.place),
        speaker=session["speaker"],
        session=session["session"],
        start=turn.start / _RATE,
        end=turn.end / _RATE,
    )
