"""Coswara: what a participant recorded, with the status that one table gives, without recordings rated as bad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Label
from emonet_corpora._release import matches, rows

_SOUNDS = "breathing-deep|breathing-shallow|cough-heavy|cough-shallow|counting-fast|counting-normal|vowel-[aeo]"
_FILE = rf"(?:^|/)(?P<date>20\d{{6}})/(?P<speaker>[A-Za-z0-9]+)/(?P<sound>{_SOUNDS})\.wav$"
_TABLE = r"(?:^|/)combined_data\.csv$"
_QUALITY = r"(?:^|/)annotations/[\w-]+_labels\.csv$"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording of a participant that the table names.

    Raises:
        CorpusError: table or recordings are not there, or a row cannot be read.
    """
    participants = _participants(root)
    bad = _bad(root)
    for match in matches(root, _FILE, "coswara", "Extracted_data/20200424/ID/cough-heavy.wav"):
        place, cells = participants.get(match["speaker"], ("", {}))
        if not cells or f"{match['speaker']}_{match['sound']}" in bad:
            continue
        codes = {"covid": cells["covid_status"], "sound": match["sound"], "sex": cells["g"]}
        yield _utterance(match, labels_from(codes, targets, place))


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a recording says, None for any other path; the status is not in it."""
    match = re.search(_FILE, path)
    if match is None:
        return None
    labels = labels_from({"sound": match["sound"]}, targets, path)
    return _utterance(match, labels)


def _utterance(match: re.Match[str], labels: Mapping[str, Label]) -> Utterance:
    return Utterance(
        id=f"{match['date']}/{match['speaker']}/{match['sound']}",
        path=match.string,
        labels=labels,
        speaker=match["speaker"],
        session=match["date"],
        text=match["sound"],
    )


def _participants(root: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Return place and row of each participant."""
    # the owners' repository has the table once more, further down among their own experiments
    found = [match.string for match in matches(root, _TABLE, "coswara", "combined_data.csv")]
    table, *others = sorted(found, key=lambda path: (path.count("/"), path))
    if others and others[0].count("/") == table.count("/"):
        message = f"{root}: there are two copies of the corpus, '{table}' and '{others[0]}'."
        raise CorpusError(f"{message} Give the folder of one of them with --root.")
    return {cells["id"]: (place, cells) for place, cells in rows(root, table, columns=("id", "covid_status", "g"))}


def _bad(root: Path) -> set[str]:
    """Return the recordings that the owners' listeners rated 0, as ID_SOUND."""
    try:
        tables = matches(root, _QUALITY, "coswara", "annotations/cough-heavy_labels.csv")
    except CorpusError:
        return set()
    rated = (cells for table in tables for _, cells in rows(root, table.string, columns=("FILENAME", "QUALITY")))
    return {cells["FILENAME"] for cells in rated if cells["QUALITY"] == "0"}
