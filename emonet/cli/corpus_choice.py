"""What a command works on: a registered corpus by its id, or one that comes in by a door."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from emonet.cli.console import complain, load_plugins
from emonet.corpus.corpus import Corpus
from emonet.document import Document, changed, validate
from emonet.errors import CorpusError

IdOrNone = Annotated[str, typer.Argument(metavar="[ID]", help="The corpus' id, as in 'emonet corpora list'.")]
ManifestPath = Annotated[str, typer.Option("--manifest", help="A CSV file, or a folder of them, instead of an id.")]
HubPlace = Annotated[
    str,
    typer.Option(
        "--hub", help="A Parquet file, the folder of a Hugging Face dataset, or a dataset's id on the hub, instead."
    ),
]
AudformatFolder = Annotated[
    str, typer.Option("--audformat", help="The folder of a database in audEERING's format, instead.")
]
DoorKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="What the door must know, as in a recipe, e.g. --set columns.label=emotion. May be repeated.",
    ),
]


_COLUMNS = re.compile(r"columns: (\{[^{}]*\})")
"""What recipes say of columns, as messages tell it."""


def _as_option(text: str) -> str:
    return _COLUMNS.sub(r"--set 'columns=\1'", text)


def chosen(
    command: str, corpus_id: str, doors: Mapping[str, str], keys: Sequence[str] | None, root: Path | None
) -> tuple[Corpus, Path] | None:
    """Return the corpus behind the one door that is given and the folder of its files, None where an id is.

    Args:
        doors: door -> what the user gave for it, empty where nothing.
        keys: ``key=value`` changes of the door.

    Raises:
        CorpusError: not exactly one of id and doors is given, or the door cannot be entered.
    """
    from emonet.corpus.readers.door import Door, enter

    given = {door: place for door, place in doors.items() if place}
    if bool(corpus_id) + len(given) != 1:
        options = ", ".join(f"--{door}" for door in doors)
        example = f"emonet corpora {command} my_corpus"
        raise CorpusError(f"Give either the id of a corpus or one of {options}, e.g. {example}")
    data = dict(given)
    _refuse_twice([key.partition("=")[0] for key in keys or ()])
    for key in keys or ():
        data = changed(data, key, CorpusError)
    if corpus_id:
        if data:
            raise CorpusError(f"--set goes with {' or '.join(f'--{door}' for door in doors)}, not with an id.")
        return None
    try:
        corpus, folder = enter(validate(Door, Document(data, "--set"), CorpusError), Path(), root)
    except CorpusError as problem:
        raise CorpusError(_as_option(str(problem))) from None
    for note in corpus.notes:
        complain(f"Note: {_as_option(note)}")
    return corpus, folder


def _refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            way = f"Give one that says all, or what is within: --set {name}.KEY=VALUE may be repeated."
            raise CorpusError(f"--set {name}=... is given twice, and the later would replace the former. {way}")


def subject(
    command: str,
    corpus_id: str,
    doors: Mapping[str, str],
    keys: Sequence[str] | None,
    *,
    root: Path | None,
    plugin: Sequence[Path] | None,
) -> tuple[Corpus, Path]:
    """Return what a command works on, be it registered or behind a door, and the folder of its files.

    Raises:
        UnknownName: there is no corpus of this id.
        CorpusError: as of ``chosen``; or the data of a registered corpus are not here.
    """
    from emonet.audio.roots import require_root

    found = chosen(command, corpus_id, doors, keys, root)
    if found is not None:
        return found
    corpus = load_plugins(plugin).corpus(corpus_id)
    return corpus, require_root(corpus, root)
