"""The id of a task: which target of which corpus is learned."""

from __future__ import annotations

from typing import NamedTuple


class TaskId(NamedTuple):
    """A corpus and a target of it; as text, which recipes, plans and scores hold, ``corpus/target``.

    Several targets that one head learns are joined by ``+``.

    >>> TaskId("foo", "emotion").text, TaskId.of("foo/valence+arousal").target, TaskId.of("foo")
    ('foo/emotion', 'valence+arousal', TaskId(corpus='foo', target=''))
    """

    corpus: str
    target: str

    @classmethod
    def of(cls, text: str) -> TaskId:
        """Return the id that a text stands for; without a slash, the text is a corpus alone."""
        corpus, _, target = text.partition("/")
        return cls(corpus, target)

    @property
    def text(self) -> str:
        """The id as text."""
        return f"{self.corpus}/{self.target}"
