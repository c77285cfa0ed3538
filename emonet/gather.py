"""Gathering the corpora of a recipe: found, prepared, split; what ``plan`` is to know of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emonet.audio.current import current
from emonet.audio.roots import find_root, require_root
from emonet.choice import Choice
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.door import enter
from emonet.corpus.protocol import make_protocol
from emonet.digest import sha256_of
from emonet.errors import CorpusError, RecipeError
from emonet.events import Listener, Notice, silent
from emonet.learned import Outputs, chosen_outputs, occurring, task_id
from emonet.plan import Checkpoint, CorpusFacts
from emonet.plugin.registry import Registry
from emonet.recipe import CorpusEntry, Recipe
from emonet.spaces import space_for
from emonet.wording import counted


@dataclass(frozen=True)
class Gathered:
    """A corpus of the recipe: its facts, and the folder of its store (None while it is not prepared)."""

    facts: CorpusFacts
    store: Path | None


@dataclass(frozen=True)
class Opened:
    """A corpus of a recipe before its data are looked at; ``root`` is the folder that the recipe gives."""

    corpus: Corpus
    root: Path | None
    outputs: Outputs

    @property
    def task(self) -> str:
        """Return the id of what is learned of it."""
        return task_id(self.corpus.id, self.outputs.name)


def gather(
    recipe: Recipe, base: Path, registry: Registry, *, decode: bool, listen: Listener = silent
) -> list[Gathered]:
    """Look up, prepare and split every corpus of a recipe.

    Args:
        base: what relative paths of the recipe are relative to: its own folder.
        decode: prepare corpora that are not prepared yet; otherwise their tables come from the scan.

    Raises:
        UnknownName: a corpus, target or protocol that nobody knows.
        CorpusError: data that are absent, or that cannot be split as asked.
        RecipeError: one task twice, two corpora under one id, or ``classes: shared`` where nothing is.
    """
    gatherer = _Gatherer(recipe.protocol, base, registry, decode, listen)
    gathered = [gatherer.gather(entry) for entry in gatherer.narrowed(recipe)]
    targets = [(each.facts.corpus.id, name) for each in gathered for name in each.facts.outputs.names]
    for corpus_id, target in targets:
        if targets.count((corpus_id, target)) > 1:
            raise RecipeError(f"The recipe names '{corpus_id}/{target}' twice. Keep one of them.")
    first: dict[str, Gathered] = {}
    for each in gathered:
        known = first.setdefault(each.facts.corpus.id, each)
        if known.facts.corpus is not each.facts.corpus or known.store != each.store:
            message = f"The recipe names two different corpora with the id '{each.facts.corpus.id}'."
            raise RecipeError(f"{message} Rename the manifest, or give one root for both targets.")
    return gathered


def gather_sources(
    recipe: Recipe, base: Path, registry: Registry, *, decode: bool, listen: Listener = silent
) -> dict[str, Gathered | Checkpoint]:
    """Look up what the systems of a recipe have learned before: system -> corpus or checkpoint.

    Raises:
        UnknownName: a source corpus that nobody knows.
        RecipeError: a checkpoint that is not there.
    """
    sources: dict[str, Gathered | Checkpoint] = {}
    gatherer = _Gatherer(recipe.protocol, base, registry, decode, listen)
    for name, system in recipe.systems.items():
        if system.source is None:
            continue
        if system.source.corpus is not None:
            sources[name] = gatherer.gather(system.source.corpus)
            continue
        path = base / Path(system.source.checkpoint).expanduser()
        if not path.is_file():
            raise RecipeError(f"System '{name}': there is no checkpoint {path}. Check source: {{checkpoint: ...}}.")
        sources[name] = Checkpoint(str(path), sha256_of(path))
    return sources


def check_stores(gathered: Iterable[Gathered]) -> None:
    """Refuse two different corpora under one id, and one whose speakers are said to be two things; sources included.

    Raises:
        RecipeError: naming the id.
    """
    first: dict[str, Gathered] = {}
    for each in gathered:
        known = first.setdefault(each.facts.corpus.id, each)
        if (known.store, known.facts.content) != (each.store, each.facts.content):
            message = f"The recipe names two different corpora with the id '{each.facts.corpus.id}'."
            raise RecipeError(f"{message} Rename the manifest, or give one root for both targets.")
        if known.facts.speakers != each.facts.speakers:
            said = f"'{known.facts.speakers}' in one place and '{each.facts.speakers}' in another"
            message = f"The speakers of the corpus '{each.facts.corpus.id}' are {said}."
            raise RecipeError(f"{message} Give all entries of the corpus the same speakers: own, or speakers: shared.")


_Entered = dict[tuple[str, str | None], tuple[Corpus, Path]]
"""What came in by doors: (door and place, root) -> corpus and folder, so that one door is one corpus."""


def look_up(entry: CorpusEntry, base: Path, registry: Registry, entered: _Entered | None = None) -> Opened:
    """Look up one corpus of a recipe and what is learned of it, its data aside; see ``gather``."""
    root = base / Path(entry.root).expanduser() if entry.root else None
    if entry.door:
        known: _Entered = {} if entered is None else entered
        key = (entry.option, entry.root)
        if key not in known:
            known[key] = enter(entry, base, root)
        corpus, root = known[key]
    else:
        corpus = registry.corpus(entry.id)
    return Opened(corpus, root, chosen_outputs(corpus, entry.target, entry.classes, entry.metric))


def labels_of(gathered: Iterable[Gathered]) -> dict[str, tuple[str, ...]]:
    """Return the labels of each task that has classes."""
    return {each.facts.task_id: each.facts.outputs.classes for each in gathered if each.facts.outputs.classes}


def gather_corpus(
    entry: CorpusEntry, choice: Choice, base: Path, registry: Registry, *, decode: bool, listen: Listener = silent
) -> Gathered:
    """Look up, prepare and split one corpus, by its entry's own protocol or else by ``choice``; see ``gather``."""
    return _Gatherer(choice, base, registry, decode, listen).gather(entry)


