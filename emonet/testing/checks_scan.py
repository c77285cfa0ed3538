"""What a corpus promises of its scan, tried on a fake release made of the card's examples."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import SPLITS, Corpus, Example, NamedProtocol, Utterance
from emonet.errors import CorpusError
from emonet.testing.fake import put_tone, released
from emonet.testing.subjects import broken

_STATED = ("speaker", "session", "text", "split")


def check_a_scan_finds_exactly_the_examples(corpus: Corpus) -> None:
    """Every example is found with what the card states of it, and nothing else is."""
    found: dict[str, list[Utterance]] = {}
    for utterance in _scanned(corpus):
        found.setdefault(utterance.path, []).append(utterance)
    for example in corpus.examples:
        _check_example(corpus, example, found.get(example.path, []))
    extra = sorted(set(found) - {example.path for example in corpus.examples})
    if extra:
        seen = f"scanning the fake release also finds '{extra[0]}' ({len(extra)} more than the examples)"
        raise broken(corpus, seen, promised="the examples and no more", cause="an annotation without its example")


def _check_example(corpus: Corpus, example: Example, found: list[Utterance]) -> None:
    if not found:
        seen = f"the example '{example.path}' is not found"
        raise broken(corpus, seen, promised="every example is found", cause="a pattern that does not match its path")
    differences = [_difference(example, utterance) for utterance in found]
    # A file may hold several utterances; the example is one of them.
    if all(differences):
        seen = f"'{example.path}' is read with {differences[0]}"
        cause = "a template or a code that reads the name differently"
        raise broken(corpus, seen, promised="what the card states of its example", cause=cause)


def _difference(example: Example | Utterance, utterance: Utterance) -> str:
    """Say in what the utterance differs; what an example, or a name, does not state is not compared."""
    for target, label in example.labels.items():
        if utterance.labels.get(target) != label:
            return f"{target} {utterance.labels.get(target)!r} instead of {label!r}"
    for name in _STATED:
        stated, read = getattr(example, name), getattr(utterance, name)
        if stated is not None and stated != read:
            return f"{name} {read!r} instead of {stated!r}"
    return ""


def check_names_say_what_the_scan_says(corpus: Corpus) -> None:
    """What ``read_name`` tells of an example's path, where it tells anything, is what the scan tells of the file."""
    if corpus.read_name is None:
        return
    found: dict[str, list[Utterance]] = {}
    for utterance in _scanned(corpus):
        found.setdefault(utterance.path, []).append(utterance)
    for path, utterances in found.items():
        told = corpus.read_name(path)
        differences = [_difference(told, each) for each in utterances] if told else [""]
        if all(differences):
            seen = f"read_name tells of '{path}' what its scan does not: {differences[0]}"
            cause = "a second regex for names, or a field that only a table tells"
            raise broken(corpus, seen, promised="one reading of a name, with or without the data", cause=cause)


def check_a_scan_keeps_its_order(corpus: Corpus) -> None:
    """Two scans of one folder list the same utterances in the same order."""
    with released(corpus) as root:
        first, second = ([utterance.id for utterance in corpus.scan(root)] for _ in range(2))
    if first != second:
        where = next((i for i, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), len(first))
        seen = f"two scans of one folder differ from utterance {where + 1} on"
        raise broken(corpus, seen, promised="the same order every time", cause="the order of a set or of the disk")


def check_ids_and_paths_are_unique_and_below_the_root(corpus: Corpus) -> None:
    """No id and no piece of a file comes twice, and every path is relative, POSIX and inside the root."""
    ids: set[str] = set()
    pieces: set[tuple[str, float, float | None]] = set()
    for utterance in _scanned(corpus):
        path = PurePosixPath(utterance.path)
        piece = (utterance.path, utterance.start, utterance.end)
        if utterance.id in ids or piece in pieces:
            seen = f"the utterance '{utterance.id}' ({utterance.path}) is listed twice"
            raise broken(corpus, seen, promised="ids and paths of their own", cause="an id without the folder's split")
        if path.is_absolute() or ".." in path.parts or "\\" in utterance.path or str(path) != utterance.path:
            seen = f"the path is '{utterance.path}'"
            raise broken(corpus, seen, promised="POSIX paths below the root", cause="a path of this machine")
        ids.add(utterance.id)
        pieces.add(piece)


def check_known_bad_files_are_left_out(corpus: Corpus) -> None:
    """A file that the card calls bad is not listed, wherever it lies."""
    with released(corpus) as root:
        beside = {PurePosixPath(example.path).parent for example in corpus.examples}
        for bad in corpus.known_bad:
            # A bare name is bad in every folder, a path only in its place.
            for folder in [PurePosixPath()] if "/" in bad else beside:
                put_tone(corpus, root, (folder / bad).as_posix(), seconds=0.01)
        paths = [utterance.path for utterance in corpus.scan(root)]
    for bad in corpus.known_bad:
        listed = [path for path in paths if path == bad or path.endswith(f"/{bad}")]
        if listed:
            seen = f"'{listed[0]}' is listed, though the card calls '{bad}' bad"
            raise broken(corpus, seen, promised="known-bad files are left out", cause="a scan that ignores known_bad")


