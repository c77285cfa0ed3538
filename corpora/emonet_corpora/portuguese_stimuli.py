"""Portuguese sentences and pseudo-sentences: names of clips, and two tables that name the sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_AUDIO = (
    r"(?:^|/)(?P<name>\d+(?P<kind>[sp])(?P<speaker>[AB])_"
    r"(?P<label>angry|disgust|fear|happy|neutral|sad|surprise)\d+)\.wav$"
)
_TABLE = r"(?:^|/) ?Castro_2010_AppxB_(?:Sents|Pseudosents)\.txt$"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip, with its sentence where the owners' tables are there.

    Raises:
        CorpusError: there are no clips, or a table has no column of sentences.
    """
    sentences = _sentences(root)
    for match in matches(root, _AUDIO, "portuguese_castro_lima", "8sA_angry8.wav"):
        yield _utterance(match, targets, sentences)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path; the sentence is not in it."""
    match = re.search(_AUDIO, path)
    return match and _utterance(match, targets, {})


def _utterance(match: re.Match[str], targets: tuple[Target, ...], sentences: Mapping[str, str]) -> Utterance:
    codes = {"emotion": match["label"], "kind": match["kind"]}
    return Utterance(
        id=match["name"],
        path=match.string,
        labels=labels_from(codes, targets, match.string),
        speaker=match["speaker"],
        text=sentences.get(match["name"]),
    )


def _sentences(root: Path) -> dict[str, str]:
    """Return the sentence's short name by the clip's; a table's header is its first line with both columns."""
    try:
        tables = matches(root, _TABLE, "portuguese_castro_lima", "Castro_2010_AppxB_Sents.txt")
    except CorpusError:
        return {}
    found: dict[str, str] = {}
    for table in tables:
        text = (root / table.string).read_bytes().decode("latin-1")
        lines = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines()]
        head = next((place for place, cells in enumerate(lines) if {"Stimulus", "Content"} <= set(cells)), None)
        if head is None:
            text = f"{root / table.string}: there are no columns 'Stimulus' and 'Content'."
            raise CorpusError(f"{text} Get the table again.")
        stimulus, content = lines[head].index("Stimulus"), lines[head].index("Content")
        rows = (cells for cells in lines[head + 1 :] if len(cells) > max(stimulus, content))
        found |= {cells[stimulus]: cells[content] for cells in rows if cells[content]}
    return found