@dataclass(frozen=True)
class _Gatherer:
    """Gathers entries of one recipe, each by its own protocol or else by ``choice``; one door is one corpus."""

    choice: Choice
    base: Path
    registry: Registry
    decode: bool
    listen: Listener
    entered: _Entered = field(default_factory=dict)

    def gather(self, entry: CorpusEntry) -> Gathered:
        opened = self.look_up(entry)
        corpus, given = opened.corpus, opened.root
        store = _store(entry, corpus, given, self.decode, self.listen)
        utterances, content = _table(store) if store else (tuple(corpus.scan(require_root(corpus, given))), "")
        outputs = occurring(corpus, opened.outputs, utterances)
        wanted = _labelled(corpus, outputs, utterances)
        choice = entry.protocol or self.choice
        protocol = make_protocol(choice.name, choice.options, corpus, wanted, base=self.base)
        left_out = sum(map(outputs.has_some, utterances)) - len(wanted) if outputs.dimensions else 0
        speakers = entry.speakers or corpus.speakers
        facts = CorpusFacts(corpus, outputs, wanted, protocol, content, left_out, speakers)
        if facts.note:
            self.listen(Notice(facts.note))
        return Gathered(facts, store)

    def look_up(self, entry: CorpusEntry) -> Opened:
        return look_up(entry, self.base, self.registry, self.entered)

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


def _store(entry: CorpusEntry, corpus: Corpus, given: Path | None, decode: bool, listen: Listener) -> Path | None:
    """Return the folder of the corpus' store, None where it is not prepared and shall not be."""
    from emonet.audio.prepare import finished_store, prepare

    # Without the files, what was prepared last is what there is.
    if find_root(corpus, given) is None and (last := current(corpus.id)):
        return last
    root = require_root(corpus, given)
    if not decode:
        return finished_store(corpus, root)
    prepared = prepare(corpus, root, listen=listen, remember=not entry.door)
    if prepared.problems and not prepared.reused:
        left_out = f"{corpus.id}: {counted(len(prepared.problems), 'file')} left out"
        which = entry.option if entry.door else corpus.id
        listen(Notice(f"{left_out}; `emonet corpora prepare {which}` lists them with their reasons."))
    return prepared.folder


def _table(store: Path) -> tuple[tuple[Utterance, ...], str]:
    """Return the utterances and the content hash of a store."""
    from emonet.audio.store import read_content, read_utterances

    return read_utterances(store), read_content(store)