def check_an_empty_folder_is_refused_with_a_hint(corpus: Corpus) -> None:
    """A folder that is not the corpus is a ``CorpusError`` that names a file to look for."""
    # Naming the kind of file is enough: "SessionN/*.txt" helps as much as one file does.
    files = [*(example.path for example in corpus.examples), *corpus.fixtures]
    endings = {suffix for name in files if (suffix := PurePosixPath(name).suffix)}
    promised = "a CorpusError that names a file to look for"
    with tempfile.TemporaryDirectory(prefix="emonet-empty-") as folder:
        try:
            count = len(list(corpus.scan(Path(folder))))
        except CorpusError as problem:
            if not any(ending in str(problem) for ending in endings):
                raise broken(corpus, f"the error says '{problem}'", promised=promised, cause="a bare text") from None
            return
    raise broken(corpus, f"an empty folder gives {count} utterances", promised=promised, cause="a silent loop")


def check_protocols_name_values_that_occur(corpus: Corpus) -> None:
    """A declared protocol finds a split for every example, names a value once, and some that are there."""
    utterances = _scanned(corpus) if corpus.protocols else []
    for protocol in corpus.protocols:
        values = {getattr(utterance, protocol.by) for utterance in utterances}
        named = {value for fold in protocol.folds for listed in fold.values() for value in listed}
        seen = _misfit(corpus, protocol, values, named)
        if seen:
            promised = f"splits made of the {protocol.by} values that a scan gives, each in one split of a fold"
            cause = "a value spelt otherwise than the scan spells it, or no example of it"
            raise broken(corpus, f"protocol '{protocol.name}': {seen}", promised=promised, cause=cause)


def _misfit(corpus: Corpus, protocol: NamedProtocol, values: set[str | None], named: set[str]) -> str:
    speakers = corpus.expected.speakers
    if None in values:
        return f"an example has no {protocol.by}"
    if not named & values:
        return (
            f"none of {sorted(named)[:3]} is the {protocol.by} of an example, those are {sorted(map(str, values))[:3]}"
        )
    if protocol.by == "speaker" and speakers is not None and len(named) > speakers:
        return f"{len(named)} speakers are named, the corpus has {speakers}"
    for fold in protocol.folds:
        listed = [value for named in fold.values() for value in named]
        twice = sorted({value for value in listed if listed.count(value) > 1})
        if twice:
            return f"'{twice[0]}' is named twice in a fold"
        homeless = sorted(
            str(value) for value in values - set(protocol.left_out) if _split_of(protocol, fold, value) is None
        )
        if homeless:
            return f"'{homeless[0]}' is in no split"
    return ""


def check_no_speaker_stands_in_two_splits(corpus: Corpus) -> None:
    """Train, dev and test share no speaker, unless the card gives a reason for the overlap."""
    utterances = _scanned(corpus)
    for protocol, fold in _folds(corpus):
        splits_of: dict[str, set[str]] = {}
        for utterance in utterances:
            split = _split_of(protocol, fold, getattr(utterance, protocol.by))
            if utterance.speaker is not None and split is not None:
                splits_of.setdefault(utterance.speaker, set()).add(split)
        shared = sorted(speaker for speaker, splits in splits_of.items() if len(splits) > 1)
        if shared:
            seen = (
                f"protocol '{protocol.name}' puts speaker '{shared[0]}' in {' and '.join(sorted(splits_of[shared[0]]))}"
            )
            promised = "speaker-disjoint splits, or an overlap with its reason"
            raise broken(corpus, seen, promised=promised, cause="an official split that is speaker-dependent")


def _folds(corpus: Corpus) -> Iterator[tuple[NamedProtocol, Mapping[str, tuple[str, ...]]]]:
    """Yield the folds that must be disjoint; a corpus' own splits are one, declared or not."""
    # Anybody may ask for the splits of the corpus, so they count even where no protocol declares them.
    own = NamedProtocol("official", "split", ({split: (split,) for split in SPLITS},))
    declares = any(protocol.by == "split" for protocol in corpus.protocols)
    for protocol in (*corpus.protocols, *(() if declares else (own,))):
        for fold in protocol.folds:
            if not protocol.overlap:
                yield protocol, fold


def _split_of(protocol: NamedProtocol, fold: Mapping[str, tuple[str, ...]], value: str | None) -> str | None:
    """Return the split of a value; the one split that a fold does not name takes all the rest that is not left out."""
    if value in protocol.left_out:
        return None
    # where dev is cut from train, no split is left to take the rest
    rest = [split for split in SPLITS if split not in fold and not protocol.random_dev]
    named = [split for split, listed in fold.items() if value in listed]
    if named or value is None:
        return named[0] if named else None
    return rest[0] if len(rest) == 1 else None


def _scanned(corpus: Corpus) -> list[Utterance]:
    with released(corpus) as root:
        return list(corpus.scan(root))
