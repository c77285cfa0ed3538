"""What a system names, resolved: its components with their traits, and whether they fit together; without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emonet.errors import RecipeError
from emonet.options import check_options
from emonet.plugin.component import traits_of
from emonet.plugin.registry import Component
from emonet.recipe.choice import Choice
from emonet.recipe.recipe import System
from emonet.recipe.stage import Resolved
from emonet.recipe.strategies import Strategy

FindFactory = Callable[[Component, str], Callable[..., Any]]
ROLES: Mapping[str, Component] = {
    "extractor": "extractors",
    "frontend": "frontends",
    "backbone": "backbones",
    "adapter": "adapters",
}
"""Role of a component in a system -> the kind that plugins bring it under."""


def components_of(name: str, system: System, row: Strategy, factory: FindFactory) -> dict[str, Resolved]:
    """Return the resolved components of a system by role.

    Raises:
        UnknownName: a component that nobody knows.
        RecipeError: a part is missing, is one too many, or does not fit.
    """
    roles = _roles(row)
    for role in ROLES:
        if (getattr(system, role) is None) == (role in roles):
            verb = "needs" if role in roles else "takes no"
            remedy = "Add it" if role in roles else "Leave it out"
            raise RecipeError(f"System '{name}': the strategy '{row.name}' {verb} {role}. {remedy}.")
    components = {role: _resolve(role, getattr(system, role), factory) for role in roles}
    if "backbone" in components:
        _check_kinds(name, components["frontend"], components["backbone"])
    if "adapter" in components:
        _check_layers(name, components["adapter"], components["backbone"])
    return components


def _roles(row: Strategy) -> tuple[str, ...]:
    if row.learns == "features":
        return ("extractor",)
    return ("frontend", "backbone", "adapter") if row.adapts else ("frontend", "backbone")


def _resolve(role: str, choice: Choice, factory: FindFactory) -> Resolved:
    found = factory(ROLES[role], choice.name)
    options = check_options(f"{role} '{choice.name}'", found, choice.options)
    return Resolved(choice.name, options, traits_of(found))


def _check_kinds(name: str, frontend: Resolved, backbone: Resolved) -> None:
    given, wanted = frontend.traits.yields, backbone.traits.accepts
    for role, part, word, kind in (("frontend", frontend, "yields", given), ("backbone", backbone, "accepts", wanted)):
        if kind is None:
            message = (
                f"System '{name}': the {role} '{part.name}' does not say what it {word}. Mark its factory with "
                f"@emonet.component({word}=...)."
            )
            raise RecipeError(message)
    if given != wanted:
        message = (
            f"System '{name}': the frontend '{frontend.name}' yields {given}, the backbone '{backbone.name}' "
            f"accepts {wanted}. Choose a frontend that yields {wanted}."
        )
        raise RecipeError(message)


def _check_layers(name: str, adapter: Resolved, backbone: Resolved) -> None:
    wanted, there = set(adapter.traits.layers), set(backbone.traits.layers)
    if wanted and there and not wanted & there:
        message = (
            f"System '{name}': the adapter '{adapter.name}' takes {' and '.join(sorted(wanted))} layers, the backbone "
            f"'{backbone.name}' has {' and '.join(sorted(there))} layers. Choose another adapter."
        )
        raise RecipeError(message)
