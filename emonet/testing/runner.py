"""One generator of checks, and the front end that returns results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from emonet.errors import ContractError, PluginError, UnknownName, contained, did_you_mean, told
from emonet.plugin.registry import Registry
from emonet.testing import (
    checks_adapters,
    checks_backbones,
    checks_card,
    checks_executors,
    checks_extractors,
    checks_frontends,
    checks_package,
    checks_scan,
)
from emonet.testing.subjects import Candidate, Options, Subject, SubjectKind, subjects_of

if TYPE_CHECKING:
    import pytest

    from emonet.testing.subjects import Options


Check = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found.

    Attributes:
        passed: whether the promise is kept; of a promise that is declared not to be kept, whether it is broken.
        message: what was seen where the promise is broken.
        expected_failure: the declared reason why it is broken, empty where none is declared.
    """

    subject: str
    check: str
    passed: bool
    message: str = ""
    expected_failure: str = ""


def _checks_in(*modules: ModuleType) -> dict[str, Check]:
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        # Found by name: a check cannot be written and then forgotten in a list.
        if name.startswith("check_") and value.__module__ == module.__name__
    }


_CHECKS: Mapping[SubjectKind, Mapping[str, Check]] = {
    "package": _checks_in(checks_package),
    "corpora": _checks_in(checks_card, checks_scan),
    "extractors": _checks_in(checks_extractors),
    "frontends": _checks_in(checks_frontends),
    "backbones": _checks_in(checks_backbones),
    "adapters": _checks_in(checks_adapters),
    "executors": _checks_in(checks_executors),
}


def all_checks() -> Mapping[SubjectKind, Mapping[str, Check]]:
    """Return every check by the kind of thing it is for, and its name."""
    return _CHECKS


@dataclass(frozen=True, slots=True)
class Planned:
    """A check that is to be run on a subject; ``expected_failure`` is the reason why it will fail."""

    subject: Subject
    name: str
    check: Check
    expected_failure: str = ""

    def __call__(self) -> None:
        """Run the check.

        Raises:
            ContractError: the promise is broken.
        """
        self.check(self.subject.thing)


def planned_checks(plugin: object, options: Options | None = None) -> list[Planned]:
    """Return all checks of all that a plugin brings; see ``subjects_of``.

    Raises:
        ContractError: an expected failure names a check that does not exist.
    """
    return [planned for subject in subjects_of(plugin, options) for planned in _of_subject(subject)]


def _of_subject(subject: Subject) -> Iterator[Planned]:
    checks, expected = _CHECKS[subject.kind], expected_failures(subject)
    for name in expected:
        if name not in checks:
            message = (
                f"{subject.name}: expected_failures names '{name}', which is not a check. "
                f"{did_you_mean(name, checks)} Checks: {', '.join(checks)}."
            )
            raise ContractError(" ".join(message.split()))
    for name, check in checks.items():
        yield Planned(subject, name, check, expected.get(name, ""))


def expected_failures(subject: Subject) -> Mapping[str, str]:
    """Return check name -> reason, as the object itself declares it."""
    thing: Any = subject.thing
    if isinstance(thing, Candidate):
        try:
            thing = thing.build()
        except Exception:  # noqa: BLE001 - a component that cannot be built fails each check with its own error
            return {}
    return dict(getattr(thing, "expected_failures", {}))


def run_checks(plugin: object, options: Options | None = None) -> list[Result]:
    """Check a plugin and return what was found.

    Args:
        plugin: a module with hooks, a corpus, a ``Subject``, or a list of these.
        options: component name -> options that make it small, e.g. ``{"foo": {"width": 4}}``.
    """
    return [_run(planned) for planned in planned_checks(plugin, options)]


def check_plugin(registry: Registry, name: str) -> list[Result]:
    """Check the loaded plugin ``name``, or the one corpus or component of that name.

    Raises:
        PluginError: the plugin could not be loaded.
        UnknownName: no plugin, corpus or component that has checks is called so.
    """
    info = registry.plugins.get(name)
    if info is not None and info.error:
        reason = info.error.rstrip(".")
        raise PluginError(f"Plugin '{name}' of {info.distribution} cannot be checked: {reason}. Mend it first.")
    if info is not None:
        return run_checks(registry.manager.get_plugin(name))
    subjects = list(_loaded_subjects(registry))
    chosen = [subject for subject in subjects if subject.name == name]
    if not chosen:
        raise UnknownName("plugin, corpus or component", name, {*registry.plugins, *(s.name for s in subjects)})
    return run_checks(chosen)


def _loaded_subjects(registry: Registry) -> Iterable[Subject]:
    modules = [registry.manager.get_plugin(name) for name, info in registry.plugins.items() if not info.error]
    for module in modules:
        # A plugin whose hooks raise must not keep the others from being checked; its own check reports it.
        with suppress(ContractError):
            yield from (subject for subject in subjects_of(module) if subject.kind != "package")


def _run(planned: Planned) -> Result:
    subject, name, reason = planned.subject.name, planned.name, planned.expected_failure
    try:
        contained(planned)
    except ContractError as problem:
        return Result(subject, name, bool(reason), str(problem), reason)
    except Exception as problem:  # noqa: BLE001 - a stranger's component may raise anything
        return Result(subject, name, bool(reason), f"{subject}: {told(problem)}", reason)
    if reason:
        # Strict, as in pytest: a stale excuse would hide the next break.
        text = f"{subject}: expected to fail ({reason}), but it passes. Take it out of expected_failures."
        return Result(subject, name, False, text)
    return Result(subject, name, True)


def parametrize_checks(plugin: object, options: Options | None = None) -> pytest.MarkDecorator:
    """Make one test a check, out of a test function with the one argument ``check``.

    Expected failures that the objects declare become strict xfails.

    Args:
        plugin: a module with hooks, a corpus, or a list of these.
        options: component name -> options that make it small.
    """
    import pytest

    return pytest.mark.parametrize("check", [_case(planned) for planned in planned_checks(plugin, options)])


def _case(planned: Planned) -> Any:
    import pytest

    reason = planned.expected_failure
    # strict, so that a promise that is kept again loses its excuse.
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(planned, id=f"{planned.subject.name}-{planned.name}", marks=marks)
