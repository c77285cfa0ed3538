"""``python -m emonet_corpus_open_voices``: get the voices, or look for recordings that stand there twice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emonet import EmonetError, UnknownName
from emonet.audio.roots import require_root
from emonet.errors import counted
from emonet_corpus_open_voices import emonet_corpora
from emonet_corpus_open_voices.copies import copies_in, scan_with_copies
from emonet_corpus_open_voices.packages import fetch_voices

app = typer.Typer(add_completion=False)


@app.command()
def main(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Corpora; by default both.")] = None,
    *,
    debs: Annotated[Path | None, typer.Option("--debs", help="A folder that holds the .deb files already.")] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="Compare all recordings, and list those that the card must leave out.")
    ] = False,
) -> None:
    """Put the voices where EmoNet finds them, from the Debian packages of two games."""
    known = {corpus.id: corpus for corpus in emonet_corpora()}
    try:
        for name in ids or known:
            if name not in known:
                raise UnknownName("corpus", name, known)
            if copies:
                root = require_root(known[name])
                found = copies_in(scan_with_copies(name, root), root)
                typer.echo("\n".join(f"  {path}: {reason}" for path, reason in found.items()))
                files = counted(len(found), "file")
                typer.echo(f"{name}: {files} to leave out, {len(known[name].known_bad)} on the card")
            else:
                typer.echo(f"{name} is in {fetch_voices(known[name], debs)}\nNext: emonet corpora prepare {name}")
    except EmonetError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app(prog_name="python -m emonet_corpus_open_voices")
