"""A corpus card as plain data, and as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from emonet.audio.roots import current, find_root
from emonet.corpus.corpus import Corpus, Source, Target
from emonet.corpus.fetch import fetched_from, is_fetched, may_be_fetched
from emonet.corpus.sources import place_of
from emonet.errors import counted

NOT_OURS = (
    "The licence is the corpus owner's, and it binds whoever uses the data. EmoNet's own licence covers its code only; "
    "no data come with it."
)


_TESTED_ON = {
    "audio": "the owner's audio",
    "tables": "the owner's tables",
    "lists": "public lists",
    "made-up": "a made-up release",
    "": "-",
}


_COLUMNS = (
    "id",
    "corpus",
    "languages",
    "learnt of it",
    "utterances",
    "speakers",
    "access",
    "layout known",
    "tested on",
)


def state_of(corpus: Corpus) -> str:
    """Return ``prepared``, ``present``, ``fetchable``, or a dash where the corpus must be asked for."""
    if current(corpus.id) is not None:
        return "prepared"
    if find_root(corpus) is not None:
        return "present"
    return "fetchable" if may_be_fetched(corpus) else "-"


def row_of(corpus: Corpus) -> dict[str, Any]:
    """Return the facts that a list of corpora shows."""
    return {
        "id": corpus.id,
        "title": corpus.title,
        "languages": list(corpus.languages),
        "targets": {target.name: _values(target) for target in corpus.targets},
        "speakers": corpus.expected.speakers,
        "utterances": corpus.expected.utterances,
        "access": corpus.access,
        "data": state_of(corpus),
    }


def markdown_of(corpora: Iterable[Corpus]) -> Iterator[str]:
    """Yield the lines of a Markdown table of corpora, by what their cards say."""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for corpus in corpora:
        counts = (corpus.expected.utterances, corpus.expected.speakers)
        utterances, speakers = ("-" if count is None else str(count) for count in counts)
        targets = ", ".join(_size(target) for target in corpus.targets)
        access = f"{corpus.access}, {_way(corpus)}" if may_be_fetched(corpus) else corpus.access
        title = f"[{corpus.title}]({corpus.homepage})" if corpus.homepage else corpus.title
        cells = (f"`{corpus.id}`", title, " ".join(corpus.languages), targets, utterances, speakers, access)
        yield f"| {' | '.join(cells)} | {corpus.confidence or '-'} | {_TESTED_ON[corpus.tested]} |"


def _way(corpus: Corpus) -> str:
    """Return how a corpus is fetched, e.g. ``fetched (doi, untried)``."""
    ways = ", ".join(dict.fromkeys(source.way for source in corpus.sources))
    return f"fetched ({ways})" if any(source.tried for source in corpus.sources) else f"fetched ({ways}, untried)"


def _values(target: Target) -> list[Any]:
    """Return classes or range; nothing for classes that are not public."""
    return [] if target.open else list(target.classes) or list(target.range or ())


def _size(target: Target) -> str:
    if target.open:
        return f"{target.name} (classes not known)"
    if target.range is None:
        return f"{target.name} ({len(target.classes)} classes)"
    return f"{target.name} ({target.range[0]:g} to {target.range[1]:g})"


def facts_of(corpus: Corpus) -> dict[str, Any]:
    """Return everything on a card as plain data."""
    root = find_root(corpus)
    return row_of(corpus) | {
        "kind": corpus.kind,
        "root": str(root) if root else None,
        "fetched_from": fetched_from(corpus.id),
        "licence": corpus.licence,
        "spdx": corpus.spdx,
        "licence_note": NOT_OURS,
        "fetchable": corpus.fetchable,
        "homepage": corpus.homepage,
        "how_to_get": corpus.how_to_get,
        "sources": [_source(source) for source in corpus.sources],
        "citation": asdict(corpus.citation),
        "targets": [_target(target) for target in corpus.targets],
        "protocols": [_protocol_facts(corpus, index) for index in range(len(corpus.protocols))],
        "expected": _expected(corpus),
        "known_bad": dict(corpus.known_bad),
        "examples": [example.path for example in corpus.examples],
        "notes": list(corpus.notes),
        "confidence": corpus.confidence,
        "tested": corpus.tested,
        "evidence": list(corpus.evidence),
        "paper": asdict(corpus.paper) if corpus.paper else None,
    }


def _source(source: Source) -> dict[str, Any]:
    keys = ("sha256", "revision", "version", "size", "tried", "confidence", "evidence")
    return {"place": place_of(source), "way": source.way, **{key: getattr(source, key) for key in keys}}


def _target(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "classes": list(target.classes),
        "codes": dict(target.codes),
        "affect": {label: asdict(cell) for label, cell in target.affect.items()},
        "range": list(target.range) if target.range else None,
        "unit": target.unit,
        "open": target.open,
    }


def _protocol_facts(corpus: Corpus, index: int) -> dict[str, Any]:
    protocol = corpus.protocols[index]
    folds = [{split: list(values) for split, values in fold.items()} for fold in protocol.folds]
    return {
        "name": protocol.name,
        "by": protocol.by,
        "folds": folds,
        "overlap": protocol.overlap,
        "source": protocol.source,
        "random_dev": protocol.random_dev,
    }


def _expected(corpus: Corpus) -> dict[str, Any]:
    expected = corpus.expected
    per_class = {target: dict(counts) for target, counts in expected.per_class.items()}
    return {
        "utterances": expected.utterances,
        "speakers": expected.speakers,
        "hours": expected.hours,
        "per_class": per_class,
    }


def lines_of(corpus: Corpus) -> Iterator[str]:
    """Yield the card as lines of text, the tables of its labels left out."""
    expected = corpus.expected
    yield f"{corpus.id}: {corpus.title}"
    yield f"  languages   {', '.join(corpus.languages)}"
    if corpus.kind:
        yield f"  kind        {corpus.kind}"
    counts = {"utterances": expected.utterances, "speakers": expected.speakers, "hours": expected.hours}
    documented = ", ".join(f"{value} {name}" for name, value in counts.items() if value is not None)
    yield f"  counts      {documented or 'not documented'}"
    yield f"  cite        {corpus.citation}"
    yield f"  homepage    {corpus.homepage or '-'}"
    spdx = f"; SPDX: {corpus.spdx}" if corpus.spdx else ""
    yield f"  licence     {corpus.licence}{spdx} (access: {corpus.access})"
    yield f"              {NOT_OURS}"
    yield from _ways(corpus)
    for protocol in corpus.protocols:
        overlap = f"; speakers overlap: {protocol.overlap}" if protocol.overlap else ""
        source = f" ({protocol.source})" if protocol.source else ""
        folds = counted(len(protocol.folds), "fold")
        yield f"  protocol    {protocol.name}: by {protocol.by}, {folds}{overlap}{source}"
    for path, reason in corpus.known_bad.items():
        yield f"  left out    {path}: {reason}"
    for note in corpus.notes:
        yield f"  note        {note}"
    if corpus.confidence:
        yield f"  confidence  {corpus.confidence} (of layout and codes)"
    if corpus.tested:
        yield f"  tested on   {_TESTED_ON[corpus.tested]}"
    for source in corpus.evidence:
        yield f"  evidence    {source}"
    yield from _published(corpus)


def _published(corpus: Corpus) -> Iterator[str]:
    if corpus.paper is None:
        return
    if (used := corpus.paper.table1) is not None:
        speakers = "unknown" if used.speakers is None else used.speakers
        counts = f"{used.samples} samples, {used.classes} classes, {speakers} speakers, {used.hours:g} h"
        yield f"  paper       {counts}, {used.mean_duration:g} +- {used.std_duration:g} s (Table 1)"
    yield f"  paper       UAR in % on its own partitions (Tables 3 and 4), chance {corpus.paper.chance:.1f}"
    for result in corpus.paper.results:
        dev = "" if result.dev is None else f"dev {result.dev:.1f}, "
        epoch = "" if result.checkpoint == "best" else ", final epoch"
        mark = f" {result.mark}" if result.mark else ""
        yield f"              {result.system} ({result.strategy}{epoch}): {dev}test {result.test:.1f}{mark}"


def _ways(corpus: Corpus) -> Iterator[str]:
    yield f"  data        {state_of(corpus)}"
    root = find_root(corpus)
    if root is not None:
        origin = f" (from {fetched_from(corpus.id)})" if is_fetched(corpus.id) else ""
        yield f"  folder      {root}{origin}"
    if may_be_fetched(corpus):
        yield f"  get it      emonet corpora fetch {corpus.id}"
        for source in corpus.sources:
            facts = [f"{source.size / 1e6:.0f} MB"] if source.size else []
            facts += [f"confidence {source.confidence}"] if source.confidence else []
            yield f"              from {', '.join([place_of(source), *facts])}{'' if source.tried else '; untried'}"
    if corpus.how_to_get:
        yield f"  get it      {corpus.how_to_get}"


def label_table(corpus: Corpus, target: Target) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return columns and a row for each class: its codes and count; arousal, valence and reason where it has them."""
    documented = corpus.expected.per_class.get(target.name, {})
    columns: tuple[str, ...] = ("label", "codes", "count")
    if target.affect:
        columns += ("arousal", "valence", "reason")
    rows: list[tuple[str, ...]] = []
    for label in target.classes:
        codes = ", ".join(code for code, name in target.codes.items() if name == label)
        cell = target.affect.get(label)
        affect = (cell.arousal, cell.valence, cell.reason) if cell else ("-", "-", "")
        rows.append((label, codes, str(documented.get(label, "-")), *(affect if target.affect else ())))
    return columns, rows
