"""From what stands under ``scan`` in a card to the function that lists its utterances."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from emonet.corpus.codes import Templates
from emonet.corpus.corpus import ReadName, Scan, Strings, Target, Utterance
from emonet.corpus.readers.folders import is_listed, scan_with_advice
from emonet.corpus.readers.manifest import scan_manifest
from emonet.corpus.readers.pattern import PatternRule, read_path, scan_pattern
from emonet.corpus.readers.table import TableRule, read_row_path, scan_tables
from emonet.document import STRICT, Checked
from emonet.errors import CorpusError
from emonet.files import digest_of


@dataclass(frozen=True)
class ManifestEntry:
    """A CSV file that the user writes, since the corpus' own layout is not public.

    It is ``manifest.csv``, or ``train.csv`` and the like, with the columns ``file`` and ``label`` or one for each
    target, and those that every manifest may have.
    """

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class HubEntry:
    """A dataset as the ``datasets`` library writes it: Parquet files, a saved dataset, or an audio folder.

    ``columns`` maps ``label`` or a target, ``audio``, ``speaker`` and the like to columns; a field without an entry
    takes the column of its own name, and one with ``ignore`` none. ``files`` are patterns of the Parquet files that are
    read, where a data set holds more corpora than one; empty for all.
    """

    __pydantic_config__ = STRICT
    columns: Strings = field(default_factory=dict)
    files: tuple[str, ...] = ()


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], Checked(before=_as_tuple)]
"""A name, or a list of them."""


@dataclass(frozen=True)
class AudformatEntry:
    """A database in audEERING's format.

    ``table`` is the table of labels, or a list of them, ``column`` their column or one for each target, ``attribute``
    the attribute of a label that is the code; what is left out is found where there is one answer only.
    """

    __pydantic_config__ = STRICT
    table: Names = ()
    column: Templates = field(default_factory=dict)
    attribute: str = ""


@dataclass(frozen=True)
class ScanEntry:
    """How the folder is read: by one of these ways, or by a function in a module beside the card.

    The module has ``scan(root: Path, targets: tuple[Target, ...]) -> Iterable[Utterance]``. Where names say who speaks
    or what, it also has ``read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None``, so that split lists
    can be audited without the data; what a name does not say is left out, labels too.
    """

    __pydantic_config__ = STRICT
    pattern: PatternRule | None = None
    table: TableRule | None = None
    manifest: ManifestEntry | None = None
    hub: HubEntry | None = None
    audformat: AudformatEntry | None = None
    module: str | None = None

    def __post_init__(self) -> None:
        ways = [way.name for way in fields(self)]
        if sum(getattr(self, way) is not None for way in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")

    @property
    def labelled(self) -> tuple[str, ...]:
        """Names of the targets that the way to read has templates for."""
        if self.audformat is not None:
            return tuple(self.audformat.column)
        way = self.pattern or self.table
        return tuple(way.label) if way else ()


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What scans need of a card beside its scan entry.

    Attributes:
        id: the corpus id.
        path: of the card itself; modules lie beside it.
        known_bad: path -> why the file is left out.
        examples: paths of example files.
        fixtures: names of further files that a release holds.
    """

    id: str
    path: Path
    targets: tuple[Target, ...]
    known_bad: Mapping[str, str]
    examples: tuple[str, ...]
    fixtures: tuple[str, ...] = ()


def scan_of(entry: ScanEntry, card: CardFacts) -> Scan:
    """Return the scan that a card asks for.

    Whatever way it reads, in a wrong folder it names a near one that looks right.

    Raises:
        CorpusError: the module that it names is not there.
    """
    marks = tuple(dict.fromkeys([*card.fixtures, *card.examples]))
    return partial(scan_with_advice, _way_of(entry, card), marks)


def _way_of(entry: ScanEntry, card: CardFacts) -> Scan:
    targets = card.targets
    if entry.pattern is not None:
        return partial(scan_pattern, entry.pattern, targets, card.id, card.examples[0], card.known_bad)
    if entry.table is not None:
        return partial(scan_tables, entry.table, targets, card.id, card.known_bad)
    if entry.manifest is not None:
        return partial(scan_manifest, targets, card.id, card.known_bad)
    if entry.hub is not None:
        from emonet.corpus.readers.hub import check_fields, scan_hub

        check_fields(entry.hub.columns, [target.name for target in targets])
        return partial(scan_hub, entry.hub.columns, targets, card.id, card.known_bad, entry.hub.files)
    if entry.audformat is not None:
        from emonet.corpus.readers.audformat import scan_audformat

        base = entry.audformat
        columns = {target or targets[0].name: column for target, column in base.column.items()}
        return partial(scan_audformat, columns, base.table, base.attribute, targets, card.known_bad)
    module = card.path.with_name(f"{entry.module}.py")
    if not module.is_file():
        message = (
            f"{card.path}: the card's scan names the module '{entry.module}', but there is no {module.name} beside it."
        )
        raise CorpusError(f"{message} Add the file, or describe the files with pattern or table.")
    return partial(_scan_of_module, module, targets, card.known_bad)


def read_name_of(entry: ScanEntry, card: CardFacts) -> ReadName | None:
    """Return what reads a path by itself, as far as it says anything; None for a card whose files have any names."""
    if entry.pattern is not None:
        return partial(read_path, entry.pattern, card.targets)
    if entry.table is not None:
        return partial(read_row_path, entry.table)
    if entry.module is not None:
        return partial(_read_name_of_module, card.path.with_name(f"{entry.module}.py"), card.targets)
    return None


def _scan_of_module(
    path: Path, targets: tuple[Target, ...], known_bad: Mapping[str, str], root: Path
) -> Iterator[Utterance]:
    """Yield what ``scan(root, targets)`` of a module yields, without known-bad files and empty labels."""
    scan = getattr(_module_at(path), "scan", None)
    if scan is None:
        raise CorpusError(f"{path}: there is no function scan(root, targets) in this module. Add it.")
    for utterance in scan(root, targets):
        if utterance.labels and not is_listed(utterance.path, known_bad):
            yield utterance


def _read_name_of_module(path: Path, targets: tuple[Target, ...], name: str) -> Utterance | None:
    """Return what ``read_name(path, targets)`` of a module says, None for a module that has no such function."""
    read = _name_reader(path)
    return None if read is None else read(name, targets)


@cache
def _name_reader(path: Path) -> Callable[[str, tuple[Target, ...]], Utterance | None] | None:
    return getattr(_module_at(path), "read_name", None)


def _module_at(path: Path) -> ModuleType:
    # Under a name of its own among the loaded modules, where dataclasses look for theirs.
    name = f"emonet_scan_{path.stem}_{digest_of(str(path), length=8)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CorpusError(f"{path}: cannot be loaded as a Python module. Check the file.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
