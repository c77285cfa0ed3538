"""A task together with the store that its sound is in."""

from __future__ import annotations

from dataclasses import dataclass

from emonet.audio.store import Store
from emonet.corpus.corpus import SPLITS
from emonet.learn.clips import Clips, clips_of
from emonet.recipe.task import Task


@dataclass(frozen=True)
class Prepared:
    """A task and where its sound is."""

    task: Task
    store: Store

    def clips(self, normalisation: str = "none") -> dict[str, Clips]:
        """Return the clips of every split."""
        stores = dict.fromkeys(self.task.corpora, self.store)
        return {split: clips_of(self.task, split, stores, normalisation) for split in SPLITS}
