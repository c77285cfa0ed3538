"""The registry: every name that plugins bring, who brought it, and what could not be loaded."""

from __future__ import annotations

import glob
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import pluggy

from emonet.corpus.corpus import Corpus
from emonet.errors import PluginError, UnknownName, contained, did_you_mean, is_raised, place_of, told
from emonet.events import Event
from emonet.files import remembered_folder
from emonet.labels.ontology import Ontology, ontology_of
from emonet.labels.words import Word
from emonet.options import build
from emonet.plugin import hookspecs
from emonet.plugin.component import traits_of
from emonet.plugin.marker import PROJECT


def checked(kind: str, brought: Any) -> Any:
    """Return what a hook returned as a list of corpora or words, or a mapping of factories.

    Raises:
        TypeError: it is something else.
    """
    listed = {"corpora": Corpus, "words": Word}.get(kind)
    if listed is not None:
        found: Any = list(brought)
        strange, wanted = [one for one in found if not isinstance(one, listed)], f"{listed.__name__} objects"
    else:
        found = dict(brought)
        strange, wanted = [made for made in found.values() if not callable(made)], "factories by name"
    if strange:
        raise TypeError(f"emonet_{kind} returned {strange[0]!r} among others, expected {wanted} only")
    return found


def _brought(kind: str, hook: Callable[[], Any]) -> Any:
    return checked(kind, hook())


Named = TypeVar("Named")
Component = Literal["extractors", "frontends", "backbones", "adapters", "executors", "report_formats"]
COMPONENTS: tuple[Component, ...] = get_args(Component)
PIN = "EMONET_PLUGINS"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """Where a plugin comes from; ``error`` says why it could not be loaded."""

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...] = ()
    error: str = ""


