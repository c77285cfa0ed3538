"""Finding a corpus' utterances by what a split list calls them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from emonet.corpus.corpus import Corpus, Utterance
from emonet.errors import CorpusError
from emonet.protocols.split_list import ListEntry

_SHOWN = 3


@dataclass(frozen=True)
class Match:
    """Entries by the id of their utterance, and those that no utterance, or more than one, belongs to.

    Attributes:
        left_out: entries that no utterance belongs to since the corpus' card leaves them out, and why.
    """

    found: tuple[tuple[str, ListEntry], ...]
    unmatched: tuple[ListEntry, ...] = ()
    ambiguous: tuple[tuple[ListEntry, tuple[str, ...]], ...] = ()
    left_out: tuple[tuple[ListEntry, str], ...] = ()


def match(entries: Iterable[ListEntry], utterances: Sequence[Utterance], corpus: Corpus | None = None) -> Match:
    """Match entries by id, by path, then by the file's name with as many of its folders as it takes.

    The end of a name may differ (``.wav`` for ``.avi``), and so may what stands before the corpus' own folders.

    Args:
        corpus: whose card may leave out what an entry names.
    """
    index = _Index(utterances)
    found, unmatched, ambiguous, left_out = [], [], [], []
    for entry in entries:
        ids = index.ids(entry.names)
        if len(ids) == 1:
            found.append((ids[0], entry))
        elif ids:
            ambiguous.append((entry, ids))
        elif corpus is not None and (reason := _left_out(entry, corpus)):
            left_out.append((entry, reason))
        else:
            unmatched.append(entry)
    return Match(tuple(found), tuple(unmatched), tuple(ambiguous), tuple(left_out))


def read_names(entry: ListEntry, corpus: Corpus) -> Utterance | None:
    """Return what the corpus reads from an entry's names, with the ending of its own files if need be."""
    if corpus.read_name is None:
        return None
    examples = [PurePosixPath(example.path) for example in corpus.examples]
    endings = dict.fromkeys(example.suffix for example in examples)
    folders = {example.parent for example in examples}
    # one folder for all files tells nothing of any of them, so that names without it are the same names
    folder = folders.pop() if len(folders) == 1 and len(examples) > 1 else None
    for name in entry.names:
        path = PurePosixPath(name.replace("\\", "/"))
        path = folder / path if folder is not None and len(path.parts) == 1 else path
        for each in (path, *(path.with_suffix(ending) for ending in endings)):
            found = corpus.read_name(str(each))
            if found is not None:
                return found
    return None


def _left_out(entry: ListEntry, corpus: Corpus) -> str:
    """Return why a card leaves out what an entry names, empty where it does not."""
    names = ["/" + str(PurePosixPath(_plain(name)).with_suffix("")) for name in entry.names]
    for path, reason in corpus.known_bad.items():
        bad = "/" + str(PurePosixPath(path).with_suffix(""))
        if any(name.endswith(bad) or bad.endswith(name) for name in names):
            return f"known bad: {reason}"
    known = read_names(entry, corpus)
    if known is None or known.labels or corpus.read_name is None:
        return ""
    told = [corpus.read_name(example.path) for example in corpus.examples]
    tells_labels = all(each is not None and each.labels for each in told)
    return "without a label that the card takes" if tells_labels else ""


def check_match(matched: Match, name: str, corpus_id: str, *, partial: bool) -> None:
    """Refuse names that fit several utterances, and (unless ``partial``) those that fit none.

    Raises:
        CorpusError: with counts and examples.
    """
    total = len(matched.found) + len(matched.unmatched) + len(matched.ambiguous) + len(matched.left_out)
    if matched.ambiguous:
        entry, ids = matched.ambiguous[0]
        message = (
            f"{name}: {len(matched.ambiguous)} of {total} names fit more than one utterance of '{corpus_id}', such as "
            f"'{entry.names[0]}' ({entry.place}): {', '.join(ids[:_SHOWN])}. Give longer paths, or ids."
        )
        raise CorpusError(message)
    if not matched.found or (matched.unmatched and not partial):
        shown = ", ".join(f"'{entry.names[0]}'" for entry in matched.unmatched[:_SHOWN])
        advice = "Is it another corpus, a copy that is not whole, or one whose card leaves such files out?"
        if matched.found:
            advice += " `partial: true` (--partial) takes what is there, under a hash of its own."
        message = (
            f"{name}: {len(matched.unmatched)} of {total} names fit no utterance of '{corpus_id}', such as {shown}."
        )
        raise CorpusError(f"{message} {advice}")


class _Index:
    """Utterances by id, by path and by the name of their file."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self._ids = {_plain(utterance.id): utterance.id for utterance in utterances}
        self._paths: dict[str, list[str]] = {}
        self._stems: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for utterance in utterances:
            path = _plain(utterance.path)
            self._paths.setdefault(path, []).append(utterance.id)
            *folders, stem = PurePosixPath(path).with_suffix("").parts
            self._stems.setdefault(stem, []).append((tuple(folders), utterance.id))

    def ids(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids that the first name with any fits best."""
        plain = [_plain(name) for name in names]
        for name in plain:
            if name in self._ids:
                return (self._ids[name],)
        for name in plain:
            if name in self._paths:
                return tuple(self._paths[name])
        for name in plain:
            if near := self._nearest(name):
                return near
        return ()

    def _nearest(self, name: str) -> tuple[str, ...]:
        *folders, last = PurePosixPath(name).parts or ("",)
        candidates = self._stems.get(last) or self._stems.get(PurePosixPath(last).stem, [])
        if not candidates:
            return ()
        lengths = [_common_end(folders, own) for own, _ in candidates]
        most = max(lengths)
        return tuple(id_ for length, (_, id_) in zip(lengths, candidates, strict=True) if length == most)


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/")).removeprefix("./")
