"""MER2023: clips of films and series, with a table of labels for the training split and for each of three tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_CLIP = (
    r"(?:^|/)(?:mer2023train/(?P<train>train|test3)|(?P<test>test[12]))/"
    r"(?P<name>sample(?:new)?_\d{8})\.(?:avi|mp4|wav)$"
)
_TABLE = r"(?:^|/)(?P<split>train|test[123])-label\.csv$"


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path: its part, but no label."""
    match = re.search(_CLIP, path)
    return match and Utterance(match["name"], path, {}, split=match["train"] or match["test"])


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip that the table of its split names; tests without a table are left out.

    Raises:
        CorpusError: clips or the table of the training split are not there, or a row cannot be read.
    """
    labelled: dict[tuple[str, str], tuple[str, str]] = {}
    tables = matches(root, _TABLE, "mer2023", "mer2023train/train-label.csv")
    if all(table["split"] != "train" for table in tables):
        text = f"{root}: there is no 'train-label.csv' of the corpus 'mer2023', only '{tables[0].string}'."
        raise CorpusError(f"{text} Give the folder that holds mer2023train with --root.")
    for table in tables:
        for place, cells in rows(root, table.string, columns=("name", "discrete")):
            labelled[table["split"], cells["name"]] = place, cells["discrete"]
    for match in matches(root, _CLIP, "mer2023", "mer2023train/train/sample_00002721.avi"):
        split = match["train"] or match["test"]
        if (split, match["name"]) in labelled:
            place, label = labelled[split, match["name"]]
            yield Utterance(
                id=match["name"],
                path=match.string,
                labels=labels_from({"emotion": label}, targets, place),
                split=split,
            )