@dataclass
class Registry:
    """All loaded plugins, and what they bring by kind and name.

    Every kind is collected when it is first asked for, so that listing corpora builds nothing else.

    Attributes:
        pinned: the third-party entry points that are loaded; with ``files``, another process loads the same.
        files: the single-file plugins that are loaded.
    """

    manager: pluggy.PluginManager
    plugins: dict[str, PluginInfo] = field(default_factory=dict)
    pinned: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    @cached_property
    def corpora(self) -> Mapping[str, Corpus]:
        """All corpora by id."""
        found = [(corpus.id, corpus, owner) for owner, corpora in self._each("corpora") for corpus in corpora]
        return self._unique("corpus", found)

    @cached_property
    def ontology(self) -> Ontology:
        """All canonical words for labels.

        Raises:
            PluginError: two words claim one spelling, or two plugins disagree on a word.
        """
        found = ((word, self._owner(plugin)) for plugin, words in self._each("words") for word in words)
        return ontology_of(found)

    def factories(self, kind: Component) -> Mapping[str, Callable[..., Any]]:
        """Return all factories of a kind by name.

        Raises:
            PluginError: two plugins claim one name.
        """
        if kind not in self._factories:
            found = [(name, made, owner) for owner, each in self._each(kind) for name, made in each.items()]
            self._factories[kind] = self._unique(kind[:-1].replace("_", " "), found)
        return self._factories[kind]

    @cached_property
    def _factories(self) -> dict[str, Mapping[str, Callable[..., Any]]]:
        return {}

    def corpus(self, name: str) -> Corpus:
        """Return the corpus with this id.

        Raises:
            UnknownName: no plugin brings it; names the plugins that failed to load.
        """
        if name not in self.corpora:
            raise UnknownName("corpus", name, self.corpora, note=self._note())
        return self.corpora[name]

    def factory(self, kind: Component, name: str) -> Callable[..., Any]:
        """Return the factory with this name.

        Raises:
            UnknownName: no plugin brings it; names the plugins that failed to load.
        """
        known = self.factories(kind)
        if name not in known:
            raise UnknownName(kind[:-1].replace("_", " "), name, known, note=self._note())
        return known[name]

    def default(self, kind: Component) -> str:
        """Return the one name of a kind that declares itself the default.

        Raises:
            PluginError: none does, or several.
        """
        names = [name for name, factory in self.factories(kind).items() if traits_of(factory).default]
        if len(names) != 1:
            what = kind.replace("_", " ")
            message = f"Of the {what}, {len(names)} are marked as the default, expected one. Name one yourself."
            raise PluginError(message)
        return names[0]

    def build(self, kind: Component, name: str, options: Mapping[str, Any]) -> Any:
        """Build the component ``name`` with ``options``.

        Raises:
            UnknownName: no plugin brings it.
            RecipeError: the options do not fit the factory's signature.
        """
        return build(f"{kind[:-1].replace('_', ' ')} '{name}'", self.factory(kind, name), options)

    def names_of(self, plugin: str) -> dict[str, list[str]]:
        """Return what a plugin brings: kind -> names."""
        brought: dict[str, list[str]] = {}
        for kind in ("corpora", *COMPONENTS):
            for owner, values in self._each(kind):
                if owner == plugin:
                    names = [corpus.id for corpus in values] if kind == "corpora" else list(values)
                    brought[kind] = sorted(names)
        return brought

    def emit(self, event: Event) -> None:
        """Tell every observer; one that raises is marked as broken, told nothing more, and stops no run."""
        for implementation in self.manager.hook.emonet_event.get_hookimpls():
            name = implementation.plugin_name
            if self.plugins[name].error:
                continue
            try:
                _held(implementation.function, *(event for _ in implementation.argnames))
            except Exception as problem:  # noqa: BLE001 - a stranger's plugin may raise anything
                self._mark_broken(name, problem)

    def broken(self) -> list[PluginInfo]:
        """Return the plugins that could not be loaded."""
        return [info for info in self.plugins.values() if info.error]

    def _note(self) -> str:
        names = [f"{info.name} ({info.distribution}): {info.error}" for info in self.broken()]
        return f"These plugins could not be loaded: {'; '.join(names)}" if names else ""

    def _each(self, kind: str) -> Iterable[tuple[str, Any]]:
        """Yield (plugin name, what its hook returned); a hook that raises makes its plugin a broken one."""
        if kind not in self._collected:
            hook = getattr(self.manager.hook, f"emonet_{kind}")
            results = []
            for implementation in hook.get_hookimpls():
                name = implementation.plugin_name
                try:
                    brought = _held(_brought, kind, implementation.function)
                except Exception as problem:  # noqa: BLE001 - a stranger's plugin may raise anything
                    self._mark_broken(name, problem)
                    continue
                results.append((name, brought))
            self._collected[kind] = results
        return self._collected[kind]

    @cached_property
    def _collected(self) -> dict[str, list[tuple[str, Any]]]:
        return {}

    def _unique(self, kind: str, found: Iterable[tuple[str, Named, str]]) -> dict[str, Named]:
        owners: dict[str, str] = {}
        things: dict[str, Named] = {}
        for name, thing, owner in found:
            if name in owners:
                one, other = self._owner(owners[name]), self._owner(owner)
                message = f"Two plugins bring the {kind} '{name}': {one} and {other}. "
                raise PluginError(f"{message}Uninstall one, or choose with {PIN}.")
            owners[name], things[name] = owner, thing
        return things

    def _owner(self, plugin: str) -> str:
        return f"{plugin} ({self.plugins[plugin].distribution})"

    def _mark_broken(self, name: str, problem: Exception) -> None:
        info = self.plugins[name]
        self.plugins[name] = PluginInfo(name, info.distribution, info.version, info.hooks, told(problem))


def load_registry(files: Sequence[Path] = (), *, pinned: Sequence[str] | None = None) -> Registry:
    """Load all installed plugins, and single-file plugins from ``files``.

    ``EMONET_PLUGINS=a,b`` pins which third-party entry points are loaded (empty: none); EmoNet's own
    always load. A plugin that cannot be imported is recorded as broken and loading goes on.

    Args:
        pinned: which third-party entry points are loaded, whatever ``EMONET_PLUGINS`` says; None: as it says.

    Raises:
        PluginError: a file of ``files`` cannot be loaded, a plugin implements a hook that does not exist, or
            ``EMONET_PLUGINS`` or ``pinned`` names one that is not installed.
    """
    registry = Registry(_manager())
    found = sorted(entry_points(group=PROJECT), key=_name_and_package)
    names = _pinned([entry.name for entry in found], pinned)
    for entry in found:
        if _is_own(entry) or names is None or entry.name in names:
            _load_entry(registry, entry)
            registry.pinned += () if _is_own(entry) else (entry.name,)
    registry.files = tuple({path.resolve(): path for path in files})
    for path in {path.resolve(): path for path in files}.values():
        _load_file(registry, path)
    return registry


def _name_and_package(entry: EntryPoint) -> tuple[str, str]:
    return entry.name, entry.dist.name if entry.dist else ""


