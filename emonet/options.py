"""Options of what recipes name: compared with the signature of the function that takes them, and told in one way."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from emonet.errors import EmonetError, PluginError, RecipeError, contained, did_you_mean

Share = float
"""A share between 0 and 1, neither of them included."""
Paths = tuple[str, ...]
"""A path, or a list of paths."""


def check_options(
    what: str, factory: Callable[..., Any], options: Mapping[str, Any], *, error: type[EmonetError] = RecipeError
) -> dict[str, Any]:
    """Return all options of a factory, defaults filled in.

    Args:
        what: what is made, for messages, e.g. ``backbone 'net'``.
        factory: what takes the options by name; ``functools.partial`` takes those off that are not options.
        error: what is raised.

    Raises:
        EmonetError: an option that the factory does not take, or a value that is not of its kind; or an option that
            it needs and did not get.
    """
    parameters = inspect.signature(factory).parameters
    named = {name: each for name, each in parameters.items() if each.kind in _NAMED}
    rest = next((each for each in parameters.values() if each.kind is inspect.Parameter.VAR_KEYWORD), None)
    for name, value in options.items():
        parameter = named.get(name, rest)
        if parameter is None:
            hint = did_you_mean(name, named)
            message = f"{what} has no option '{name}'. {hint} Its options: {', '.join(named) or 'none'}."
            raise error(" ".join(message.split()))
        _check_type(what, name, value, annotation=parameter.annotation, error=error)
    resolved = {name: options.get(name, parameter.default) for name, parameter in named.items()} | dict(options)
    missing = [name for name, value in resolved.items() if value is inspect.Parameter.empty]
    if missing:
        raise error(f"{what} needs the option '{missing[0]}'. Write {{{missing[0]}: ...}} below its name.")
    return resolved


_NAMED = frozenset({inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_paths(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(each, str) for each in value))


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "int": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "float": (_is_number, "a number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "str": (lambda value: isinstance(value, str), "text"),
    "Share": (lambda value: _is_number(value) and 0 < value < 1, "a share between 0 and 1, e.g. 0.2"),
    "Paths": (_are_paths, "a path, or a list of paths"),
}
"""An annotation as it is written -> whether a value is of that kind, and what such values are."""


def _check_type(what: str, name: str, value: Any, *, annotation: Any, error: type[EmonetError]) -> None:
    """Compare a value with a plain annotation; anything less plain is the factory's own business."""
    written = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    is_right, words = _KINDS.get(written.removesuffix(" | None"), (lambda _: True, ""))
    if not is_right(value):
        raise error(f"{what}: the option '{name}' is {value!r}. Give {words}.")


def build(what: str, factory: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """Call a factory with checked options.

    Raises:
        RecipeError: the options do not fit, or the factory refuses their values.
        PluginError: the factory leaves the program.
    """
    resolved = check_options(what, factory, options)
    try:
        return contained(factory, **resolved)
    except PluginError as problem:
        raise PluginError(f"{what}: {problem}") from problem
    except (TypeError, ValueError) as problem:
        raise RecipeError(f"{what}: {problem}") from problem
