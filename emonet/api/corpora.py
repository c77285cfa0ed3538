"""Corpora from Python: what there is, its utterances, and its clips as data sets of torch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.api.card import facts_of, row_of
from emonet.corpus.corpus import Corpus
from emonet.errors import UnknownName
from emonet.plugin.registry import Registry, load_registry

if TYPE_CHECKING:
    import pandas as pd

    from emonet.api.clips import ClipDataset
    from emonet.events import Listener
    from emonet.recipe.recipe import CorpusEntry

Plugins = Sequence[str | Path] | Registry
"""Single-file plugins to load beside the installed ones, or a registry that was loaded already."""

_COLUMNS = ("id", "path", "speaker", "session", "text", "split", "language", "start", "end")


@dataclass(frozen=True)
class CorpusHandle:
    """A corpus: what its card says, and its data where they are on this machine.

    Attributes:
        corpus: the card, or what was read of a corpus that has none.
    """

    corpus: Corpus
    _registry: Registry = field(repr=False, compare=False)
    _entry: CorpusEntry | None = field(default=None, repr=False, compare=False)
    _folder: Path | None = field(default=None, repr=False, compare=False)

    @property
    def id(self) -> str:
        """The corpus' id, as recipes name it."""
        return self.corpus.id

    def info(self) -> dict[str, Any]:
        """Return everything on its card, and where its data are; as ``emonet corpora info ID --json``."""
        facts = facts_of(self.corpus)
        return facts if self._folder is None else facts | {"root": str(self._folder)}

    def utterances(self, root: str | Path | None = None) -> pd.DataFrame:
        """Return a row an utterance, and a column for each target; no audio is opened.

        ``path`` is relative to the corpus' folder, which ``attrs["root"]`` names. Without the files, the utterances
        are those that were prepared last.

        Args:
            root: the folder of its files; by default where ``emonet corpora list`` finds them.

        Raises:
            CorpusError: its data are not on this machine, or not as its card says.
        """
        from emonet.api.frames import frame_of
        from emonet.audio.roots import current, find_root, require_root
        from emonet.audio.store import read_utterances

        given = self._folder if root is None else Path(root)
        last = current(self.id) if given is None and find_root(self.corpus) is None else None
        folder = None if last else require_root(self.corpus, given)
        found = self.corpus.scan(folder) if folder else read_utterances(last) if last else ()
        columns = [*_COLUMNS, *(target.name for target in self.corpus.targets)]
        frame = frame_of(
            ({**{name: getattr(each, name) for name in _COLUMNS}, **each.labels} for each in found), columns
        )
        frame.attrs["root"] = None if folder is None else str(folder)
        return frame

    def dataset(  # noqa: PLR0913 - what a recipe says of a corpus
        self,
        split: str = "train",
        *,
        protocol: str = "",
        options: Mapping[str, Any] | None = None,
        fold: str = "",
        target: str | Sequence[str] | None = None,
        classes: Sequence[str] = (),
        root: str | Path | None = None,
        progress: bool | Listener = True,
    ) -> ClipDataset:
        """Return the clips of a split, prepared first if need be, as a torch data set of (wave, label).

        Nothing here counts how often you look at ``test``: only runs do.

        Args:
            split: train, dev or test.
            protocol: as in a recipe; by default the first that the card declares, else by-speaker.
            options: of the protocol, e.g. ``{"k": 5}``.
            fold: its name, where the protocol has several.
            target: what the labels are of, by default the first target; several dimensions as a list.
            classes: a selection of the target's classes.
            root: the folder of the corpus' files.
            progress: whether to show on stderr what goes on; or a function that is given each ``Event``.

        Raises:
            EmonetError: no such split, protocol, fold or target, or data that are absent.
        """
        from emonet.api.clips import split_of
        from emonet.document import Document, validate
        from emonet.engine.gather import gather_corpus
        from emonet.errors import RecipeError
        from emonet.progress import told
        from emonet.recipe.choice import Choice
        from emonet.recipe.recipe import CorpusEntry

        names = target if target is None or isinstance(target, str) else list(target)
        given: dict[str, Any] = {"target": names, "classes": list(classes)}
        given |= {} if root is None else {"root": str(Path(root).absolute())}
        origin = self._entry.model_dump(exclude_defaults=True) if self._entry else {"id": self.id}
        entry = validate(CorpusEntry, Document(origin | given, "dataset"), RecipeError)
        choice = Choice(name=protocol or declared_protocols(self.corpus)[0], options=dict(options or {}))
        with told(progress) as listen:
            gathered = gather_corpus(entry, choice, Path.cwd(), self._registry, decode=True, listen=listen)
        return split_of(gathered, split, fold)

    def _repr_html_(self) -> str:
        from emonet.api.frames import html_table

        row = {key: value for key, value in row_of(self.corpus).items() if key != "id"}
        row["licence"] = self.corpus.licence
        return html_table((self.id, ""), row.items())


