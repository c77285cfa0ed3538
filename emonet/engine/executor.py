"""Where stages run: the contract of executors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from emonet.recipe.stage import Stage


class Executor(Protocol):
    """Runs stages, each after the stages it depends on."""

    def run(self, stages: Sequence[Stage], execute: Callable[[Stage], None]) -> None:
        """Call ``execute`` once for each stage, parents first; ``stages`` come in such an order."""
