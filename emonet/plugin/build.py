"""Building a component from its factory, with wrong options explained from the factory's signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from emonet.errors import RecipeError, did_you_mean


def check_options(what: str, factory: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a factory, defaults filled in.

    Raises:
        RecipeError: an option the factory does not take, or one it needs and did not get.
    """
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.kind in {parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    }
    for name in options:
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            hint = did_you_mean(name, parameters)
            message = f"{what} has no option '{name}'. {hint} Its options: {known}."
            raise RecipeError(" ".join(message.split()))
    for name, value in options.items():
        _check_type(what, name, value, parameters[name].annotation)
    resolved = {name: options.get(name, parameter.default) for name, parameter in parameters.items()}
    missing = [name for name, value in resolved.items() if value is inspect.Parameter.empty]
    if missing:
        raise RecipeError(f"{what} needs the option '{missing[0]}'. Write {{{missing[0]}: ...}} below its name.")
    return resolved


_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text"),
}


def _check_type(what: str, name: str, value: Any, annotation: Any) -> None:
    """Compare a value with a plain annotation; anything less plain is the factory's own business."""
    written = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    types, words = _TYPES.get(written, ((object,), ""))
    if not isinstance(value, types) or (isinstance(value, bool) and written in {"int", "float"}):
        raise RecipeError(f"{what}: the option {name} is {value!r}, expected {words}.")


def build(what: str, factory: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """Call a factory with checked options.

    Raises:
        RecipeError: the options do not fit, or the factory refuses their values.
    """
    resolved = check_options(what, factory, options)
    try:
        return factory(**resolved)
    except (TypeError, ValueError) as problem:
        raise RecipeError(f"{what}: {problem}") from problem
