"""The ``emonet`` command: its groups, its exit codes, and how a failure reads."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from emonet.cli.console import Interrupted, complain, own_stdout, take_any_letter
from emonet.errors import EmonetError, place_of, told

SUCCESS, FINDINGS, ERROR, INTERRUPTED = 0, 1, 2, 130

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        name: f"emonet.cli.{name}"
        for name in (
            "audit",
            "cache",
            "corpora",
            "labels",
            "pack",
            "plugins",
            "predict",
            "protocol",
            "recipe",
            "report",
            "run",
            "runs",
        )
    }
)
"""Command -> the module whose ``app`` it is; imported when the command is asked for."""

UsageError: type[Exception] = typer.BadParameter.__mro__[1]

_EPILOG = (
    "Exit codes: 0 success; 1 findings (a check found problems); 2 errors (the text says what to do); "
    "130 interrupted (run the same command again: it goes on where it was)."
)


_INTERRUPTED = "Interrupted. Run the same command again: it goes on where it was."


class LazyGroup(TyperGroup):
    """A group that imports a command's module when that command is asked for, so that listing stays fast."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names only, for did-you-mean

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, or None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(importlib.import_module(COMMANDS[cmd_name]).app)
        command.name = cmd_name
        for each in (command, *getattr(command, "commands", {}).values()):
            each.get_params = partial(_eased, each.get_params)
            each.callback = own_stdout(each.callback) if each.callback else None
        return command

    def get_params(self, ctx: Any) -> Any:
        """Return the options of ``emonet`` itself."""
        return _eased(super().get_params, ctx)


def _eased(params_of: Callable[..., Any], ctx: Any) -> Any:
    """Return a command's parameters, which typer converts only where it must: to do so, it loads pydantic (0.1 s)."""
    params = params_of(ctx)
    for param in params:
        if not isinstance(param.process_value, partial):
            param.process_value = partial(_taken, param, param.process_value)
    return params


def _taken(param: Any, convert: Callable[..., Any], ctx: Any, value: Any) -> Any:
    """Return a parameter's default and a text as they are, anything else as typer converts it."""
    is_text = isinstance(value, str) and getattr(getattr(param, "type_descriptor", None), "annotation", None) is str
    is_default = value is param.default and not param.required
    if not (is_text or is_default):
        return convert(ctx, value)
    return value if param.callback is None else param.callback(ctx, param, value)


app = typer.Typer(cls=LazyGroup, epilog=_EPILOG, add_completion=False, no_args_is_help=True)


@app.callback()
def emonet(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error comes from.")] = False,
) -> None:
    """Multi-corpus speech emotion recognition: corpora, recipes, runs, and scores with their protocol."""


def run_command(arguments: Sequence[str]) -> int:
    """Run ``emonet`` with these arguments and return its exit code; every failure is one message on stderr."""
    # --debug is taken out wherever it stands, so that it can be added to the end of a line that failed.
    debug = "--debug" in arguments
    take_any_letter()
    rest = [argument for argument in arguments if argument != "--debug"]
    if rest == ["--version"]:
        sys.stdout.write(f"emonet {_version()}\n")
        return SUCCESS
    try:
        code = typer.main.get_command(app).main(args=rest, prog_name="emonet", standalone_mode=False)
        sys.stdout.flush()
    except Exception as problem:  # noqa: BLE001 - the last place where a failure can be told in words
        return _explain(problem, debug=debug)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as problem:  # noqa: BLE001 - whoever leaves must not make a success of what was not done
        return _explain_leaving(problem)
    if code == INTERRUPTED:  # typer's word for Ctrl-C
        complain(_INTERRUPTED)
    return code if isinstance(code, int) else SUCCESS


def _explain(problem: Exception, *, debug: bool) -> int:
    if isinstance(problem, BrokenPipeError):
        return _stop_writing()
    if isinstance(problem, typer.Abort) and isinstance(problem.__cause__, EOFError):
        problem = problem.__cause__  # which typer takes for Ctrl-D, though nothing here asks a question
    if isinstance(problem, (typer.Abort, Interrupted)):
        complain(str(problem) or _INTERRUPTED)
        return INTERRUPTED
    known = isinstance(problem, (EmonetError, UsageError, OSError, UnicodeEncodeError))
    if debug or not known:
        traceback.print_exception(problem)
    if not known:
        complain("Error: this is a fault of the program, not of what you gave it. Please report the lines above.")
    elif not _is_help(problem):
        complain(f"Error: {_sentence(problem)}")
    return ERROR


def _explain_leaving(problem: BaseException) -> int:
    """Leave quietly where a pipe was closed, as rich and typer do; else name who would have ended the program."""
    before: BaseException | None = problem
    while before is not None:
        if isinstance(before, OSError) and before.errno == errno.EPIPE:
            return _stop_writing()
        before = before.__context__
    what = f"The command ended before it was done: {told(problem)} was raised in {place_of(problem)}."
    advice = "A plugin, component or library must not leave the program: have it raise an Exception, or do without it."
    complain(f"Error: {what} {advice}")
    return ERROR


def _is_help(problem: Exception) -> bool:
    """Say whether no arguments were given and the help is printed already."""
    if type(problem).__name__ != "NoArgsIsHelpError":
        return False
    problem.show()  # type: ignore[attr-defined]
    return True


def _sentence(problem: Exception) -> str:
    if isinstance(problem, UsageError):
        context = getattr(problem, "ctx", None)
        path = context.command_path if context else "emonet"
        return f"{problem.format_message()}\nSee: {path} --help"  # type: ignore[attr-defined]
    if isinstance(problem, OSError):
        return _system_sentence(problem)
    if isinstance(problem, UnicodeEncodeError):
        text = (
            f"'{ascii(problem.object)[1:-1]}' has letters that the encoding '{problem.encoding}' of this locale lacks"
        )
        return f"{text}. Choose a UTF-8 locale, e.g. LC_ALL=C.UTF-8, and run the same command again."
    return str(problem)


def _system_sentence(problem: OSError) -> str:
    where = f" ({problem.filename})" if problem.filename else ""
    if problem.errno is None:  # a library's word on a file's content
        return f"{problem}{where}. A file is damaged; of what EmoNet keeps, this names which: emonet cache verify"
    if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
        advice = "Free some space, or set EMONET_HOME to a folder on another disk; then run the same command again."
        return f"The disk is full{where}. {advice}"
    return f"{problem.strerror or problem}{where}. Check the path and its permissions."


def _stop_writing() -> int:
    """Nobody reads on, as in ``emonet corpora list | head``: leave quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return SUCCESS


def _version() -> str:
    from importlib.metadata import version

    return version("emonet")
