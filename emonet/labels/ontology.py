"""The ontology: all canonical words that plugins bring, found by any of their spellings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from emonet.affect import Affect
from emonet.corpus.corpus import Corpus, Target
from emonet.errors import CorpusError, PluginError, UnknownName, did_you_mean
from emonet.labels.words import Word, spelling

_NEAR = 0.75
"""Likeness (0 to 1) from which a spelling is proposed for another."""


@dataclass(frozen=True)
class Ontology:
    """Canonical words by name, and the name behind every spelling."""

    words: Mapping[str, Word]
    spellings: Mapping[str, str]

    def canonical(self, label: str) -> str | None:
        """Return the canonical word of a label in any known spelling, None for an unknown one."""
        return self.spellings.get(spelling(label))

    def nearest(self, label: str) -> str | None:
        """Return the canonical word whose spelling is nearest to an unknown one, None where nothing is near."""
        near = difflib.get_close_matches(spelling(label), self.spellings, n=1, cutoff=_NEAR)
        return self.spellings[near[0]] if near else None

    def word(self, label: str) -> Word:
        """Return the canonical word of a label.

        Raises:
            UnknownName: no word has this spelling.
        """
        name = self.canonical(label)
        if name is None:
            raise UnknownName("label", label, self.words)
        return self.words[name]

    def aliases(self, name: str) -> tuple[str, ...]:
        """Return all other spellings of a canonical word, as they are written."""
        return tuple(dict.fromkeys(alias for listed in self.word(name).aliases.values() for alias in listed))

    def cell(self, label: str) -> Affect | None:
        """Return arousal and valence of a label in any spelling, None where nobody gives them."""
        name = self.canonical(label)
        return None if name is None else self.words[name].affect

    def sense(self, name: str) -> str:
        """Return the word that stands for ``name`` in a label space of several corpora."""
        word = self.words.get(name)
        return word.same_as or name if word else name

    def family(self, name: str) -> str:
        """Return the widest word that ``name`` belongs to; a word without a family is its own."""
        word = self.words.get(self.sense(name))
        return self.family(word.family) if word and word.family else self.sense(name)


def with_cells(corpus: Corpus, ontology: Ontology, given: Mapping[str, Affect]) -> Corpus:
    """Return a corpus without a card with arousal and valence of the labels that are known.

    Args:
        given: label -> cell, as a recipe says it; it goes before the ontology's.

    Raises:
        CorpusError: a cell is given for a label that no target has.
    """
    labels = [label for target in corpus.targets for label in target.classes]
    for label in given:
        if label not in labels:
            hint = did_you_mean(label, labels)
            message = f"Corpus '{corpus.id}': affect for '{label}', which is not a label of it. {hint}"
            raise CorpusError(f"{message.strip()} Labels: {', '.join(labels)}.")
    targets = tuple(replace(target, affect=_cells_of(target, ontology, given)) for target in corpus.targets)
    unknown = [label for each in targets if each.affect for label in each.classes if label not in each.affect]
    if not unknown:
        return replace(corpus, targets=targets)
    way = f"affect: {{{unknown[0]}: {{arousal: ..., valence: ..., reason: ...}}}} in the corpus' entry gives them"
    note = f"Arousal and valence of {', '.join(unknown)} are not known; {way}."
    return replace(corpus, targets=targets, notes=(*corpus.notes, note))


def _cells_of(target: Target, ontology: Ontology, given: Mapping[str, Affect]) -> dict[str, Affect]:
    found = ((label, given.get(label) or ontology.cell(label)) for label in target.classes)
    return {label: cell for label, cell in found if cell is not None}


def ontology_of(brought: Iterable[tuple[Word, str]]) -> Ontology:
    """Join the words of several plugins: (word, who brings it).

    Two plugins may bring one word, to add spellings to it, as long as they agree on all else.

    Raises:
        PluginError: two words claim one spelling, two plugins disagree on a word, or a word leads to an unknown one.
    """
    words: dict[str, Word] = {}
    owners: dict[str, str] = {}
    for word, owner in brought:
        known = words.get(word.name)
        words[word.name] = word if known is None else _joined(known, word, owners[word.name], owner)
        owners.setdefault(word.name, owner)
    spellings: dict[str, str] = {}
    for word in words.values():
        for written in _written(word):
            other = spellings.setdefault(spelling(written), word.name)
            if other != word.name:
                told = f"'{written}' stands for '{other}' ({owners[other]}) and for '{word.name}' ({owners[word.name]})"
                raise PluginError(f"The label {told}. Keep it under one of the two words.")
    for word in words.values():
        _check_leads(word, words, owners[word.name])
    return Ontology(MappingProxyType(words), MappingProxyType(spellings))


def _written(word: Word) -> Iterator[str]:
    yield word.name
    for listed in word.aliases.values():
        yield from listed


def _joined(one: Word, two: Word, owner: str, other: str) -> Word:
    for field in ("affect", "same_as", "family"):
        mine, theirs = getattr(one, field), getattr(two, field)
        if mine and theirs and mine != theirs:
            told = f"{owner} says {mine}, {other} says {theirs}"
            message = f"Two plugins disagree on {field} of the word '{one.name}': {told}. "
            raise PluginError(f"{message}Leave it out of one of them, or choose another word.")
    languages = {**one.aliases, **two.aliases}
    aliases = {language: (*one.aliases.get(language, ()), *two.aliases.get(language, ())) for language in languages}
    return replace(
        one,
        affect=one.affect or two.affect,
        aliases=aliases,
        same_as=one.same_as or two.same_as,
        family=one.family or two.family,
        contested=(*one.contested, *two.contested),
    )


def _check_leads(word: Word, words: Mapping[str, Word], owner: str) -> None:
    for field in ("same_as", "family"):
        name = getattr(word, field)
        if name and name not in words:
            problem = UnknownName("word", name, words)
            raise PluginError(f"{owner}: {field} of the word '{word.name}': {problem}")
    seen = [word.name]
    while following := words[seen[-1]].same_as or words[seen[-1]].family:
        if following in seen:
            raise PluginError(
                f"{owner}: the words {', '.join(seen)} lead in a circle. Leave out one same_as or family."
            )
        seen.append(following)
