"""The executor that needs nothing but this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emonet.recipe.stage import Stage


class LocalExecutor:
    """Runs stages in this process, one after another in the order given."""

    def run(self, stages: Sequence[Stage], execute: Callable[[Stage], None]) -> None:
        """Call ``execute`` once for each stage; the first failure ends the run and reaches the caller."""
        for stage in stages:
            execute(stage)
