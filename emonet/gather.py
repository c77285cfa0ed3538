"""Gathering the corpora of a recipe: found, prepared, split; what ``plan`` is to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emonet.audio.current import current, recorded_root
from emonet.audio.roots import find_root, require_root
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.manifest import manifest_corpus, manifest_root
from emonet.corpus.protocol import make_protocol
from emonet.errors import CorpusError, RecipeError
from emonet.events import Listener, Notice, silent
from emonet.plan import CorpusFacts
from emonet.plugin.registry import Registry
from emonet.recipe import CorpusEntry, Recipe
from emonet.task import chosen_classes


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
        RecipeError: one task twice.
    """
    gathered = [_gather_one(entry, recipe, base, registry, decode, listen) for entry in recipe.corpora]
    tasks = [(each.facts.corpus.id, each.facts.target.name) for each in gathered]
    for corpus_id, target in tasks:
        if tasks.count((corpus_id, target)) > 1:
            raise RecipeError(f"The recipe names '{corpus_id}/{target}' twice. Keep one of them.")
    return gathered


def _gather_one(
    entry: CorpusEntry, recipe: Recipe, base: Path, registry: Registry, decode: bool, listen: Listener
) -> Gathered:
    given = base / entry.root if entry.root else None
    if entry.manifest:
        corpus, given = _of_manifest(base / entry.manifest, given)
    else:
        corpus = registry.corpus(entry.id)
    target = corpus.target(entry.target)
    classes = chosen_classes(corpus, target, entry.classes)
    utterances, store, content = _table(corpus, given, decode, listen)
    wanted = tuple(utterance for utterance in utterances if utterance.labels.get(target.name) in classes)
    if not wanted:
        raise CorpusError(f"Corpus '{corpus.id}': no utterance has one of the labels {', '.join(classes)}.")
    choice = entry.protocol or recipe.protocol
    protocol = make_protocol(choice.name, choice.options, corpus, wanted)
    return Gathered(CorpusFacts(corpus, target, classes, wanted, protocol, content), store)


def _of_manifest(manifest: Path, root: Path | None) -> tuple[Corpus, Path]:
    found = root or manifest_root(manifest)
    return manifest_corpus(manifest, root=found), found


def _table(
    corpus: Corpus, given: Path | None, decode: bool, listen: Listener
) -> tuple[Sequence[Utterance], Path | None, str]:
    """Return utterances, store folder and content hash: of the store where there is one, else of the scan."""
    from emonet.audio.prepare import prepare
    from emonet.audio.store import read_content, read_utterances

    root = find_root(corpus, given)
    # Without the files, or for a mere plan, what was last prepared from this root is what there is.
    is_the_last = root is None or (not decode and recorded_root(corpus.id) == root.resolve())
    folder = current(corpus.id) if is_the_last else None
    if decode and folder is None:
        prepared = prepare(corpus, require_root(corpus, given), listen=listen)
        if prepared.problems and not prepared.reused:
            left_out = f"{corpus.id}: {len(prepared.problems)} files are left out"
            listen(Notice(f"{left_out}; `emonet corpora prepare {corpus.id}` lists them with their reasons."))
        folder = prepared.folder
    if folder is not None:
        return read_utterances(folder), folder, read_content(folder)
    return list(corpus.scan(require_root(corpus, given))), None, ""
