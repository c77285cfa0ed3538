"""The command line. A command parses, calls one function, and prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    import faulthandler
    import sys

    from emonet.cli.app import run_command

    if sys.stderr is not None:
        faulthandler.enable()  # a plugin or library that crashes natively is named by the traceback
    sys.exit(run_command(sys.argv[1:]))
