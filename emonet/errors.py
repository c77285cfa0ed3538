"""Errors that users meet: what happened, what was expected, what to do; and the words they are said in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from opcode import opmap
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar


class EmonetError(Exception):
    """A failure with a text meant for the user; the CLI prints it without a traceback."""


class RecipeError(EmonetError):
    """A recipe that cannot be run as written."""


class CorpusError(EmonetError):
    """A corpus card, a corpus folder or a protocol that is not what it should be."""


class PluginError(EmonetError):
    """A plugin that cannot be loaded, or two plugins that claim one name."""


Returned = TypeVar("Returned")


def contained(call: Callable[..., Returned], *arguments: Any, **named: Any) -> Returned:
    """Call a stranger's function; whatever it ends with but for Ctrl-C can be caught as an exception.

    Raises:
        PluginError: it left the program, or raised what is not an ``Exception``; the text says where.
    """
    try:
        return call(*arguments, **named)
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as problem:
        where = f"{told(problem)} ({place_of(problem)})"
        raise PluginError(f"{where}, which ends a program; raise an Exception there instead") from problem


def place_of(problem: BaseException) -> str:
    """Return file and line of what raised something."""
    trace = _innermost(problem)
    return f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace else "nobody knows where"


def is_raised(problem: BaseException) -> bool:
    """Say whether a statement ``raise`` raised something, and not a signal that came in between."""
    trace = _innermost(problem)
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def _innermost(problem: BaseException) -> TracebackType | None:
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def told(problem: BaseException) -> str:
    """Return what was raised, with its kind; a ``PluginError`` is a sentence already."""
    return str(problem) if isinstance(problem, PluginError) else f"{type(problem).__name__}: {problem}"


class ContractError(EmonetError):
    """A component that breaks a promise of its kind."""


class Damaged(EmonetError):
    """A kept file that is not what was written; ``path`` names it."""

    def __init__(self, path: Path, reason: str, advice: str = "") -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: this file is damaged ({reason}). {advice}".rstrip())


class MissingExtra(EmonetError):
    """An optional dependency that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}'. Install it: pip install 'emonet[{extra}]'")


class UnknownName(EmonetError):
    """A name that nothing is registered under."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, note: str = "") -> None:
        names = sorted(known)
        listed = ", ".join(names) if names else "none"
        parts = [f"Unknown {kind} '{name}'.", did_you_mean(name, names), f"Known: {listed}.", note]
        super().__init__(" ".join(part for part in parts if part))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that proposes the known word nearest to ``word``, or an empty string.

    >>> did_you_mean("angre", ["anger", "fear"])
    "Did you mean 'anger'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts; ``many`` where an s does not make the plural.

    >>> counted(1, "run"), counted(0, "run"), counted(2, "corpus", "corpora")
    ('1 run', '0 runs', '2 corpora')
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"


class AudioProblem(EmonetError):
    """An audio file that gives no usable wave.

    Its text is a short reason without the file's name, so that equal problems of many files read the same.
    """

    @property
    def reason(self) -> str:
        """Return the reason, e.g. ``missing``."""
        return str(self)


class Unusable(AudioProblem):
    """An audio file that can be decoded, but holds nothing that could be speech."""
