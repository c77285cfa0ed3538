"""The command line. A command parses, calls one function, and prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    import sys

    from emonet.cli.app import run_command

    sys.exit(run_command(sys.argv[1:]))
