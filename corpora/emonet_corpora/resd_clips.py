"""RESD: clips whose names say dialogue and emotion, as files, or as bytes in the Parquet files of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet.corpus.readers.hub_tables import HubRow, read_sheet
from emonet_corpora._release import name_of

# folders are named in two orders, and names with blanks or underscores
_NAME = r"(?P<session>\d{2})_[a-z]+_[a-z]+[_ ](?P<label>[adefhns])_\d+"
_CLIP = re.compile(rf"(?:^|/)(?:(?P<split>train|test)/[^/]+/)?{_NAME}\.wav$")
_TABLE = re.compile(r"(?:^|/)(?:(?P<split>train|test)[^/]*|[^/]+)\.parquet$")
_LOOKED_FOR = "train/06_happiness_enthusiasm/06_happiness_enthusiasm a_002.wav"
_PARQUET = "data/train-00000-of-00001.parquet"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each row of the Parquet files, and for each further file.

    Raises:
        CorpusError: neither of them is below ``root``, or a Parquet file cannot be read.
    """
    files = list(files_below(root))
    tables = [match for path in files if (match := _TABLE.search(path))]
    clips = [match for path in files if (match := _CLIP.search(path))]
    if not tables and not clips:
        message = f"{root}: this does not look like the corpus 'resd': no file like '{_PARQUET}' or '{_LOOKED_FOR}'."
        raise CorpusError(f"{message} Give the folder that holds such files with --root.")
    read = set()
    for table in tables:
        for row in read_sheet(root / table.string, root, "", "").rows:
            found = _of_row(row, table["split"], targets)
            read.add(PurePosixPath(found.id).name)
            yield found
    # whoever unpacked the clips has each of them twice
    yield from (_of_file(match, targets) for match in clips if PurePosixPath(match.string).stem not in read)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path."""
    match = _CLIP.search(path)
    return None if match is None else _of_file(match, targets)


def _of_file(match: re.Match[str], targets: tuple[Target, ...]) -> Utterance:
    return Utterance(
        id=name_of(match.string),
        path=match.string,
        labels=labels_from({targets[0].name: match["label"]}, targets, match.string),
        session=match["session"],
        split=match["split"],
    )


def _of_row(row: HubRow, split: str | None, targets: tuple[Target, ...]) -> Utterance:
    """Return what a row says: its class by its own word, its dialogue by the name of its clip."""
    name = PurePosixPath(row.cells.get("name") or row.name).name.removesuffix(".wav")
    match = re.search(rf"(?:^|/){_NAME}$", name)
    if not name or not (match or row.cells.get("emotion")):
        raise CorpusError(f"{row.place}: neither its columns name and emotion nor its clip tell a class. Get it again.")
    code = row.cells.get("emotion") or (match["label"] if match else "")
    return Utterance(
        id=name,
        path=row.file,
        labels=labels_from({targets[0].name: code}, targets, row.place),
        session=match["session"] if match else None,
        text=" ".join(row.cells.get("text", "").split()) or None,
        split=split,
    )
