"""Audits of what a recipe or a command names: gathered corpora, their partitions and their audio."""

from __future__ import annotations

from collections.abc import Sequence

from emonet.audio.current import current
from emonet.audio.roots import find_root
from emonet.audit.copies import Copies, copies_between, copies_in, copies_in_corpus, copies_in_fold
from emonet.audit.finding import Finding, Verdict
from emonet.audit.lists import NameRules, partition_of_list
from emonet.audit.partition import Partition, audit_partition, partition_of
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.lists.entry import SplitList
from emonet.events import Listener, silent
from emonet.gather import Gathered
from emonet.recipe import Recipe
from emonet.strategies import strategy

NO_AUDIO = "audio not compared"


def audit_gathered(
    gathered: Sequence[Gathered], *, joint: bool = False, audio: bool = True, listen: Listener = silent
) -> tuple[Verdict, ...]:
    """Judge the partition of every corpus; audio is compared where corpora are prepared.

    Args:
        joint: whether corpora are learned from together.
        audio: compare the audio within and between the corpora.
    """
    distinct = {(each.facts.protocol.id, each.facts.protocol.hash): each for each in gathered}.values()
    partitions = [(each, _partition(each)) for each in distinct]
    copies = _copies(list(distinct), listen) if audio else None
    verdicts = []
    for each, partition in partitions:
        if copies is None or each.store is None:
            verdicts.append(audit_partition(partition, audio=NO_AUDIO))
            continue
        found = _of_audio(each, partition, copies)
        others = {
            other.facts.corpus.id: theirs.folds
            for other, theirs in partitions
            if other.store is not None and other.facts.corpus.id != each.facts.corpus.id
        }
        found += copies_between((each.facts.corpus.id, partition.folds), others.items(), copies, joint=joint)
        verdicts.append(audit_partition(partition, found, audio=_in_words(found)))
    return tuple(verdicts)


def audit_list(
    listed: SplitList, rules: NameRules, corpus: Corpus | None, *, audio: bool = True, listen: Listener = silent
) -> Verdict:
    """Judge a split list, by the corpus' own utterances and audio where they are here, else by its names."""
    from emonet.audio.store import open_store, read_utterances

    store = current(corpus.id) if corpus is not None else None
    here: Sequence[Utterance] = ()
    if corpus is not None and store is not None:
        here = read_utterances(store)
    elif corpus is not None and (root := find_root(corpus)) is not None:
        here = tuple(corpus.scan(root))
    partition = partition_of_list(listed, rules, corpus, here)
    if corpus is None or store is None or not audio:
        return audit_partition(partition, audio=NO_AUDIO)
    copies = copies_in([open_store(store)], listen)
    found = [copies_in_fold(fold, corpus.id, copies) for fold in partition.folds]
    return audit_partition(partition, found, audio=_in_words(found))


def learns_together(recipe: Recipe) -> bool:
    """Say whether a system of the recipe learns from several corpora."""
    return any(strategy(system.strategy).learns not in {"nothing", "features"} for system in recipe.systems.values())


def _partition(gathered: Gathered) -> Partition:
    facts = gathered.facts
    return partition_of(facts.protocol, facts.utterances, facts.outputs.classes, facts.outputs.target.name)


def _copies(gathered: Sequence[Gathered], listen: Listener) -> Copies:
    from emonet.audio.store import open_store

    folders = dict.fromkeys(each.store for each in gathered if each.store is not None)
    return copies_in([open_store(folder) for folder in folders], listen)


def _of_audio(gathered: Gathered, partition: Partition, copies: Copies) -> list[Finding]:
    facts = gathered.facts
    corpus = facts.corpus.id
    labels = {utterance.id: partition.label(utterance) or "" for utterance in facts.utterances}
    found = [copies_in_fold(fold, corpus, copies) for fold in partition.folds]
    return [*found, *copies_in_corpus(corpus, labels, copies)]


def _in_words(findings: Sequence[Finding]) -> str:
    """Return what a summary says of audio."""
    worst = max((each for each in findings if each.what.startswith("audio")), key=lambda each: each.count)
    if worst.level == "ok" and all(each.level == "ok" for each in findings if each.what.startswith("audio")):
        return "no duplicate audio across parts"
    return f"duplicate audio across parts ({worst.seen})" if worst.count else "duplicate audio in dev and train"
