"""Copies among the clips of prepared corpora, and where they stand in a partition."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.auditing.shared import PAIRS, FoldRows, rank_of
from emonet.errors import Damaged
from emonet.events import Listener, Notice, Progress, silent
from emonet.files import can_write
from emonet.findings import Finding, Level

if TYPE_CHECKING:
    from emonet.audio.store import Store
    from emonet.auditing.duplicates import Clip

UtteranceKey = tuple[str, str]
"""Corpus and id of an utterance."""
_EVERY = 100
"""Clips between two reports of progress."""
_ADVICE = "Test has heard this audio before: remove the copies (--json lists all of them), or keep them together."


@dataclass(frozen=True)
class Copies:
    """Groups of utterances whose audio is the same.

    Attributes:
        group_of: utterance -> number of its group; only what has a copy is there.
        groups: the utterances of each group, in order.
        exact: the numbers of groups whose clips are the same sample by sample.
        untold: utterances too short or too steady for a fingerprint, or sounds that are held: not all of their changed
            copies are found.
    """

    group_of: Mapping[UtteranceKey, int]
    groups: tuple[tuple[UtteranceKey, ...], ...]
    exact: frozenset[int]
    untold: frozenset[UtteranceKey] = frozenset()


def copies_in(stores: Sequence[Store], listen: Listener = silent) -> Copies:
    """Find the copies among the clips of stores; what was computed of a store is kept beside it."""
    from emonet.auditing.duplicates import find_pairs

    keys = [(store.corpus, utterance.id) for store in stores for utterance in store.utterances]
    clips = [clip for store in stores for clip in _clips(store, listen)]
    pairs = find_pairs(clips)
    leader = {place: place for pair in pairs for place in (pair.one, pair.other)}
    for pair in pairs:
        one, other = _root(leader, pair.one), _root(leader, pair.other)
        leader[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for place in sorted(leader):
        groups.setdefault(_root(leader, place), []).append(place)
    listed = list(groups.values())
    exact = {number for number, places in enumerate(listed) if len({clips[place].exact for place in places}) == 1}
    return Copies(
        {keys[place]: number for number, places in enumerate(listed) for place in places},
        tuple(tuple(keys[place] for place in places) for places in listed),
        frozenset(exact),
        frozenset(key for key, clip in zip(keys, clips, strict=True) if not clip.tells_all),
    )


def _root(leader: Mapping[int, int], place: int) -> int:
    while leader[place] != place:
        place = leader[place]
    return place


def _clips(store: Store, listen: Listener) -> list[Clip]:
    from emonet.auditing.duplicates import clip_of, from_arrays, to_arrays
    from emonet.auditing.fingerprint import VERSION

    path = store.folder / f"fingerprints-{VERSION}.npz"
    kept = _kept(path, store, listen)
    if kept is not None:
        return from_arrays(kept)
    clips = []
    for row in range(len(store)):
        clips.append(clip_of(store.wave(row)))
        if (row + 1) % _EVERY == 0 or row + 1 == len(store):
            listen(Progress(f"fingerprinting {store.corpus}", row + 1, len(store)))
    if can_write(store.folder):
        _keep(path, {**to_arrays(clips), "content": store.content})
    return clips


def _kept(path: Path, store: Store, listen: Listener) -> Any:
    """Return the arrays of an earlier time, None where there are none or they are damaged or another store's."""
    try:
        arrays = read_fingerprints(path)
    except FileNotFoundError:
        return None
    except Damaged:
        listen(Notice(f"{path} is damaged. The fingerprints are made again."))
        return None
    return arrays if str(arrays["content"]) == store.content and len(arrays["frames"]) == len(store) else None


def read_fingerprints(path: Path) -> dict[str, Any]:
    """Return the arrays of fingerprints that were kept.

    Raises:
        FileNotFoundError: there are none.
        Damaged: they are not what was written.
    """
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as opened, np.load(opened) as file:
            arrays = {name: file[name] for name in file.files}
        is_whole = str(arrays.pop("sha256")) == _digest(arrays)
    except FileNotFoundError:
        raise
    # What numpy raises of a damaged file is any of these; of an empty one, EOFError, which means Ctrl-C elsewhere.
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):
        is_whole = False
    if not is_whole:
        raise Damaged(path, "it is not what was written", "It is made again when it is needed.")
    return arrays


def _keep(path: Path, arrays: Mapping[str, Any]) -> None:
    import numpy as np

    from emonet.files import replacing

    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **plain, sha256=np.array(_digest(plain)))


def _digest(arrays: Mapping[str, Any]) -> str:
    """Return the SHA-256 of arrays: of each one's name, type, shape and bytes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()


def sounds_in(store: Store) -> Mapping[str, str]:
    """Return the hash of each utterance's samples, by its id: the same for exact copies, whatever they are called."""
    from emonet.auditing.duplicates import exact_hash
    from emonet.auditing.fingerprint import VERSION

    kept = _kept(store.folder / f"fingerprints-{VERSION}.npz", store, silent)
    hashes = map(str, kept["exact"]) if kept is not None else (exact_hash(store.wave(row)) for row in range(len(store)))
    return dict(zip((utterance.id for utterance in store.utterances), hashes, strict=True))