@dataclass(frozen=True)
class Corpora(Mapping[str, CorpusHandle]):
    """All corpora by id; and by ``{"manifest": PATH}`` or the like, as in recipes, those that have no card."""

    _registry: Registry = field(repr=False)

    def __getitem__(self, name: str | Mapping[str, Any]) -> CorpusHandle:
        """Return the corpus with this id, or one without a card, as recipes name it.

        Raises:
            UnknownName: no plugin brings it.
            EmonetError: a mapping that names no corpus, or one that cannot be read.
        """
        if isinstance(name, str):
            return CorpusHandle(self._registry.corpus(name), self._registry)
        return _behind_a_door(name, self._registry)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._registry.corpora

    def get(self, key: str, default: Any = None) -> Any:
        """Return the corpus with this id, or ``default``."""
        try:
            return self[key]
        except UnknownName:
            return default

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.corpora)

    def __len__(self) -> int:
        return len(self._registry.corpora)

    def to_json(self) -> list[dict[str, Any]]:
        """Return a row a corpus, as ``emonet corpora list --json`` prints it."""
        return [row_of(each.corpus) for each in self.values()]

    def to_frame(self) -> pd.DataFrame:
        """Return a row a corpus: what it is, and whether its data are here."""
        from emonet.api.frames import frame_of

        return frame_of(self.to_json())

    def _repr_html_(self) -> str:
        from emonet.api.frames import html_table

        columns = ("id", "title", "languages", "access", "data")
        rows = ({**row, "languages": ", ".join(row["languages"])} for row in self.to_json())
        return html_table(columns, ([row[name] for name in columns] for row in rows))


def _behind_a_door(given: Mapping[str, Any], registry: Registry) -> CorpusHandle:
    """Return a corpus that recipes name by a mapping."""
    from emonet.corpus.readers.door import enter
    from emonet.document import Document, validate
    from emonet.errors import RecipeError
    from emonet.recipe.recipe import CorpusEntry

    plain = {key: str(value) if isinstance(value, Path) else value for key, value in given.items()}
    entry = validate(CorpusEntry, Document(plain, "corpora()"), RecipeError)
    if not entry.door:
        raise RecipeError(f"{plain} is a corpus with a card. Ask for it by its id: corpora()[{entry.id!r}].")
    root = Path(entry.root).expanduser().absolute() if entry.root else None
    # Absolute, so that it stays the same corpus wherever the notebook goes.
    place = Path(getattr(entry, entry.door)).expanduser()
    kept = {entry.door: str(place.absolute())} if place.exists() else {}
    entry = entry.model_copy(update={**kept, "root": None if root is None else str(root)})
    corpus, folder = enter(entry, Path.cwd(), root)
    return CorpusHandle(corpus, registry, entry, folder)


def corpora(*, plugins: Plugins = ()) -> Corpora:
    """Return all corpora by id, those of installed plugins included; as ``emonet corpora list``.

    One without a card is asked for as in a recipe: ``corpora()[{"manifest": "my_folder/labels.csv"}]``.

    >>> "no_such_corpus" in corpora()
    False
    """
    return Corpora(registry_of(plugins))


def registry_of(plugins: Plugins) -> Registry:
    """Return the registry of all plugins; those that cannot be loaded are named in a warning."""
    if isinstance(plugins, Registry):
        return plugins
    registry = load_registry([Path(file) for file in ([plugins] if isinstance(plugins, str) else plugins)])
    _ = registry.corpora  # a plugin whose cards are wrong shows only when it is asked for them
    for info in registry.broken():
        warnings.warn(f"Plugin '{info.name}' ({info.distribution}) could not be loaded: {info.error}", stacklevel=3)
    return registry


def declared_protocols(corpus: Corpus | None) -> list[str]:
    """Return the protocols that a corpus declares, or the one that any corpus with speakers has."""
    return [protocol.name for protocol in (corpus.protocols if corpus else ())] or ["by-speaker"]
