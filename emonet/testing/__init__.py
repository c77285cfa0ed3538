"""The contract kit: what every corpus, extractor, frontend, backbone, adapter and executor promises, as checks to run.

A plugin's own tests need three lines::

    @parametrize_checks(my_plugin)
    def test_my_plugin_keeps_its_promises(check):
        check()

A check that cannot hold is declared on the object itself, with its reason:
``expected_failures = {"check_name": "why"}``. It must then fail, or the check fails for passing.
"""

from __future__ import annotations

from emonet.testing.fake import fake_release
from emonet.testing.runner import Result, all_checks, check_plugin, parametrize_checks, run_checks

__all__ = ["Result", "all_checks", "check_plugin", "fake_release", "parametrize_checks", "run_checks"]
