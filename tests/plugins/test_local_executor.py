"""The local executor."""

from __future__ import annotations

import pytest

from emonet.plugin.registry import load_registry
from emonet_plugins import factories


def test_every_stage_runs_once_in_the_order_given() -> None:
    ran: list[str] = []
    factories.local().run(["shared", "one", "two"], ran.append)
    assert ran == ["shared", "one", "two"]


def test_a_failure_ends_the_run_and_reaches_the_caller() -> None:
    ran: list[str] = []

    def execute(stage: str) -> None:
        ran.append(stage)
        if stage == "one":
            raise RuntimeError("no memory left")

    with pytest.raises(RuntimeError, match="no memory left"):
        factories.local().run(["shared", "one", "two"], execute)
    assert ran == ["shared", "one"]


def test_no_stages_are_no_work() -> None:
    factories.local().run([], pytest.fail)


def test_the_registry_builds_it() -> None:
    assert type(load_registry().build("executors", "local", {})) is type(factories.local())
