"""The command line. A command parses, calls one function, and prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    import faulthandler
    import sys

    from emonet.cli.app import INTERRUPTED, run_command

    if sys.stderr is not None:
        faulthandler.enable()  # a plugin or library that crashes natively is named by the traceback
    try:
        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:  # one more, while the first one was told
        code = INTERRUPTED
    sys.exit(code)
