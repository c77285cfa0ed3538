"""How often each label of a corpus occurs: in what is prepared, or as its card documents it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from emonet.audio.current import current
from emonet.corpus.corpus import Corpus, Target


@dataclass(frozen=True)
class LabelCounts:
    """Utterances by label, and whether they were counted in the prepared data or taken from the card."""

    origin: Literal["prepared", "card", "unknown"]
    by_label: Mapping[str, int] = field(default_factory=dict)


def label_counts(corpus: Corpus, target: Target) -> LabelCounts:
    """Count a target's labels without opening any audio.

    Raises:
        CorpusError: the store that was prepared last is damaged.
    """
    store = current(corpus.id)
    if store is not None:
        from emonet.audio.store import read_utterances

        found = Counter(str(utterance.labels.get(target.name)) for utterance in read_utterances(store))
        return LabelCounts("prepared", {label: found[label] for label in target.classes})
    documented = corpus.expected.per_class.get(target.name, {})
    return LabelCounts("card" if documented else "unknown", dict(documented))
