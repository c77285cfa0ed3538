"""EmoryNLP: three tables, a row a clip, whose speakers are lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_TABLES = r"(?:^|/)emorynlp_(?P<split>train|dev|test)_final\.csv$"
_CLIP = r"(?:^|/)emorynlp_(?P<split>train|dev|test)_splits/(?P<clip>sea\d+_ep\d+_sc\d+_utt\d+)\.(?:mp4|wav)$"
_NEEDED = ("Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode")
_NAMES = re.compile(r"""\[(?P<quote>['"])(?P<first>.+?)(?P=quote)(?:,.*)?\]""")


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each row; a row whose clip is not there is kept, so that preparing reports it.

    Raises:
        CorpusError: tables or clips are not there, or a row cannot be read.
    """
    found = matches(root, _CLIP, "emorynlp", "emorynlp_train_splits/sea1_ep2_sc1_utt1.mp4")
    clips = {(match["split"], match["clip"]): match.string for match in found}
    for table in matches(root, _TABLES, "emorynlp", "emorynlp_train_final.csv"):
        split = table["split"]
        for place, cells in rows(root, table.string, columns=_NEEDED):
            scene = f"sea{cells['Season']}_ep{cells['Episode']}_sc{cells['Scene_ID']}"
            clip = f"{scene}_utt{cells['Utterance_ID']}"
            yield Utterance(
                id=clip,
                path=clips.get((split, clip), f"emorynlp_{split}_splits/{clip}.mp4"),
                labels=labels_from({"emotion": cells["Emotion"]}, targets, place),
                speaker=_first(cells["Speaker"], place),
                session=scene,
                split=split,
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, its scene and split, None for any other path."""
    match = re.search(_CLIP, path)
    if match is None:
        return None
    return Utterance(match["clip"], path, {}, session=match["clip"].rpartition("_utt")[0], split=match["split"])


def _first(names: str, place: str) -> str:
    match = _NAMES.fullmatch(names)
    if match is None:
        raise CorpusError(
            f"{place}: the speaker is {names!r}. Expected a list such as ['Monica Geller']. Mend the row."
        )
    return match["first"]
