"""Work in threads: in order, bounded, and stopped at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from emonet.audio.parallel import default_workers, in_order


def test_results_come_in_order_and_are_made_little_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    with in_order(lambda number: number**2, items(), 2) as results:
        assert next(results) == 0
        assert len(taken) == 5
        assert list(results) == [number**2 for number in range(1, 50)]


def test_leaving_drops_what_has_not_begun() -> None:
    begun: list[int] = []
    gate = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number:
            gate.wait(20)
        return number

    def leave() -> None:
        with in_order(work, range(100), 1) as results:
            next(results)
            threading.Timer(0.05, gate.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert len(begun) <= 3


def test_the_number_of_threads_is_bounded() -> None:
    assert 1 <= default_workers() <= 8
