"""Imported protocols: folds that stand in files, EmoNet's own or those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emonet.corpus.corpus import SPLITS, Corpus, Utterance
from emonet.errors import CorpusError
from emonet.files import path_in
from emonet.options import Paths, Share
from emonet.protocols.fold import Fold, Groups, dev_of_groups, groups_by
from emonet.protocols.lists import read_lists, told_split
from emonet.protocols.matching import Match, check_match, match
from emonet.protocols.split_list import ListHeader, SplitList

IMPORTED = "imported"
"""Name of the protocol that takes its folds from a file."""


@dataclass(frozen=True)
class Imported:
    """Folds from a file, and what the file says of them.

    Attributes:
        name: the protocol's own, or the file's.
        notes: what was left out.
    """

    name: str
    folds: tuple[Fold, ...]
    header: ListHeader
    overlap: str
    notes: tuple[str, ...]


def imported_folds(  # noqa: PLR0913 - a protocol's options
    corpus: Corpus,
    utterances: Sequence[Utterance],
    base: Path,
    *,
    file: Paths = (),
    format: str = "",
    overlap: str = "",
    dev: Share | None = None,
    dev_by: str = "speaker",
    partial: bool = False,
    test: str = "",
    seed: int = 1,
) -> Imported:
    """Take the folds that files (or folders of files) list; see ``read_lists`` for the formats.

    Args:
        base: what ``file`` is relative to.
        file: a path, or several.
        format: the file's format; empty: told by its content.
        overlap: why speakers stand in two splits, where they do.
        dev: share of the train split that becomes dev, where the file has no dev.
        dev_by: ``speaker`` keeps speakers of dev out of train, ``utterance`` does not.
        partial: take what the corpus has, under a hash of its own, where the file lists more.
        test: which of several test sets is test, by its own name; the others are left out.
        seed: which speakers or utterances become dev.

    Raises:
        CorpusError: there is no such file, or its names do not fit the corpus' utterances.
    """
    if not file:
        raise CorpusError("Protocol 'imported' needs a file: {imported: {file: folds.csv}}.")
    paths = (file,) if isinstance(file, str) else tuple(file)
    places = {base / path_in(str(path)): split for split, path in map(told_split, paths)}
    listed = read_lists(list(places), format, places, test=test)
    name = ", ".join(paths)
    if listed.header.corpus not in {"", corpus.id}:
        message = f"{name}: these are folds of the corpus '{listed.header.corpus}', not of '{corpus.id}'."
        raise CorpusError(f"{message} Give the file of '{corpus.id}', or name the other corpus.")
    matched = match(listed.entries, utterances, corpus)
    check_match(matched, name, corpus.id, partial=partial)
    folds = _folds(matched, name)
    why = overlap or listed.header.overlap
    if dev is not None:
        cut = _Cut(dev, dev_by, seed)
        groups = cut.groups(corpus, utterances)
        folds = tuple(cut.of(fold, groups) for fold in folds)
        why = ". ".join(text for text in (why, cut.overlap) if text)
    _check_dev(folds, name)
    return Imported(listed.header.protocol or listed.name, folds, listed.header, why, _notes(listed, matched))


def check_hash(imported: Imported, found: str) -> None:
    """Refuse folds that are not those that were exported: other labels, or a file that was changed.

    Raises:
        CorpusError: naming both hashes.
    """
    if imported.header.hash and imported.header.hash != found and not imported.notes:
        message = (
            f"The folds of '{imported.name}' have the hash {found[:8]} here; their file says "
            f"{imported.header.hash[:8]}. Labels, speakers, segments or splits are others than where it was exported. "
            "To use them under their own hash, remove the line '# hash: ...' from the file."
        )
        raise CorpusError(message)


def _folds(matched: Match, file: str) -> tuple[Fold, ...]:
    folds: dict[str, dict[str, str]] = {}
    for id_, entry in matched.found:
        splits = folds.setdefault(entry.fold, {})
        if splits.setdefault(id_, entry.split) != entry.split:
            message = f"{entry.place}: '{id_}' is in {splits[id_]} and in {entry.split} of fold '{entry.fold}'."
            raise CorpusError(f"{message} Remove one of the lines; `emonet audit {file}` counts all of them.")
    return tuple(Fold(name, splits) for name, splits in folds.items())


def _notes(listed: SplitList, matched: Match) -> tuple[str, ...]:
    total, notes = len(listed.entries), []
    if matched.left_out:
        reasons = "; ".join(dict.fromkeys(reason for _, reason in matched.left_out))
        lines = f"{len(matched.left_out)} of {total} lines of the imported {listed.name}"
        notes.append(f"{lines} are left out by the card ({reasons})")
    if matched.unmatched:
        lines = f"{len(matched.unmatched)} of {total} lines of the imported {listed.name}"
        notes.append(f"{lines} fit no utterance here and are left out")
    return tuple(notes)


def _check_dev(folds: Sequence[Fold], file: str) -> None:
    for fold in folds:
        missing = [split for split in SPLITS if split not in fold.splits.values()]
        if missing == ["dev"]:
            message = (
                f"{file}: fold '{fold.name}' has no dev split, and what is chosen must be chosen on one. Cut it from "
                "train: dev: 0.2 keeps its speakers out of train, dev: 0.2 with dev_by: utterance does not."
            )
            raise CorpusError(message)


@dataclass(frozen=True)
class _Cut:
    """How dev is cut from train: which share of its speakers or utterances."""

    share: float
    by: str
    seed: int

    @property
    def overlap(self) -> str:
        """Return why speakers of dev are in train, empty where they are not."""
        return f"dev is a random {self.share:.0%} of the train utterances" if self.by == "utterance" else ""

    def groups(self, corpus: Corpus, utterances: Sequence[Utterance]) -> Groups:
        if self.by == "utterance":
            return {utterance.id: utterance.id for utterance in utterances}
        if self.by != "speaker":
            raise CorpusError(f"Protocol 'imported': dev_by is '{self.by}'. Give speaker or utterance.")
        return groups_by("speaker", corpus, utterances)

    def of(self, fold: Fold, groups: Groups) -> Fold:
        """Return a fold whose dev is cut from its train, unless it has a dev of its own."""
        if "dev" in fold.splits.values():
            return fold
        found = dev_of_groups(fold, groups, self.share, self.seed)
        if found is None:
            few = f"Fold '{fold.name}': train has fewer than two {self.by}s, so that no dev can be cut from it."
            advice = "Give dev_by: utterance." if self.by == "speaker" else "Give another list."
            raise CorpusError(f"{few} {advice}")
        return found
