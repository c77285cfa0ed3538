"""Protocols for scripted corpora: no sentence in two splits, with or without the same speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emonet.corpus.corpus import Corpus, Utterance
from emonet.errors import CorpusError
from emonet.options import Share
from emonet.protocols.fold import Fold, Folds, Groups, groups_by, rotated, shuffled, too_few

TEXTS_APART = "folds go by text, so that no sentence is in two splits; speakers may be"
"""Why speakers stand in two splits of a text-independent protocol."""


def text_independent(
    corpus: Corpus, utterances: Sequence[Utterance], *, k: int = 5, dev: Share | None = None, seed: int = 1
) -> Folds:
    """Test every text in one of ``k`` folds, with other texts as dev; speakers stand in several splits.

    Texts are dealt out by the classes they are spoken in, so that a class with sentences of its own has some in
    each split where it has ``k`` of them.

    Args:
        k: number of folds; three at least, or two where ``dev`` is given.
        dev: the share of speakers whose train utterances become dev, for corpora with too few texts for a dev of
            its own texts: dev then shares its texts with train, never with test.

    Raises:
        CorpusError: an utterance without a text (or, for ``dev``, a speaker), or too few texts.
    """
    _check_blocks("text-independent", "text", k, least=3 if dev is None else 2)
    texts = _texts("text-independent", corpus, utterances, k, seed)
    if dev is None:
        return tuple(texts.fold(i, str(i + 1)) for i in range(k)), TEXTS_APART
    by_speaker = groups_by("speaker", corpus, utterances)
    speakers = shuffled(by_speaker.values(), seed)
    held = set(speakers[: max(1, round(dev * len(speakers)))])
    folds = []
    for i, block in enumerate(texts.blocks):
        rest = {id_: "dev" if speaker in held else "train" for id_, speaker in by_speaker.items()}
        splits = {id_: "test" if texts.groups[id_] in block else split for id_, split in rest.items()}
        folds.append(Fold(str(i + 1), splits))
    return tuple(folds), f"{TEXTS_APART}. Dev is {dev:.0%} of the speakers of train, with its texts"


def speaker_and_text_independent(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    *,
    speakers: int = 5,
    texts: int = 5,
    cross: bool = False,
    seed: int = 1,
) -> Folds:
    """Test speakers that train does not have on texts that it does not have; dev has others of both again.

    An utterance of a fold's train speakers with one of its test texts, and the like, is in no split of it.

    Args:
        speakers: number of blocks that the speakers are dealt out to, three at least.
        texts: number of blocks of texts, two at least; with two, dev has other speakers and train's texts.
        cross: test every block of speakers on every block of texts (``speakers * texts`` folds, each utterance
            once); otherwise each block of either kind is tested in one fold at least, and most pairs in none.

    Raises:
        CorpusError: an utterance without speaker or text, or too few of them.
    """
    name = "speaker-text-independent"
    _check_blocks(name, "speaker", speakers, least=3)
    _check_blocks(name, "text", texts, least=2)
    groups = groups_by("speaker", corpus, utterances)
    names = shuffled(groups.values(), seed)
    if len(names) < speakers:
        raise CorpusError(too_few(corpus, f"{name} with speakers={speakers}", "speaker", len(names), speakers))
    spoken = _Axis(groups, tuple(names[i::speakers] for i in range(speakers)))
    written = _texts(name, corpus, utterances, texts, seed)
    pairs = [(i, j) for i in range(speakers) for j in range(texts)]
    if not cross:
        pairs = [(i % speakers, i % texts) for i in range(max(speakers, texts))]
    return tuple(_both(spoken, written, i, j) for i, j in pairs), ""


@dataclass(frozen=True)
class _Axis:
    """One way to group utterances, and its groups dealt out to blocks."""

    groups: Groups
    blocks: Sequence[Sequence[str]]

    def fold(self, i: int, name: str) -> Fold:
        return rotated(self.groups, self.blocks, i, name)


def _both(speakers: _Axis, texts: _Axis, i: int, j: int) -> Fold:
    """Return the fold that tests block i of the speakers on block j of the texts."""
    name = f"{i + 1}-{j + 1}"
    by_speaker, by_text = speakers.fold(i, name).splits, texts.fold(j, name).splits
    if len(texts.blocks) == 2:  # too few for a dev of its own texts
        held = {id_: split if split == "test" else "" for id_, split in by_text.items()}
        by_text = {id_: split or by_speaker[id_].replace("test", "") for id_, split in held.items()}
    return Fold(name, {id_: split for id_, split in by_speaker.items() if by_text[id_] == split})


def _texts(name: str, corpus: Corpus, utterances: Sequence[Utterance], count: int, seed: int) -> _Axis:
    """Deal the texts out to blocks, one kind of text after the other: a kind is what classes it is spoken in."""
    texts = groups_by("text", corpus, utterances)
    shuffled_texts = shuffled(texts.values(), seed)
    if len(shuffled_texts) < count:
        few = len(shuffled_texts)
        fewer = "{k: 2, dev: 0.2}" if few == 2 else f"{{k: {few}}}"
        advice = f" Or ask for fewer: {name}: {fewer}." if few >= 2 and name == "text-independent" else ""
        raise CorpusError(too_few(corpus, f"{name} with {count} blocks of texts", "text", few, count) + advice)
    kinds: dict[tuple[str, ...], list[str]] = {}
    classes = _classes_of(corpus, utterances, texts)
    for text in shuffled_texts:
        kinds.setdefault(classes[text], []).append(text)
    dealt = [text for kind in sorted(kinds) for text in kinds[kind]]
    return _Axis(texts, tuple(dealt[i::count] for i in range(count)))


def _classes_of(corpus: Corpus, utterances: Sequence[Utterance], texts: Groups) -> Mapping[str, tuple[str, ...]]:
    target = next((target.name for target in corpus.targets if target.is_categorical), "")
    found: dict[str, set[str]] = {}
    for utterance in utterances:
        found.setdefault(texts[utterance.id], set()).add(str(utterance.labels.get(target, "")))
    return {text: tuple(sorted(labels)) for text, labels in found.items()}


def _check_blocks(name: str, field: str, blocks: int, *, least: int) -> None:
    if blocks < least:
        raise CorpusError(f"{name}: {blocks} blocks of {field}s are too few for train, dev and test. Give {least}.")