def copies_in_fold(fold: FoldRows, corpus: str, copies: Copies, heard: Container[str] | None = None) -> Finding:
    """Return a finding on audio that stands in two splits of a fold.

    Args:
        heard: the ids of clips that were compared; by default all of them were.
    """
    compared = sum(heard is None or row.utterance.id in heard for row in fold.rows)
    among = f"{compared} of {len(fold.rows)} clips"
    if not compared:
        seen = f"unknown: {among} were compared"
        advice = "Prepare the corpus that the list is of, under the names that it has there."
        return Finding("warning", "audio", seen, advice=advice, fold=fold.name)
    splits: dict[str, dict[int, list[str]]] = {}
    totals: dict[str, int] = {}
    for row in fold.rows:
        totals[row.split] = totals.get(row.split, 0) + 1
        number = copies.group_of.get((corpus, row.utterance.id))
        if number is not None:
            splits.setdefault(row.split, {}).setdefault(number, []).append(row.utterance.id)
    told: dict[tuple[str, str], str] = {}
    count = 0
    for one, other in PAIRS:
        both = sorted(splits.get(one, {}).keys() & splits.get(other, {}).keys())
        ids = [id_ for number in both for id_ in splits[one][number]]
        if ids:
            count = max(count, len(ids) if one == "test" else 0)
            example = f"{ids[0]} = {splits[other][both[0]][0]}"
            told[one, other] = f"{len(ids)} of {totals[one]} {one} clips have a copy in {other}, e.g. {example}"
    partly = f"compared {among}" if compared < len(fold.rows) else ""
    if not told:
        seen = "no copies in two splits"
        advice = "Of the other clips nothing is known."
        if partly:
            return Finding("warning", "audio", f"{seen}, {partly}", advice=advice, fold=fold.name)
        return Finding("ok", "audio", seen, fold=fold.name)
    level: Level = "problem" if count else "warning"
    seen = "; ".join([*told.values(), *([partly] if partly else [])])
    return Finding(level, "audio", seen, advice=_ADVICE, fold=fold.name, count=count, rank=rank_of(told))


def copies_in_corpus(corpus: str, labels: Mapping[str, str], copies: Copies) -> list[Finding]:
    """Return findings on copies within a corpus, whatever splits they are in.

    Args:
        labels: utterance id -> class.
    """
    groups = [
        (number, ids)
        for number, keys in enumerate(copies.groups)
        if len(ids := [id_ for owner, id_ in keys if owner == corpus and id_ in labels]) > 1
    ]
    untold = sorted(id_ for owner, id_ in copies.untold if owner == corpus and id_ in labels)
    unknown = [_untold(untold, len(labels))] if untold else []
    if not groups:
        return [Finding(level="ok", what="copies in the corpus", seen="none"), *unknown]
    clips = sum(len(ids) for _, ids in groups)
    exact = sum(number in copies.exact for number, _ in groups)
    seen = f"{clips} clips in {len(groups)} groups ({exact} sample by sample), e.g. {' = '.join(groups[0][1][:3])}"
    advice = "Keep copies in one split, or report them to the corpus' owner."
    items = tuple(" = ".join(ids) for _, ids in groups)
    found = [Finding(level="warning", what="copies in the corpus", seen=seen, advice=advice, count=clips, items=items)]
    torn = [ids for _, ids in groups if len({labels[id_] for id_ in ids}) > 1]
    if torn:
        pair = ", ".join(f"{id_} ({labels[id_]})" for id_ in torn[0][:3])
        seen = f"{len(torn)} groups of copies have more than one label, e.g. {pair}"
        found.append(Finding(level="warning", what="labels of copies", seen=seen, advice=advice, count=len(torn)))
    return [*found, *unknown]


def _untold(ids: Sequence[str], total: int) -> Finding:
    seen = f"{len(ids)} of {total} clips are too short, too steady or one sound that is held, e.g. {ids[0]}"
    advice = "Of these, only copies are found that are the same, or nearly; of other copies nothing is known."
    what = "copies of some clips unknown"
    return Finding(level="warning", what=what, seen=seen, advice=advice, count=len(ids), items=tuple(ids))


Folded = Sequence[FoldRows]


def copies_between(mine: tuple[str, Folded], others: Iterable[tuple[str, Folded]], copies: Copies) -> list[Finding]:
    """Return findings on clips of a corpus that other corpora have, too.

    Args:
        mine: id and folds of the corpus whose test split counts.
    """
    found = []
    for other, folds in others:
        heard = [
            _heard(fold, mine[0], other, _learned(folds, place, len(mine[1])), copies)
            for place, fold in enumerate(mine[1])
        ]
        worst = max(heard, key=len, default=[])
        if worst:
            seen = f"{len(worst)} test clips have a copy in train or dev of {other}, e.g. {worst[0][0]} = {worst[0][1]}"
            advice = "Wherever the two are learned together, test has been heard: leave the copies out of one of them."
            items = tuple(" = ".join(pair) for pair in worst)
            what = f"audio of {other}"
            found.append(Finding(level="warning", what=what, seen=seen, advice=advice, count=len(worst), items=items))
        else:
            seen = "no copies between its train and dev and the test here"
            found.append(Finding(level="ok", what=f"audio of {other}", seen=seen))
    return found


def _learned(folds: Folded, place: int, count: int) -> set[str]:
    """Return the ids in train and dev of the fold that goes together with fold ``place``; of all where none does."""
    chosen = [folds[place]] if len(folds) == count else folds
    return {row.utterance.id for fold in chosen for row in fold.rows if row.split != "test"}


def _heard(fold: FoldRows, corpus: str, other: str, train: set[str], copies: Copies) -> list[tuple[str, str]]:
    pairs = []
    for utterance in fold.split("test"):
        number = copies.group_of.get((corpus, utterance.id))
        twins = (
            [id_ for owner, id_ in copies.groups[number] if owner == other and id_ in train]
            if number is not None
            else []
        )
        if twins:
            pairs.append((utterance.id, twins[0]))
    return pairs
