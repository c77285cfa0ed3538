"""What corpora make of their labels: which have arousal and valence, from where, and who disagrees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from emonet.affect import Affect
from emonet.corpus.corpus import Corpus, Target
from emonet.labels.ontology import Ontology
from emonet.labels.words import Contest

Status = Literal["Table 2", "card", "canonical word", "recipe", "unmapped", "no emotion"]


@dataclass(frozen=True, slots=True)
class Covered:
    """One label of a corpus.

    Attributes:
        word: its canonical word, empty where no word has this spelling.
        status: whether its cell is that of the paper's Table 2, or the card's own with a reason, or, for a corpus
            without a card, that of its canonical word or of the recipe; ``no emotion`` where a card says so of the
            target; ``unmapped`` where nobody says anything.
        affect: the cell that the corpus uses.
        proposal: the canonical word's cell, where the corpus has none.
        contested: who puts the word into another cell, the canonical words included.
    """

    corpus: str
    target: str
    label: str
    word: str
    status: Status
    affect: Affect | None
    proposal: Affect | None
    contested: tuple[Contest, ...]


def coverage_of(corpora: Iterable[Corpus], ontology: Ontology, without_card: Collection[str] = ()) -> Iterator[Covered]:
    """Yield every label of every target with classes; ``without_card`` are the ids of corpora that came by a door."""
    for corpus in corpora:
        for target in corpus.targets:
            for label in target.classes:
                yield _covered(corpus, target, label, ontology, stated=corpus.id not in without_card)


def users_of(corpora: Iterable[Corpus], ontology: Ontology) -> dict[str, list[str]]:
    """Return which corpora use each canonical word."""
    users: dict[str, list[str]] = {name: [] for name in ontology.words}
    for each in coverage_of(corpora, ontology):
        if each.word and each.status != "no emotion" and each.corpus not in users[each.word]:
            users[each.word].append(each.corpus)
    return users


def _covered(corpus: Corpus, target: Target, label: str, ontology: Ontology, *, stated: bool) -> Covered:
    word = ontology.canonical(label) or ""
    affect, known = target.affect.get(label), ontology.words.get(word)
    if affect is not None:
        own: Status = "card" if stated else "canonical word" if known and known.affect == affect else "recipe"
        status: Status = own if affect.reason else "Table 2"
    else:
        status = "no emotion" if stated and not target.affect else "unmapped"
    proposal = known.affect if known and status == "unmapped" else None
    contested = known.contested if known and status != "no emotion" else ()
    if known and known.affect and affect and _cell(known.affect) != _cell(affect):
        contest = Contest(f"the canonical word '{word}'", known.affect.arousal, known.affect.valence)
        contested = (contest, *contested)
    used = affect or proposal
    others = tuple(contest for contest in contested if used is None or not _agrees(contest, used))
    return Covered(corpus.id, target.name, label, word, status, affect, proposal, others)


def _cell(affect: Affect) -> tuple[str, str]:
    return affect.arousal, affect.valence


def _agrees(contest: Contest, affect: Affect) -> bool:
    return contest.arousal in {None, affect.arousal} and contest.valence in {None, affect.valence}
