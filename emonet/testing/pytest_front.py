"""The pytest front end of the contract kit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emonet.testing.runner import Planned, planned_checks

if TYPE_CHECKING:
    import pytest

    from emonet.testing.subjects import Options


def parametrize_checks(plugin: object, options: Options | None = None) -> pytest.MarkDecorator:
    """Make one test a check, out of a test function with the one argument ``check``.

    Expected failures that the objects declare become strict xfails.

    Args:
        plugin: a module with hooks, a corpus, or a list of these.
        options: component name -> options that make it small.
    """
    import pytest

    return pytest.mark.parametrize("check", [_case(planned) for planned in planned_checks(plugin, options)])


def _case(planned: Planned) -> Any:
    import pytest

    reason = planned.expected_failure
    # strict, so that a promise that is kept again loses its excuse.
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(planned, id=f"{planned.subject.name}-{planned.name}", marks=marks)
