"""Segments of one file that overlap and carry different labels."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from emonet.corpus.corpus import Utterance

_TOLERANCE = 0.02
"""Seconds that two segments may share: annotators set their ends to a frame, or round them."""


@dataclass
class Segments:
    """Where segments lie and which classes they have, 32 bytes for each; whole files are not among them.

    Attributes:
        ids: a hash of each segment's id.
        files: a hash of each path.
        bounds: start and end of each in s, one after the other; an end that is not given is endless.
        labels: a number for the classes of each.
    """

    ids: array[int] = field(default_factory=lambda: array("q"))
    files: array[int] = field(default_factory=lambda: array("q"))
    bounds: array[float] = field(default_factory=lambda: array("f"))
    labels: array[int] = field(default_factory=lambda: array("q"))

    def add(self, utterance: Utterance, targets: frozenset[str]) -> None:
        """Take in an utterance that is a part of a file.

        Args:
            utterance: it may be a whole file, which is passed over.
            targets: those of classes: numbers may well differ from window to window.
        """
        if utterance.start is None and utterance.end is None:
            return
        classes = [(name, label) for name, label in utterance.labels.items() if name in targets]
        self.ids.append(hash(utterance.id))
        self.files.append(hash(utterance.path))
        self.bounds.extend((utterance.start or 0.0, inf if utterance.end is None else utterance.end))
        self.labels.append(hash(tuple(sorted(classes))))

    def overlapping(self) -> set[int]:
        """Return the hashes of the ids of segments that overlap an earlier one with other classes."""
        return set(self._overlapping())

    def _overlapping(self) -> Iterator[int]:
        import numpy as np

        if not self.ids:
            return
        bounds = np.frombuffer(self.bounds, dtype=np.float32).reshape(-1, 2)
        order = np.lexsort((bounds[:, 0], np.frombuffer(self.files, dtype=np.int64)))
        last, ends = 0, dict[int, float]()
        for row in order.tolist():
            file, label, (start, end) = self.files[row], self.labels[row], bounds[row].tolist()
            if file != last:
                last, ends = file, {}
            if any(until > start + _TOLERANCE for other, until in ends.items() if other != label):
                yield self.ids[row]
            ends[label] = max(end, ends.get(label, 0.0))
