"""Audits of what a recipe or a command names: corpora, their partitions and audio, and what systems learn before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from emonet.audio.roots import current, find_root, recorded_root, require_root, stores_of
from emonet.auditing.confounds import bands_finding, rate_findings
from emonet.auditing.copies import Copies, copies_between, copies_in, copies_in_corpus, copies_in_fold
from emonet.auditing.lists import NameRules, names_findings, partition_of_list
from emonet.auditing.partition import Partition, audit_partition, partition_of
from emonet.auditing.shared import Spellings
from emonet.corpus.corpus import Corpus, Utterance
from emonet.engine.gather import Gathered
from emonet.engine.leaks import KnownAudio, audit_systems
from emonet.errors import EmonetError
from emonet.events import Listener, silent
from emonet.findings import Finding, Verdict, over_folds
from emonet.protocols.matching import match
from emonet.protocols.split_list import SplitList
from emonet.recipe.provenance import heard_corpora
from emonet.recipe.recipe import Recipe
from emonet.recipe.stage import Plan

NO_AUDIO = "audio not compared"


def audit_gathered(
    gathered: Sequence[Gathered], *, audio: bool = True, listen: Listener = silent
) -> tuple[Verdict, ...]:
    """Judge the partition of every corpus, and copies of audio between corpora, wherever they are prepared.

    Args:
        audio: compare the audio within and between the corpora.
    """
    distinct = _distinct(gathered)
    copies = _copies(distinct, listen) if audio else None
    partitions = [(each, _partition(each)) for each in distinct]
    verdicts = []
    for each, partition in partitions:
        others = {
            other.facts.corpus.id: theirs.folds
            for other, theirs in partitions
            if other.store is not None and other.facts.corpus.id != each.facts.corpus.id
        }
        between = copies_between((each.facts.corpus.id, partition.folds), others.items(), copies) if copies else []
        verdicts.append(_judged(each, partition, copies, between))
    return tuple(verdicts)


def audit_plan(
    made: Plan, gathered: Sequence[Gathered], *, audio: bool = True, listen: Listener = silent
) -> tuple[Verdict, ...]:
    """Judge the partitions of a plan, and of every system what it has heard before it is tuned.

    Corpora are held against one another where a system learns from both, and nowhere else.

    Args:
        audio: compare the audio, where it is prepared.

    Raises:
        EmonetError: a file that a system starts from is not a checkpoint.
    """
    distinct = _distinct(gathered)
    copies = _copies(distinct, listen) if audio else None
    partitions = [_judged(each, _partition(each), copies) for each in distinct]
    stores = {each.facts.corpus.id: each.store for each in gathered if audio and each.store is not None}
    whole = audio and all(each.store is not None for each in gathered)
    return (*partitions, *audit_systems(made, KnownAudio(copies, stores, whole)), *_bands(made, stores))


def check_strict(recipe: Recipe, verdicts: Iterable[Verdict]) -> None:
    """Stop where a recipe is strict and its audit found a problem.

    Raises:
        EmonetError: naming every problem, and how to go on all the same.
    """
    problems = [each for each in verdicts if each.level == "problem"]
    if recipe.audit == "report" or not problems:
        return
    listed = "".join(
        f"\n  {verdict.subject}: {finding.what}: {finding.seen}"
        for verdict in problems
        for finding in over_folds(verdict.findings)
        if finding.level == "problem"
    )
    message = f"The audit found what makes scores untrue, so nothing was trained:{listed}\nMend that, or write"
    raise EmonetError(f"{message} audit: report into the recipe: then the run goes on, and its scores say so.")


def audit_list(
    listed: SplitList,
    rules: NameRules,
    corpus: Corpus | None,
    *,
    root: Path | None = None,
    audio: bool = True,
    listen: Listener = silent,
) -> Verdict:
    """Judge a split list, by the corpus' own utterances and audio where they are here, else by its names.

    Args:
        root: the folder of the corpus' files; by default, what was prepared last is taken.
    """
    from emonet.audio.store import open_store

    if corpus is None:
        return audit_partition(partition_of_list(listed, rules), audio=NO_AUDIO)
    here, store = _here(corpus, root)
    matched = match(listed.entries, here, corpus)
    partition = partition_of_list(listed, rules, corpus, here, matched)
    named = names_findings(matched, corpus) if here else []
    if store is None or not audio:
        return audit_partition(partition, named, audio=NO_AUDIO)
    copies, heard = copies_in([open_store(store)], listen), {utterance.id for utterance in here}
    found = [copies_in_fold(fold, corpus.id, copies, heard) for fold in partition.folds]
    which = _which_store(corpus, store)
    return audit_partition(partition, [*found, *named, *which], audio=_in_words(found))


def _here(corpus: Corpus, root: Path | None) -> tuple[Sequence[Utterance], Path | None]:
    """Return the utterances of a corpus on this machine, none where it is not here, and their store if there is one."""
    from emonet.audio.prepare import scan_corpus
    from emonet.audio.store import read_utterances

    store = current(corpus.id) if root is None else None
    if store is None and (found := find_root(corpus, root)) is not None:
        scan = scan_corpus(corpus, require_root(corpus, found))
        store = scan.store
        if store is None:
            return scan.utterances, None
    return (read_utterances(store), store) if store is not None else ((), None)


def _which_store(corpus: Corpus, store: Path) -> list[Finding]:
    """Return a finding on the store whose audio was compared, where the corpus has several."""
    others = [each for each in stores_of(corpus.id) if each != store]
    if not others:
        return []
    last = ", the one prepared last" if store == current(corpus.id) else ""
    root = f", from {recorded_root(corpus.id)}" if last else ""
    seen = f"{store.name[:8]} of {len(others) + 1} of this corpus{last}{root}"
    return [Finding("ok", "store", seen, advice="" if not last else "Another one: --root FOLDER.")]


def _distinct(gathered: Sequence[Gathered]) -> list[Gathered]:
    return list({(each.facts.protocol.id, each.facts.protocol.hash): each for each in gathered}.values())


def _judged(
    gathered: Gathered, partition: Partition, copies: Copies | None, between: Sequence[Finding] = ()
) -> Verdict:
    if copies is None or gathered.store is None:
        return audit_partition(partition, audio=NO_AUDIO)
    found = [*_of_audio(gathered, partition, copies), *between]
    return audit_partition(partition, found, audio=_in_words(found))


def _bands(made: Plan, stores: Mapping[str, Path]) -> list[Verdict]:
    """Return a verdict on corpora that some system learns from together and whose files have different bands."""
    from emonet.audio.store import read_rates

    stages = {stage.key: stage for stage in made.stages}
    together = {frozenset(heard_corpora(stage, stages)) for stage in made.stages if stage.scored}
    known = {corpus: set(read_rates(folder).values()) for corpus, folder in stores.items() if len(stores) > 1}
    apart = [
        found
        for corpora in sorted(together, key=len, reverse=True)
        if (found := bands_finding({corpus: known[corpus] for corpus in corpora & known.keys()}))
    ]
    told = [Verdict(subject=one.what, hash="", level=one.level, summary=one.seen, findings=(one,)) for one in apart]
    return told[:1]


def _partition(gathered: Gathered) -> Partition:
    facts = gathered.facts
    names = Spellings(facts.corpus.names_apart, in_entry=facts.corpus.speakers == "open")
    target = facts.outputs.target.name
    return partition_of(facts.protocol, facts.utterances, facts.outputs.classes, target, names=names)


def _copies(gathered: Sequence[Gathered], listen: Listener) -> Copies:
    from emonet.audio.store import open_store

    folders = dict.fromkeys(each.store for each in gathered if each.store is not None)
    return copies_in([open_store(folder) for folder in folders], listen)


def _of_audio(gathered: Gathered, partition: Partition, copies: Copies) -> list[Finding]:
    from emonet.audio.store import read_rates

    facts = gathered.facts
    corpus = facts.corpus.id
    labels = {utterance.id: partition.label(utterance) or "" for utterance in facts.utterances}
    found = [copies_in_fold(fold, corpus, copies) for fold in partition.folds]
    rates = read_rates(gathered.store) if gathered.store is not None else {}
    told = [(label, rates[id_]) for id_, label in labels.items() if label and id_ in rates]
    return [*found, *copies_in_corpus(corpus, labels, copies), *rate_findings(told)]


def _in_words(findings: Sequence[Finding]) -> str:
    """Return what a summary says of audio."""
    worst = max(over_folds(each for each in findings if each.what.startswith("audio")), key=lambda each: each.badness)
    if worst.level == "ok":
        return "no duplicate audio across splits"
    if not worst.rank and not worst.count:
        return f"audio {worst.seen}"
    return f"duplicate audio across splits ({worst.seen})" if worst.count else "duplicate audio in dev and train"
