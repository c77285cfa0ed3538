"""What a plugin brings, as the things that checks are run on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from emonet.corpus.corpus import Corpus
from emonet.errors import ContractError, UnknownName, contained, told
from emonet.options import build
from emonet.plugin.marker import PROJECT


def name_of(thing: object) -> str:
    """Return how messages name a thing, e.g. ``corpus 'foo'``."""
    return f"corpus '{thing.id}'" if isinstance(thing, Corpus) else str(thing)


def broken(thing: object, seen: str, *, promised: str, cause: str) -> ContractError:
    """Return the error of a promise that ``thing`` breaks."""
    return ContractError(f"{name_of(thing)}: {seen}. Promised: {promised}. Likely cause: {cause}.")


SubjectKind = Literal["corpora", "extractors", "frontends", "backbones", "adapters", "executors", "package"]
BUILT: tuple[SubjectKind, ...] = ("extractors", "frontends", "backbones", "adapters", "executors")
"""The kinds that come as factories."""

Options = Mapping[str, Mapping[str, Any]]
"""Component name -> the options its factory is called with; tiny sizes keep the checks fast."""


@dataclass(frozen=True)
class Candidate:
    """A component to be: its factory, and the options the checks build it with."""

    kind: SubjectKind
    name: str
    factory: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Any:
        """Build a fresh object."""
        return build(str(self), self.factory, self.options)

    def __str__(self) -> str:
        """Name the component as messages do."""
        return f"{self.kind[:-1]} '{self.name}'"


@dataclass(frozen=True)
class Package:
    """A plugin's module as a whole, and the names it brings by kind."""

    module: ModuleType
    names: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """Name the plugin as messages do."""
        return f"plugin '{self.module.__name__}'"


@dataclass(frozen=True)
class Subject:
    """One thing to check."""

    kind: SubjectKind
    name: str
    thing: Corpus | Candidate | Package


def subjects_of(plugin: object, options: Options | None = None) -> list[Subject]:
    """Return everything to check in a plugin's module, a corpus, a subject, or a list of these.

    Raises:
        ContractError: there is nothing to check, or a hook of the plugin raises.
        UnknownName: ``options`` are given for a component that the plugin does not bring.
    """
    options = options or {}
    found = list(_subjects(plugin, options))
    if not found:
        message = (
            f"{plugin!r} brings nothing that can be checked. Expected a module with hooks, a Corpus, or a list "
            "of these: mark the module's hook functions with @emonet.hookimpl."
        )
        raise ContractError(message)
    built = [subject.name for subject in found if subject.kind in BUILT]
    for name in options:
        if name not in built:
            raise UnknownName("component with options", name, built)
    return found


def _subjects(plugin: object, options: Options) -> Iterator[Subject]:
    if isinstance(plugin, Subject):
        yield plugin
    elif isinstance(plugin, Corpus):
        yield Subject("corpora", plugin.id, plugin)
    elif isinstance(plugin, ModuleType):
        yield from _of_module(plugin, options)
    elif isinstance(plugin, Iterable) and not isinstance(plugin, str):
        for part in plugin:
            yield from _subjects(part, options)


def _of_module(module: ModuleType, options: Options) -> Iterator[Subject]:
    corpora = list(_call(module, "corpora") or ())
    components = {kind: dict(_call(module, kind) or {}) for kind in BUILT}
    names = {kind: tuple(made) for kind, made in components.items()}
    # A module with observers only is a package to check too, though it brings no names.
    if any(hasattr(value, f"{PROJECT}_impl") for value in vars(module).values()):
        package = Package(module, names | {"corpora": tuple(corpus.id for corpus in corpora)})
        yield Subject("package", module.__name__, package)
    for corpus in corpora:
        yield Subject("corpora", corpus.id, corpus)
    for kind, made in components.items():
        for name, factory in made.items():
            yield Subject(kind, name, Candidate(kind, name, factory, options.get(name, {})))


def _call(module: ModuleType, kind: str) -> Any:
    hook = getattr(module, f"{PROJECT}_{kind}", None)
    if hook is None or not hasattr(hook, f"{PROJECT}_impl"):
        return None
    try:
        return contained(hook)
    except Exception as problem:
        message = f"plugin '{module.__name__}': its hook {hook.__name__} raised {told(problem)}"
        raise ContractError(f"{message}. Hooks return what they bring: mend the hook.") from problem
