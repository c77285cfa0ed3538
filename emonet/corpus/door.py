"""The doors by which a corpus comes in without a card."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from emonet.corpus.corpus import Corpus
from emonet.corpus.manifest import manifest_corpus, manifest_root

DOORS = ("manifest",)
"""Keys of a recipe, and options of commands, that each name a corpus by the place it is read from."""


class Door(BaseModel):
    """Where a corpus without a card is read from, in recipes and on the command line; empty where it has a card.

    Attributes:
        manifest: a CSV file, or a folder with ``train.csv`` and the like.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    manifest: str = ""

    @property
    def door(self) -> str:
        """Return the name of the door that is taken, empty where there is none."""
        return next((name for name in DOORS if getattr(self, name)), "")

    @property
    def option(self) -> str:
        """Return what leads to the same corpus on the command line."""
        return f"--{self.door} {getattr(self, self.door)}"


def enter(door: Door, base: Path, root: Path | None = None) -> tuple[Corpus, Path]:
    """Return the corpus behind a door, and the folder of its files.

    Args:
        base: what relative paths are relative to.
        root: the folder of the files, where it is another than the door's own.

    Raises:
        CorpusError: there is no such file, or it cannot be read.
    """
    manifest = base / Path(door.manifest).expanduser()
    found = root or manifest_root(manifest)
    return manifest_corpus(manifest, root=found), found
