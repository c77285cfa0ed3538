"""Gathering the corpora of a recipe: found, prepared, split; what ``plan`` is to know of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from emonet.audio.roots import current, find_root, require_root, stores_of
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.one_copy import other_count
from emonet.corpus.readers.door import enter
from emonet.engine.left_out import Dropped, dropped_of
from emonet.errors import CorpusError, Damaged, RecipeError, counted
from emonet.events import Listener, Notice, silent
from emonet.files import path_in, sha256_of
from emonet.labels.ontology import with_cells
from emonet.plugin.registry import Registry
from emonet.protocols.protocol import Protocol, make_protocol
from emonet.recipe.aggregate import space_for
from emonet.recipe.choice import Choice
from emonet.recipe.outputs import Outputs, chosen_outputs, occurring
from emonet.recipe.plan import CorpusFacts, WeightsFile
from emonet.recipe.recipe import CorpusEntry, Recipe, SourceEntry
from emonet.task_id import TaskId

if TYPE_CHECKING:
    from emonet.audio.prepare import ScannedCorpus


@dataclass(frozen=True)
class Gathered:
    """A corpus of the recipe, and its facts.

    Attributes:
        entry: what the recipe says of it.
        place: the folder of its store, whether it is there or not.
        store: the same where it is there, None while the corpus is not prepared: its table is then the scan's.
        dropped: what cannot be used of its audio; nothing while the corpus is not prepared.
        cut: a sentence on segments whose files end long before them; as ``dropped``.
    """

    facts: CorpusFacts
    entry: CorpusEntry
    place: Path
    store: Path | None
    dropped: tuple[Dropped, ...] = ()
    cut: str = ""

    @property
    def notes(self) -> list[str]:
        """Return what a run should say of the corpus: what is left out or cut, and how one without a card was read."""
        read = [*(self.facts.corpus.notes if self.entry.door else ()), *([self.cut] if self.cut else [])]
        own = [f"{self.facts.corpus.id}: {note}" for note in read]
        return [*own, *([self.facts.note] if self.facts.note else [])]


@dataclass(frozen=True)
class Gathering:
    """All corpora of a recipe, and what its systems have learned before: system -> corpus or checkpoint."""

    corpora: tuple[Gathered, ...]
    sources: Mapping[str, Gathered | WeightsFile]
    gatherer: _Gatherer

    @property
    def every(self) -> list[Gathered]:
        """Return the corpora, those of sources last."""
        return [*self.corpora, *(each for each in self.sources.values() if isinstance(each, Gathered))]

    @property
    def is_prepared(self) -> bool:
        """Say whether every corpus has its store."""
        return all(each.store is not None for each in self.every)

    def prepared(self) -> Gathering:
        """Decode corpora that are not prepared yet; the clips of their stores then replace those of the scan.

        Returns:
            This gathering itself where all stores were there already.

        Raises:
            CorpusError: a corpus none of whose files can be read, or whose readable files cannot be split as asked.
        """
        corpora = tuple(map(self.gatherer.prepared, self.corpora))
        sources = {
            name: self.gatherer.prepared(each) if isinstance(each, Gathered) else each
            for name, each in self.sources.items()
        }
        made = Gathering(corpora, sources, self.gatherer)
        return self if all(new is old for new, old in zip(made.every, self.every, strict=True)) else made


@dataclass(frozen=True)
class Opened:
    """A corpus of a recipe before its data are looked at; ``root`` is the folder that the recipe gives."""

    corpus: Corpus
    root: Path | None
    outputs: Outputs

    @property
    def task(self) -> str:
        """Return the id of what is learned of it."""
        return TaskId(self.corpus.id, self.outputs.name).text


def gather(recipe: Recipe, base: Path, registry: Registry, *, listen: Listener = silent) -> Gathering:
    """Look up and split every corpus of a recipe, by the tables of stores, or of a scan where there is no store.

    Nothing is decoded: whatever the tables rule out is refused before, see ``Gathering.prepared``.

    Args:
        base: what relative paths of the recipe are relative to: its own folder.

    Raises:
        UnknownName: a corpus, target or protocol that nobody knows.
        CorpusError: data that are absent, or that cannot be split as asked.
        RecipeError: one task twice, two corpora under one id, ``classes: shared`` where nothing is, or a checkpoint
            that is not there.
    """
    gatherer = _Gatherer(recipe.protocol, base, registry, listen)
    corpora = tuple(gatherer.gather(entry) for entry in gatherer.narrowed(recipe))
    targets = [(each.facts.corpus.id, name) for each in corpora for name in each.facts.outputs.names]
    for corpus_id, target in targets:
        if targets.count((corpus_id, target)) > 1:
            raise RecipeError(f"The recipe names '{corpus_id}/{target}' twice. Keep one of them.")
    sources = {
        name: gatherer.source(name, system.source)
        for name, system in recipe.systems.items()
        if system.source is not None
    }
    gathering = Gathering(corpora, sources, gatherer)
    _check_ids(gathering.every)
    return gathering


def _check_ids(gathered: Iterable[Gathered]) -> None:
    """Refuse two different corpora under one id, and one whose speakers are said to be two things."""
    first: dict[str, Gathered] = {}
    for each in gathered:
        known = first.setdefault(each.facts.corpus.id, each)
        if known.place != each.place:
            message = f"The recipe names two different corpora with the id '{each.facts.corpus.id}'."
            raise RecipeError(f"{message} Rename the manifest, or give one root for both targets.")
        if known.facts.speakers != each.facts.speakers:
            both = f"'{known.facts.speakers}' in one place and '{each.facts.speakers}' in another"
            message = f"The speakers of the corpus '{each.facts.corpus.id}' are {both}."
            raise RecipeError(f"{message} Give all entries of the corpus the same speakers: own, or speakers: shared.")


_Entered = dict[tuple[str, str | None], tuple[Corpus, Path]]
"""What came in by doors: (door and place, root) -> corpus and folder, so that one door is one corpus."""


def look_up(entry: CorpusEntry, base: Path, registry: Registry, entered: _Entered | None = None) -> Opened:
    """Look up one corpus of a recipe and what is learned of it, its data aside; see ``gather``."""
    root = base / path_in(entry.root) if entry.root else None
    if entry.door:
        known: _Entered = {} if entered is None else entered
        key = (f"{entry.option} {entry.affect}", entry.root)
        if key not in known:
            found, folder = enter(entry, base, root)
            known[key] = with_cells(found, registry.ontology, entry.affect), folder
        corpus, root = known[key]
    else:
        corpus = registry.corpus(entry.id)
    return Opened(corpus, root, chosen_outputs(corpus, entry.target, entry.classes, entry.metric))


def gather_corpus(
    entry: CorpusEntry, choice: Choice, base: Path, registry: Registry, *, decode: bool, listen: Listener = silent
) -> Gathered:
    """Look up and split one corpus, by its entry's own protocol or else by ``choice``; see ``gather``.

    Args:
        decode: prepare it where it is not prepared yet.
    """
    gatherer = _Gatherer(choice, base, registry, listen)
    gathered = gatherer.gather(entry)
    gathered = gatherer.prepared(gathered) if decode else gathered
    for note in gathered.notes:
        listen(Notice(note))
    return gathered


@dataclass(frozen=True)
class _Gatherer:
    """Gathers entries of one recipe, each by its own protocol or else by ``choice``.

    One door is one corpus, a folder is scanned once, and the root of one entry is that of later ones without.
    """

    choice: Choice
    base: Path
    registry: Registry
    listen: Listener
    entered: _Entered = field(default_factory=dict)
    roots: dict[str, Path] = field(default_factory=dict)
    scans: dict[tuple[int, Path], ScannedCorpus] = field(default_factory=dict)

    def gather(self, entry: CorpusEntry) -> Gathered:
        opened = self.look_up(entry)
        corpus, given = opened.corpus, opened.root
        # Without the files there is only what was prepared last.
        if find_root(corpus, given) is None and (last := current(corpus.id)):
            if (count := len(stores_of(corpus.id))) > 1:
                taken = f"the store prepared last is taken, {last.name[:8]} of {count}"
                said = f"{corpus.id}: its files are not here, so {taken}"
                self.listen(Notice(f"{said}. Give the folder of its files as root, where another one is meant."))
            return self._gathered(entry, opened, last, *_table(last))
        scan = self._scan(corpus, require_root(corpus, given))
        try:
            kept = _table(scan.store) if scan.store else None
        except Damaged:  # it counts as missing, and is made anew
            kept = None
        if kept is not None:
            return self._gathered(entry, opened, scan.folder, *kept)
        return replace(self._gathered(entry, opened, scan.folder, scan.utterances), store=None)

    def source(self, name: str, source: SourceEntry) -> Gathered | WeightsFile:
        """Look up what a system has learned before."""
        if source.corpus is not None:
            return self.gather(source.corpus)
        path = self.base / path_in(source.checkpoint)
        if path.is_dir():
            inside = sorted(each.name for each in path.glob("*.safetensors"))
            example = f", such as {inside[0]} in it" if inside else ""
            message = f"System '{name}': {path} is a folder, not a checkpoint"
            raise RecipeError(f"{message}. Name a .safetensors file{example}, under source: {{checkpoint: ...}}.")
        if not path.is_file():
            raise RecipeError(f"System '{name}': there is no checkpoint {path}. Check source: {{checkpoint: ...}}.")
        return WeightsFile(str(path), sha256_of(path))

    def prepared(self, gathered: Gathered) -> Gathered:
        """Return a corpus with its store, which is made where it is not there."""
        from emonet.audio.prepare import prepare_scanned

        entry, opened = gathered.entry, self.look_up(gathered.entry)
        corpus, root = opened.corpus, find_root(opened.corpus, opened.root)
        if root is None:
            return gathered
        made = prepare_scanned(self._scan(corpus, root), listen=self.listen, remember=not entry.door)
        if made.problems:
            left_out = f"{corpus.id}: {counted(len(made.problems), 'file')} left out"
            which = entry.option if entry.door else corpus.id
            self.listen(Notice(f"{left_out}; `emonet corpora prepare {which}` lists them with their reasons."))
        if made.folder == gathered.store:
            return gathered
        return self._gathered(entry, opened, made.folder, *_table(made.folder))

    def _gathered(
        self, entry: CorpusEntry, opened: Opened, place: Path, utterances: tuple[Utterance, ...], content: str = ""
    ) -> Gathered:
        from emonet.audio.store import cut_segments, read_problems

        corpus, choice = opened.corpus, entry.protocol or self.choice
        outputs = occurring(corpus, opened.outputs, utterances)
        wanted = _labelled(corpus, outputs, utterances)
        protocol = self._protocol(choice, corpus, wanted)
        left_out = sum(map(outputs.has_some, utterances)) - len(wanted) if outputs.dimensions else 0
        speakers = entry.speakers or corpus.speakers
        problems = read_problems(place) if content else ()
        told = other_count(corpus, len(utterances) + len(problems))
        facts = CorpusFacts(corpus, outputs, wanted, protocol, content, left_out, speakers, told)
        remake = partial(self._protocol, choice, corpus)
        dropped = dropped_of(problems, lambda each: outputs.label_of(each) is not None, protocol, wanted, remake)
        return Gathered(facts, entry, place, place, dropped, cut_segments(place) if content else "")

    def _protocol(self, choice: Choice, corpus: Corpus, utterances: Sequence[Utterance]) -> Protocol:
        return make_protocol(choice.name, choice.options, corpus, utterances, base=self.base)

    def _scan(self, corpus: Corpus, root: Path) -> ScannedCorpus:
        from emonet.audio.prepare import scan_corpus

        key = (id(corpus), root)
        if key not in self.scans:
            self.scans[key] = scan_corpus(corpus, root)
        return self.scans[key]

    def look_up(self, entry: CorpusEntry) -> Opened:
        opened = look_up(entry, self.base, self.registry, self.entered)
        if entry.door:
            return opened
        if opened.root is not None:
            self.roots.setdefault(entry.id, opened.root)
        return replace(opened, root=opened.root or self.roots.get(entry.id))

    def narrowed(self, recipe: Recipe) -> Iterator[CorpusEntry]:
        """Yield the recipe's corpora; with only the classes that all of them share, where it says so."""
        if recipe.classes == "all":
            yield from recipe.corpora
            return
        opened = [self.look_up(entry) for entry in recipe.corpora]
        labels = {each.task: each.outputs.classes for each in opened if each.outputs.classes}
        space = space_for(recipe.classes, labels, self.registry.ontology)
        for entry, each in zip(recipe.corpora, opened, strict=True):
            yield entry.model_copy(update={"classes": space.kept(each.task)}) if each.task in labels else entry


def _labelled(corpus: Corpus, outputs: Outputs, utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Return the utterances that carry what is to be learned."""
    wanted = tuple(utterance for utterance in utterances if outputs.label_of(utterance) is not None)
    if not wanted and outputs.dimensions:
        raise CorpusError(f"Corpus '{corpus.id}': no utterance has a number for each of {', '.join(outputs.names)}.")
    if not wanted:
        raise CorpusError(f"Corpus '{corpus.id}': no utterance has one of the labels {', '.join(outputs.classes)}.")
    return wanted


def _table(store: Path) -> tuple[tuple[Utterance, ...], str]:
    """Return the utterances and the content hash of a store."""
    from emonet.audio.store import read_content, read_utterances

    return read_utterances(store), read_content(store)
