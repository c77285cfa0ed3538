"""The command line, run in this process."""

from __future__ import annotations

import pytest

from emonet.cli.app import run_command


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command line; return its exit code, stdout and stderr."""
    code = run_command(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err
