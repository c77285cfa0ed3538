"""Emozionalmente: clips named by the time of recording, and three tables of clips, people and listeners' votes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)audio/(?P<name>\d{13}\.wav)$"
_DIGITS = 12
"""So many digits of the owners' 64 tell people apart, and fit a table."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip that the table of samples names.

    Raises:
        CorpusError: a table or the clips are not there, or a row cannot be read.
    """
    samples = {cells["file_name"]: (place, cells) for place, cells in _table(root, "samples", _SAMPLE)}
    people = {cells["username"]: cells for _, cells in _table(root, "users", ("username", "gender"))}
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, cells in _table(root, "evaluations", ("file_name", "emotion_recognized")):
        votes[cells["file_name"]][cells["emotion_recognized"]] += 1
    for match in matches(root, _AUDIO, "emozionalmente", "audio/1614951631538.wav"):
        if match["name"] not in samples:
            continue
        place, cells = samples[match["name"]]
        actor = cells["actor"]
        if actor not in people:
            raise CorpusError(f"{place}: the actor '{actor}' is not in users.csv. Get the tables again.")
        codes = {
            "emotion": cells["emotion_expressed"],
            "heard": _majority(votes[match["name"]]),
            "sex": people[actor]["gender"],
        }
        yield Utterance(
            id=match["name"].removesuffix(".wav"),
            path=match.string,
            labels=labels_from(codes, targets, place),
            speaker=actor[:_DIGITS],
            text=cells["sentence"] or None,
        )


_SAMPLE = ("file_name", "sentence", "actor", "emotion_expressed")


def _table(root: Path, name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    (table, *_) = matches(root, rf"(?:^|/)metadata/{name}\.csv$", "emozionalmente", f"metadata/{name}.csv")
    return rows(root, table.string, columns=columns)


def _majority(votes: Counter[str]) -> str:
    first, second = ([*votes.most_common(2), ("", 0), ("", 0)])[:2]
    return "" if first[1] == second[1] else first[0]
