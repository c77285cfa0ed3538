"""Gathering the corpora of a recipe: found, prepared, split; what ``plan`` is to know of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
from emonet.plan import Checkpoint, CorpusFacts
from emonet.plugin.registry import Registry
from emonet.recipe import CorpusEntry, Recipe
from emonet.task import chosen_classes
from emonet.wording import counted


@dataclass(frozen=True)
class Gathered:
    """A corpus of the recipe: its facts, and the folder of its store (None while it is not prepared)."""

    facts: CorpusFacts
    store: Path | None


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
        RecipeError: one task twice, or two corpora under one id.
    """
    gathered = [
        gather_corpus(entry, recipe.protocol, base, registry, decode=decode, listen=listen) for entry in recipe.corpora
    ]
    tasks = [(each.facts.corpus.id, each.facts.target.name) for each in gathered]
    for corpus_id, target in tasks:
        if tasks.count((corpus_id, target)) > 1:
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
    for name, system in recipe.systems.items():
        if system.source is None:
            continue
        if system.source.corpus is not None:
            source = system.source.corpus
            sources[name] = gather_corpus(source, recipe.protocol, base, registry, decode=decode, listen=listen)
            continue
        path = base / Path(system.source.checkpoint).expanduser()
        if not path.is_file():
            raise RecipeError(f"System '{name}': there is no checkpoint {path}. Check source: {{checkpoint: ...}}.")
        sources[name] = Checkpoint(str(path), sha256_of(path))
    return sources


def check_stores(gathered: Iterable[Gathered]) -> None:
    """Refuse two different corpora under one id, sources included.

    Raises:
        RecipeError: naming the id.
    """
    first: dict[str, Gathered] = {}
    for each in gathered:
        known = first.setdefault(each.facts.corpus.id, each)
        if (known.store, known.facts.content) != (each.store, each.facts.content):
            message = f"The recipe names two different corpora with the id '{each.facts.corpus.id}'."
            raise RecipeError(f"{message} Rename the manifest, or give one root for both targets.")


def gather_corpus(
    entry: CorpusEntry, choice: Choice, base: Path, registry: Registry, *, decode: bool, listen: Listener = silent
) -> Gathered:
    """Look up, prepare and split one corpus, by its entry's own protocol or else by ``choice``; see ``gather``."""
    given = base / Path(entry.root).expanduser() if entry.root else None
    if entry.door:
        corpus, given = enter(entry, base, given)
    else:
        corpus = registry.corpus(entry.id)
    target = corpus.target(entry.target)
    classes = chosen_classes(corpus, target, entry.classes)
    store = _store(entry, corpus, given, decode, listen)
    utterances, content = _table(store) if store else (tuple(corpus.scan(require_root(corpus, given))), "")
    wanted = tuple(utterance for utterance in utterances if utterance.labels.get(target.name) in classes)
    if not wanted:
        raise CorpusError(f"Corpus '{corpus.id}': no utterance has one of the labels {', '.join(classes)}.")
    choice = entry.protocol or choice
    protocol = make_protocol(choice.name, choice.options, corpus, wanted, base=base)
    return Gathered(CorpusFacts(corpus, target, classes, wanted, protocol, content), store)


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
