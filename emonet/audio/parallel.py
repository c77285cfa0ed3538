"""Work in threads, with results in order and never more than a few of them waiting."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_MOST = 8
"""Threads by default at most: whether more pay is not measured."""


def default_workers() -> int:
    """Return how many threads decode or extract where the user does not say."""
    return min(_MOST, os.cpu_count() or 1)


@contextmanager
def in_order(
    work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int | None
) -> Iterator[Iterator[_Result]]:
    """Give the results of ``work`` on each item, in the items' order, made at most ``2 * workers`` ahead.

    When the block is left, by an error or Ctrl-C too, what has not begun is dropped and what runs is waited for.
    """
    count = workers or default_workers()
    with ThreadPoolExecutor(count) as pool, closing(_results(pool, work, items, 2 * count)) as results:
        yield results


def _results(
    pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int
) -> Generator[_Result, None, None]:
    waiting: deque[Future[_Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
