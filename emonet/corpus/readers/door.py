"""The doors by which a corpus comes in without a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from emonet.affect import OwnCell
from emonet.corpus.columns import quoted
from emonet.corpus.corpus import Corpus
from emonet.corpus.naming import NAMED, Naming, with_names
from emonet.corpus.readers.scan import Names
from emonet.errors import CorpusError, did_you_mean
from emonet.files import path_in

DOORS: Mapping[str, tuple[str, ...]] = {
    "manifest": ("columns",),
    "hub": ("columns", "config", "revision"),
    "audformat": ("table", "column", "attribute"),
}
"""Door -> the keys that belong to it; in recipes and on the command line."""


class Door(BaseModel):
    """Where a corpus without a card is read from, in recipes and on the command line; empty where it has a card.

    Attributes:
        manifest: a CSV file, or a folder with ``train.csv`` and the like.
        hub: a Parquet file, the folder of a dataset, or the id of one on the Hugging Face hub.
        columns: field (label, speaker and the like) -> column of the table, or column -> ``ignore``.
        config: configuration of a dataset on the hub.
        revision: its revision there, a commit or tag.
        audformat: the folder of a database in audEERING's format.
        table: its table of labels, or a list of them.
        column: the column of labels.
        attribute: the attribute of a label that is its class.
        speaker: reads the speaker from a path by a regular expression with a group; ``map`` and ``alike: one`` join
            names, ``alike: differ`` says that names of like spelling are not one.
        session: the same for sessions.
        text: the same for texts.
        affect: label -> its arousal and valence with a reason, where the canonical words do not know it or are wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    manifest: str = ""
    hub: str = ""
    columns: dict[str, str] = {}
    config: str = ""
    revision: str = ""
    audformat: str = ""
    table: Names = ()
    column: str = ""
    attribute: str = ""
    speaker: Naming | None = None
    session: Naming | None = None
    text: Naming | None = None
    affect: dict[str, OwnCell] = {}

    @model_validator(mode="after")
    def _keys_fit_the_door(self) -> Door:
        for key in dict.fromkeys(key for keys in DOORS.values() for key in keys):
            owners = [door for door, keys in DOORS.items() if key in keys]
            if getattr(self, key) and not any(getattr(self, door) for door in owners):
                ways = " or ".join(f"{{{door}: ..., {key}: ...}}" for door in owners)
                raise ValueError(f"{key} belongs to {' and '.join(owners)}: give {ways}")
        for key in (*self.naming, *(["affect"] if self.affect else [])):
            if not self.door:
                raise ValueError(f"{key} is for a corpus without a card: give {{manifest: ..., {key}: ...}}")
        return self

    @property
    def naming(self) -> dict[str, Naming]:
        """Return the rules for names: field -> rule."""
        return {field: rule for field in NAMED if (rule := getattr(self, field)) is not None}

    @property
    def door(self) -> str:
        """Return the name of the door that is taken, empty where there is none."""
        return next((name for name in DOORS if getattr(self, name)), "")

    @property
    def option(self) -> str:
        """Return what leads to the same corpus on the command line."""
        keys = [f"--set {key}={_inline(getattr(self, key))}" for key in DOORS[self.door] if getattr(self, key)]
        named = [f"--set {field}={rule.inline}" for field, rule in self.naming.items()]
        return " ".join([f"--{self.door} {getattr(self, self.door)}", *keys, *named])


def _inline(value: object) -> str:
    """Return a value as YAML on one line, quoted for a shell where it holds spaces."""
    if isinstance(value, dict):
        return f"'{{{', '.join(f'{quoted(key)}: {quoted(column)}' for key, column in value.items())}}}'"
    return f"'[{', '.join(value)}]'" if isinstance(value, tuple) else str(value)


def enter(door: Door, base: Path, root: Path | None = None) -> tuple[Corpus, Path]:
    """Return the corpus behind a door, and the folder of its files.

    Args:
        base: what relative paths are relative to.
        root: the folder of the files, where it is another than the door's own.

    Raises:
        CorpusError: there is no such file, or it cannot be read.
    """
    corpus, folder = _ENTER[door.door](door, base, root)
    return with_names(corpus, door.naming), folder


def _manifest(door: Door, base: Path, root: Path | None) -> tuple[Corpus, Path]:
    from emonet.corpus.readers.manifest import read_manifest

    return read_manifest(base / path_in(door.manifest), root=root, columns=door.columns)


def _hub(door: Door, base: Path, root: Path | None) -> tuple[Corpus, Path]:
    from emonet.corpus.readers.hub import hub_corpus
    from emonet.corpus.readers.hub_download import HubId, downloaded, is_hub_id
    from emonet.progress import told

    _check_no_root(door, root)
    place = base / path_in(door.hub)
    if place.exists():
        for key in ("config", "revision"):
            if getattr(door, key):
                raise CorpusError(
                    f"{place}: {key} is for an id of the Hugging Face hub, not for a folder. Leave it out."
                )
        return hub_corpus(place, door.columns)
    if not is_hub_id(door.hub):
        near = did_you_mean(place.name, [each.name for each in place.parent.glob("*")] if place.parent.is_dir() else [])
        message = f"{place}: there is no such file or folder, and an id of the Hugging Face hub is owner/name. {near}"
        raise CorpusError(message.strip())
    dataset = HubId(door.hub, door.config, door.revision)
    with told(True) as listen:
        folder = downloaded(dataset, listen=listen)
    return hub_corpus(folder, door.columns, name=door.hub.rpartition("/")[2])


def _audformat(door: Door, base: Path, root: Path | None) -> tuple[Corpus, Path]:
    from emonet.corpus.readers.audformat import audformat_corpus

    _check_no_root(door, root)
    place = base / path_in(door.audformat)
    if not place.exists():
        raise CorpusError(f"{place}: there is no such folder. Give the folder that holds db.yaml.")
    return audformat_corpus(place, door.table, door.column, door.attribute)


def _check_no_root(door: Door, root: Path | None) -> None:
    if root is not None:
        message = f"{door.option}: its files are found by itself. Leave the root {root} out."
        raise CorpusError(message)


_ENTER: Mapping[str, Callable[[Door, Path, Path | None], tuple[Corpus, Path]]] = {
    "manifest": _manifest,
    "hub": _hub,
    "audformat": _audformat,
}
