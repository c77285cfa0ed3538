"""DAIC-WOZ: the participant's turns of each interview, with the labels that the split files give to the interview."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)(?P<speaker>[34]\d{2})_P/(?P=speaker)_AUDIO\.wav$"
_SPLITS = r"(?:^|/)(?:(?P<split>train|dev|test)_split_Depression_AVEC2017|(?P<full>full_test_split))\.csv$"
_COLUMNS = {
    "participant_id": "speaker",
    "phq8_binary": "depression",
    "phq_binary": "depression",
    "phq8_score": "phq8",
    "phq_score": "phq8",
    "gender": "sex",
}
"""Column, in lower case, as the three kinds of split file call it -> what it holds."""
_LATE = {"318": 34.319917, "321": 3.8379167, "341": 6.1892, "362": 16.8582}
"""Session -> s by which its recording runs behind its transcript."""
_INTERRUPTED = {"373": (395.0, 428.0), "444": (286.0, 387.0)}
"""Session -> begin and end in s of what is not an interview in it."""
_SYNCHRONISING = re.compile(r"[<\[]\s*synch?(?:ing)?\b", re.IGNORECASE)
"""Begins the value of a turn that only marks how recordings were aligned."""
_TURN = ("start_time", "stop_time", "speaker", "value")
_DEPRESSED = 10
"""The PHQ-8 score from which on a participant counts as depressed."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each turn of each participant that a split file names.

    Raises:
        CorpusError: split files, recordings or a transcript are not there, or a row cannot be read.
    """
    interviews = _interviews(root)
    for match in matches(root, _AUDIO, "daic_woz", "303_P/303_AUDIO.wav"):
        if match["speaker"] not in interviews:
            continue
        place, split, codes = interviews[match["speaker"]]
        labels = labels_from({**codes, "depression": _depression(codes)}, targets, place)
        for start, end in _turns(root, match.string.replace("_AUDIO.wav", "_TRANSCRIPT.csv"), match["speaker"]):
            yield Utterance(
                id=f"{match['speaker']}@{start:09.3f}-{end:.3f}",
                path=match.string,
                labels=labels,
                speaker=match["speaker"],
                split=split,
                start=start,
                end=end,
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return whose interview a recording is by its name, None for any other path."""
    match = re.search(_AUDIO, path)
    return None if match is None else Utterance(match["speaker"], path, {}, speaker=match["speaker"])


def _interviews(root: Path) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return place, split and codes of each participant; the full test file, with labels, comes last and wins."""
    tables = matches(root, _SPLITS, "daic_woz", "train_split_Depression_AVEC2017.csv")
    found: dict[str, tuple[str, str, dict[str, str]]] = {}
    for match in sorted(tables, key=lambda match: match["full"] is not None):
        for place, cells in rows(root, match.string):
            codes = {_COLUMNS[name.lower()]: cell for name, cell in cells.items() if name.lower() in _COLUMNS}
            if "speaker" not in codes:
                raise CorpusError(f"{root / match.string}:1: there is no column 'Participant_ID'. Get the file again.")
            found[codes["speaker"]] = (place, match["split"] or "test", codes)
    return found


def _depression(codes: Mapping[str, str]) -> str:
    """Return the class by the score where there is one, since a split file contradicts it (session 409)."""
    score = codes.get("phq8", "")
    return (
        str(int(float(score) >= _DEPRESSED)) if score.replace(".", "", 1).isdecimal() else codes.get("depression", "")
    )


def _turns(root: Path, transcript: str, session: str) -> Iterator[tuple[float, float]]:
    """Yield begin and end in s, in the recording, of each turn of the participant."""
    if not (root / transcript).is_file():
        message = f"{root / transcript}: there is no such transcript, so the participant's turns are not known."
        raise CorpusError(f"{message} Unpack the interview's archive again.")
    for place, cells in rows(root, transcript, delimiter="\t", quotes=False, columns=_TURN):
        try:
            start, end = float(cells["start_time"]), float(cells["stop_time"])
        except ValueError:
            raise CorpusError(f"{place}: start_time and stop_time are not times in s. Mend the line.") from None
        if cells["speaker"] == "Participant" and not _SYNCHRONISING.match(cells["value"]):
            late = _LATE.get(session, 0.0)
            yield from _uninterrupted(start + late, end + late, session)


def _uninterrupted(start: float, end: float, session: str) -> Iterator[tuple[float, float]]:
    """Yield what is left of a turn outside of the session's interruption."""
    begin, resume = _INTERRUPTED.get(session, (end, end))
    for piece in ((start, min(end, begin)), (max(start, resume), end)):
        if piece[1] > piece[0]:
            yield piece
