"""The clips of one split as a data set of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from emonet.audio.arrow import as_float
from emonet.audio.store import Store, open_store
from emonet.corpus.corpus import SPLITS, Utterance
from emonet.engine.gather import Gathered
from emonet.errors import EmonetError, UnknownName
from emonet.protocols.fold import Fold, Protocol

LabelledWave = tuple[Tensor, int | Tensor]
"""A wave (T,) float32 at 16 kHz, and its label: the number of its class, or the dimensions' numbers (D,) float32 in the
corpus' own unit."""


@dataclass(frozen=True, eq=False)
class ClipDataset(Dataset[LabelledWave]):
    """The clips of one split, whole.

    Attributes:
        utterances: the N utterances, in the order of the clips.
        labels: theirs: numbers of classes, or the numbers of each dimension.
        classes: the K classes in the order of their numbers; empty for dimensions.
        dimensions: names of the D dimensions; empty for classes.
        protocol: with its hash, which a score must not go without.
        fold: the fold that the split is of.
        folder: of the store that holds the waves.
    """

    utterances: tuple[Utterance, ...]
    labels: tuple[int | tuple[float, ...], ...]
    classes: tuple[str, ...]
    dimensions: tuple[str, ...]
    protocol: Protocol = field(repr=False)
    fold: str
    split: str
    folder: Path = field(repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open store behind, so that a loader's workers open it themselves and no audio travels to them."""
        return {name: value for name, value in vars(self).items() if name != "_store"}

    @cached_property
    def _store(self) -> Store:
        return open_store(self.folder)

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, number: int) -> LabelledWave:
        """Return a clip as (wave (T,), label)."""
        label = self.labels[number]
        wave = as_float(self._store.wave(self._store.row_of[self.utterances[number].id]))
        return torch.from_numpy(wave.copy()), label if isinstance(label, int) else torch.tensor(label)

    @staticmethod
    def collate(clips: Sequence[LabelledWave]) -> tuple[Tensor, Tensor, Tensor]:
        """Return clips as (waves (B, T), lengths (B,) in samples, labels (B,) or (B, D)), zeros behind short waves.

        Give it to a ``DataLoader`` as ``collate_fn``.
        """
        waves, labels = zip(*clips, strict=True)
        lengths = torch.tensor([len(wave) for wave in waves])
        return (
            pad_sequence(list(waves), batch_first=True),
            lengths,
            torch.stack([torch.as_tensor(each) for each in labels]),
        )


def split_of(gathered: Gathered, split: str, fold: str = "") -> ClipDataset:
    """Return the clips of one split of a corpus that is prepared.

    Raises:
        UnknownName: there is no such split or fold.
        EmonetError: the protocol has several folds, and none is named.
    """
    facts = gathered.facts
    if split not in SPLITS:
        raise UnknownName("split", split, SPLITS)
    found = _fold(facts.protocol, fold)
    chosen = [each for each in facts.utterances if found.splits.get(each.id) == split]
    labelled = [(each, label) for each in chosen if (label := facts.outputs.label_of(each)) is not None]
    if gathered.store is None:
        raise EmonetError(f"Corpus '{facts.corpus.id}' is not prepared. Run: emonet corpora prepare {facts.corpus.id}")
    return ClipDataset(
        utterances=tuple(each for each, _ in labelled),
        labels=tuple(label for _, label in labelled),
        classes=facts.outputs.classes,
        dimensions=tuple(each.name for each in facts.outputs.dimensions),
        protocol=facts.protocol,
        fold=found.name,
        split=split,
        folder=gathered.store,
    )


def _fold(protocol: Protocol, name: str) -> Fold:
    folds = {fold.name: fold for fold in protocol.folds}
    if not name and len(folds) > 1:
        raise EmonetError(f"{protocol.id} has {len(folds)} folds. Name one with fold=: {', '.join(folds)}.")
    if name and name not in folds:
        raise UnknownName(f"fold of {protocol.id}", name, folds)
    return folds[name or next(iter(folds))]
