"""From what stands under ``scan`` in a card to the function that lists its utterances."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType

from emonet.corpus.audformat import scan_audformat
from emonet.corpus.corpus import ReadName, Scan, Target, Utterance
from emonet.corpus.entries import Card
from emonet.corpus.hub import scan_hub
from emonet.corpus.hub_columns import check_fields
from emonet.corpus.manifest import scan_manifest
from emonet.corpus.near import scan_with_advice
from emonet.corpus.pattern import PatternRule, read_path, scan_pattern
from emonet.corpus.scan_entries import Strings
from emonet.corpus.table import TableRule, scan_tables
from emonet.corpus.walk import is_listed
from emonet.digest import digest_of
from emonet.errors import CorpusError


def scan_of(card: Card, targets: tuple[Target, ...], path: Path) -> Scan:
    """Return the scan that a card asks for; ``path`` is the card's own.

    Whatever way it reads, in a wrong folder it names a near one that looks right.

    Raises:
        CorpusError: the module that it names is not there.
    """
    marks = tuple(dict.fromkeys([*card.fixtures, *(example.path for example in card.examples)]))
    return partial(scan_with_advice, _way_of(card, targets, path), marks)


def _way_of(card: Card, targets: tuple[Target, ...], path: Path) -> Scan:
    first = targets[0].name
    if (pattern := _pattern(card, first)) is not None:
        return partial(scan_pattern, pattern, targets, card.id, card.examples[0].path, card.known_bad)
    if card.scan.table is not None:
        entry = card.scan.table.model_dump()
        paths = {split: entry["path"].get(split) or entry["path"][""] for split in entry["files"]}
        table = TableRule(**{**entry, "label": _per_target(entry["label"], first), "path": paths})
        return partial(scan_tables, table, targets, card.id, card.known_bad)
    if card.scan.manifest is not None:
        return partial(scan_manifest, targets, card.id, card.known_bad)
    if card.scan.hub is not None:
        check_fields(card.scan.hub.columns, [target.name for target in targets])
        return partial(scan_hub, card.scan.hub.columns, targets, card.id, card.known_bad)
    if card.scan.audformat is not None:
        base = card.scan.audformat
        columns = _per_target(base.column, first)
        return partial(scan_audformat, columns, base.table, base.attribute, targets, card.known_bad)
    module = path.with_name(f"{card.scan.module}.py")
    if not module.is_file():
        message = (
            f"{path}: the card's scan names the module '{card.scan.module}', but there is no {module.name} beside it."
        )
        raise CorpusError(f"{message} Add the file, or describe the files with pattern or table.")
    return partial(_scan_of_module, module, targets, card.known_bad)


def read_name_of(card: Card, targets: tuple[Target, ...]) -> ReadName | None:
    """Return what reads a path by itself, None for a card whose paths do not say everything."""
    pattern = _pattern(card, targets[0].name)
    return None if pattern is None else partial(read_path, pattern, targets)


def _pattern(card: Card, first: str) -> PatternRule | None:
    if card.scan.pattern is None:
        return None
    entry = card.scan.pattern.model_dump()
    return PatternRule(**{**entry, "label": _per_target(entry["label"], first)})


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


def _module_at(path: Path) -> ModuleType:
    # Under a name of its own among the loaded modules, where dataclasses look for theirs.
    name = f"emonet_scan_{path.stem}_{digest_of(str(path), length=8)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CorpusError(f"{path}: cannot be loaded as a Python module. Check the file.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _per_target(templates: Strings, first: str) -> Strings:
    return {target or first: template for target, template in templates.items()}
