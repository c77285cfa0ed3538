"""The local executor; the contract kit holds it to what all executors promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.engine.executor import Job
from emonet.engine.jobs import hosting
from emonet.plugin.registry import load_registry
from emonet_plugins import factories


def test_jobs_are_done_in_this_process_in_the_order_given(tmp_path: Path) -> None:
    ran: list[str] = []
    plan = tmp_path / "plan.json"
    with hosting(plan, ran.append):
        factories.local().run([Job(key, (), plan) for key in ("shared", "one", "two")])
    assert ran == ["shared", "one", "two"]


def test_a_failure_ends_the_run_and_reaches_the_caller(tmp_path: Path) -> None:
    ran: list[str] = []
    plan = tmp_path / "plan.json"

    def do(key: str) -> None:
        ran.append(key)
        if key == "one":
            raise RuntimeError("no memory left")

    with hosting(plan, do), pytest.raises(RuntimeError, match="no memory left"):
        factories.local().run([Job(key, (), plan) for key in ("shared", "one", "two")])
    assert ran == ["shared", "one"]


def test_the_registry_builds_it_as_the_default() -> None:
    registry = load_registry()
    name = registry.default("executors")
    assert type(registry.build("executors", name, {})) is type(factories.local())