def _pinned(installed: Sequence[str], asked: Sequence[str] | None) -> set[str] | None:
    """Return the names that are ``asked`` for, or else pinned by ``EMONET_PLUGINS``; None where nothing is."""
    given, known = os.environ.get(PIN), set(installed)
    if asked is None and given is None:
        return None
    names = {name.strip() for name in (given or "").split(",")} - {""} if asked is None else set(asked)
    who = PIN if asked is None else "The plan"
    for name in sorted(names - known):
        hint = did_you_mean(name, known)
        message = (
            f"{who} names the plugin '{name}', which is not installed. {hint} Installed: {', '.join(sorted(known))}."
        )
        raise PluginError(" ".join(message.split()))
    return names


def _is_own(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == PROJECT


def _load_entry(registry: Registry, entry: EntryPoint) -> None:
    distribution = entry.dist.name if entry.dist else "unknown"
    version = entry.dist.version if entry.dist else "?"
    taken = registry.plugins.get(entry.name)
    if taken is not None:
        message = (
            f"Two packages bring a plugin called '{entry.name}': {taken.distribution} and {distribution}. "
            "Uninstall one of them."
        )
        raise PluginError(message)
    try:
        with _noted(f"'{entry.name}' ({distribution})"):
            module = _held(entry.load)
        _register(registry, module, PluginInfo(entry.name, distribution, version))
    except Exception as problem:  # noqa: BLE001 - a stranger's plugin may raise anything
        registry.plugins[entry.name] = PluginInfo(entry.name, distribution, version, (), told(problem))


def _load_file(registry: Registry, path: Path) -> None:
    name = path.stem
    if not path.is_file():
        raise PluginError(f"{path}: there is no such plugin file. Check the path given to --plugin.")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path}: not a Python file. --plugin takes a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    try:
        with _noted(str(path)):
            _held(spec.loader.exec_module, module)
    except Exception as problem:
        raise PluginError(f"{path}: the plugin raised {told(problem)}. Mend it, or leave out --plugin.") from problem
    _register(registry, module, PluginInfo(str(path), str(path), "file"))


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _register(registry: Registry, module: Any, info: PluginInfo) -> None:
    trial = _manager()  # which a plugin that does not fit is left in with half its hooks
    try:
        trial.register(module, info.name)
        trial.check_pending()
    except pluggy.PluginValidationError as problem:
        text = " ".join(str(problem).split())
        raise PluginError(f"{info.distribution}: {text}. The hooks with their arguments are in CONTRIBUTING.") from None
    hooks = tuple(sorted(caller.name for caller in trial.get_hookcallers(module) or ()))
    if not hooks:
        text = "it implements no hook of EmoNet; mark its functions with @emonet.hookimpl"
        raise PluginError(f"Plugin '{info.name}' of {info.distribution}: {text}.")
    registry.manager.register(module, info.name)
    registry.plugins[info.name] = PluginInfo(info.name, info.distribution, info.version, hooks)


def _held(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a plugin's function as ``contained`` does; a Ctrl-C that it raises itself is none.

    Raises:
        PluginError: it left the program, in whatever way.
    """
    try:
        return contained(call, *arguments)
    except KeyboardInterrupt as problem:
        if not is_raised(problem):
            raise
        raise PluginError(f"KeyboardInterrupt ({place_of(problem)}), which nobody typed") from problem


_NOTE = "loading"
"""How notes of what is being loaded begin; host and process follow."""


@contextmanager
def _noted(plugin: str) -> Iterator[None]:
    """Note that a plugin is being loaded, so that the next start can name the one that this process died of."""
    folder = remembered_folder()
    note = folder / f"{_NOTE}-{platform.node()}-{os.getpid()}" if folder else None
    with suppress(OSError):
        if note:
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(plugin, encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            if note:
                note.unlink(missing_ok=True)


def died_loading() -> list[str]:
    """Return the plugins during whose loading a process of this machine died, and forget them."""
    folder, found = remembered_folder(), []
    for note in sorted(folder.glob(f"{_NOTE}-{glob.escape(platform.node())}-*")) if folder else ():
        with suppress(OSError, ValueError):
            if not _is_running(int(note.name.rpartition("-")[2])):
                found.append(note.read_text(encoding="utf-8"))
                note.unlink()
    return found


def _is_running(process: int) -> bool:
    """Say whether a process may be running; where nobody can ask without harm, it may."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
