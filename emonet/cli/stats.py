"""``emonet corpora stats``: the paper's Table 1 and the pictures of its section 3.4, for whatever is prepared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from emonet.audio.roots import current
from emonet.cli.console import AsJson, PluginFiles, Root, complain, load_plugins, print_json, print_table, say
from emonet.cli.corpus_choice import DoorKeys, chosen
from emonet.corpus.corpus import Corpus
from emonet.errors import CorpusError


def stats(  # noqa: PLR0913 - a command's options
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Corpora; all prepared ones by default.")
    ] = None,
    *,
    manifest: Annotated[
        list[str] | None, typer.Option("--manifest", help="A CSV file or folder. May be repeated.")
    ] = None,
    keys: DoorKeys = None,
    root: Root = None,
    out: Annotated[Path | None, typer.Option("--out", help="Draw pictures into this folder.")] = None,
    form: Annotated[Literal["svg", "png"], typer.Option("--format", help="Of the pictures.")] = "svg",
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Print Table 1 for the corpora that are prepared, and draw what they are made of; nothing is decoded."""
    from emonet.audio.statistics import statistics_of
    from emonet.report.figures import corpora_table

    stores = dict(_registered(ids or [], plugin, all_of_them=not ids and not manifest))
    stores |= dict(_manifests(manifest or [], keys, root))
    if not stores:
        raise CorpusError("No corpus is prepared yet. Prepare one first: emonet corpora prepare ID")
    statistics = [statistics_of(corpus, store) for corpus, store in stores.values()]
    drawn: Sequence[Path] = ()
    if out is not None:
        from emonet.report.figures import draw_corpora

        drawn = draw_corpora(statistics, out, form)
    if json:
        print_json({"corpora": [asdict(each) for each in statistics], "pictures": [str(path) for path in drawn]})
        return
    table = corpora_table(statistics)
    print_table("", table.header, table.rows)
    for path in drawn:
        say(str(path))


def _registered(
    ids: Sequence[str], plugin: list[Path] | None, *, all_of_them: bool
) -> Iterator[tuple[str, tuple[Corpus, Path]]]:
    if not ids and not all_of_them:
        return
    registry = load_plugins(plugin)
    corpora: Mapping[str, Corpus] = registry.corpora if all_of_them else {each: registry.corpus(each) for each in ids}
    for name, corpus in corpora.items():
        store = current(name)
        if store is not None:
            yield name, (corpus, store)
        elif not all_of_them:
            complain(f"Not prepared: {name}. Prepare it: emonet corpora prepare {name}")


def _manifests(
    manifests: Sequence[str], keys: list[str] | None, root: Path | None
) -> Iterator[tuple[str, tuple[Corpus, Path]]]:
    from emonet.audio.prepare import finished_store

    for manifest in manifests:
        found = chosen("stats", "", {"manifest": manifest}, keys, root)
        if found is None:
            continue
        store = finished_store(*found)
        if store is None:
            complain(f"Not prepared: {manifest}. Prepare it: emonet corpora prepare --manifest {manifest}")
        else:
            yield f"manifest {manifest}", (found[0], store)
