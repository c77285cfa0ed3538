"""A task together with the store that its sound is in."""

from __future__ import annotations

from dataclasses import dataclass

from emonet.audio.store import Store
from emonet.corpus.corpus import PARTS
from emonet.learn.clips import Clips, clips_of
from emonet.recipe.task import Task


@dataclass(frozen=True)
class Prepared:
    """A task and where its sound is."""

    task: Task
    store: Store

    def clips(self, normalisation: str = "none") -> dict[str, Clips]:
        """Return the clips of every part."""
        stores = dict.fromkeys(self.task.corpora, self.store)
        return {part: clips_of(self.task, part, stores, normalisation) for part in PARTS}
