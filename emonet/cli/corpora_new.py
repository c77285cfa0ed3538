"""``emonet corpora new``: a plugin package from a folder of files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emonet.cli.console import AsJson, PluginFiles, load_plugins, print_json, print_table, say

if TYPE_CHECKING:
    from emonet.propose.package import Written


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus' id to be: a-z, 0-9 and _.")],
    *,
    source: Annotated[Path, typer.Option("--from", help="The folder of the corpus' files.")],
    out: Annotated[Path, typer.Option("--out", help="Where the package's folder is put.")] = Path(),
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Write a plugin package for a corpus: its card is proposed from the names of its files."""
    from emonet.propose.package import new_package

    registry = load_plugins(plugin)
    written = new_package(name, source, out, registry.ontology, taken=registry.corpora)
    if json:
        print_json(asdict(written) | {"folder": str(written.folder)})
        return
    _print(written, name, source)


def _print(written: Written, name: str, source: Path) -> None:
    say(f"{written.folder}: {', '.join(written.files)}")
    counts = written.counts
    say(f"{counts['utterances']} utterances, {counts['speakers']} speakers in {source}")
    if counts["passed_over"]:
        say(f"{counts['passed_over']} audio files are not read, e.g. {', '.join(written.passed_over)}")
    print_table("Labels", ("in the files", "class"), list(written.codes.items()))
    pattern = written.scan.get("pattern")
    if isinstance(pattern, dict):
        say(f"Regex: {pattern['regex']}")
    for sentence in written.assumed:
        say(f"Taken: {sentence}")
    for sentence in written.check:
        say(f"Check: {sentence}")
    say(
        f"Next: edit the card, then\n  pip install -e {written.folder}\n  emonet plugins check {name}\n"
        f"  emonet corpora check {name} --root {source}"
    )
