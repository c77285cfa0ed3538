"""What a split list says, whatever format it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a split list.

    Attributes:
        fold: name of the fold.
        part: ``train``, ``dev`` or ``test``.
        names: what the utterance is called there, the most telling name first: an id, a path, a key.
        place: ``file:line``, or the like.
        facts: what else is said of it, by the names of an utterance's fields and ``label``.
    """

    fold: str
    part: str
    names: tuple[str, ...]
    place: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file in the portable format says of the whole protocol; each is empty where it is not known.

    Attributes:
        corpus: id of the corpus.
        protocol: name of the protocol, with its options.
        hash: over utterances, labels, speakers, segments and parts.
        overlap: why speakers stand in two parts.
    """

    corpus: str = ""
    protocol: str = ""
    hash: str = ""
    overlap: str = ""


@dataclass(frozen=True, slots=True)
class SplitList:
    """All that was read: ``form`` is the format, ``data`` what the files themselves call their corpus."""

    name: str
    form: str
    entries: tuple[Entry, ...]
    header: Header = Header()
    data: str = ""
