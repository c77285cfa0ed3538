"""Files found by the end of their path, in one string of memory for each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

_AFTER_SLASH = chr(ord("/") + 1)


class Tails:
    """The POSIX paths of a folder, each found by itself or by any of its ends that begin after a slash."""

    def __init__(self, paths: Iterable[str]) -> None:
        # read backwards, all paths with one end stand next to each other
        self._backwards = sorted(path[::-1] for path in paths)

    def find(self, tail: str) -> str | None:
        """Return the path that is ``tail`` or ends in it, None where there is none.

        Of several, the shallowest counts, e.g. where a copy lies in a folder of its own; then the first by name.
        """
        key = tail[::-1]
        exact = bisect_left(self._backwards, key)
        if self._backwards[exact : exact + 1] == [key]:
            return tail
        begin, end = (bisect_left(self._backwards, key + sign) for sign in ("/", _AFTER_SLASH))
        found = (path[::-1] for path in self._backwards[begin:end])
        return min(found, key=lambda path: (path.count("/"), path.split("/")), default=None)
