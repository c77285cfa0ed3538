"""``check``: what of a recipe is wrong whatever its data are: names, options, traits. Without torch.

What needs the tables of corpora (classes, speakers, folds) is refused by ``plan``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emonet.errors import EmonetError, RecipeError
from emonet.options import check_options
from emonet.plugin.registry import Registry
from emonet.protocols.protocol import check_protocol
from emonet.recipe.aggregate import AGGREGATE
from emonet.recipe.outputs import chosen_outputs
from emonet.recipe.recipe import CorpusEntry, Recipe, System
from emonet.recipe.resolve import FindFactory, components_of
from emonet.recipe.sampling import sampler_of
from emonet.recipe.stage import Resolved
from emonet.recipe.strategies import USER_MAP, Strategy, strategy
from emonet.task_id import TaskId


def check(recipe: Recipe, registry: Registry) -> None:
    """Refuse a recipe that cannot be run, as far as this is known without the data of its corpora.

    What comes in by a door is not entered: its targets and classes are looked at when it is gathered.

    Raises:
        UnknownName: a corpus, target, metric, protocol, strategy, sampling, component or executor that nobody knows.
        CorpusError: options that a protocol does not take.
        RecipeError: options that a component does not take, or a system whose parts are missing or do not fit.
        PluginError: no executor is named, and there is not one default.
    """
    tasks = [_checked_task(entry, recipe, registry) for entry in recipe.corpora]
    known = [task for task in tasks if task is not None]
    for name, system in recipe.systems.items():
        if system.source is not None and system.source.corpus is not None:
            _checked_task(system.source.corpus, recipe, registry)
        check_system(name, system, registry.factory, known if len(known) == len(tasks) else None)
    _check_executor(recipe, registry)


def _checked_task(entry: CorpusEntry, recipe: Recipe, registry: Registry) -> str | None:
    """Check what a recipe asks of one corpus; return the task's id, None where only the data tell it."""
    corpus = None if entry.door else registry.corpus(entry.id)
    choice = entry.protocol or recipe.protocol
    check_protocol(choice.name, choice.options, corpus)
    if corpus is None:
        return None
    return TaskId(corpus.id, chosen_outputs(corpus, entry.target, entry.classes, entry.metric).name).text


def _check_executor(recipe: Recipe, registry: Registry) -> None:
    name, options = registry.default("executors"), {}
    if recipe.executor is not None:
        name, options = recipe.executor.name, recipe.executor.options
    check_options(f"executor '{name}'", registry.factory("executors", name), options)


def check_system(
    name: str, system: System, factory: FindFactory, tasks: Sequence[str] | None
) -> tuple[Strategy, dict[str, Resolved]]:
    """Return a system's row of the strategy table and its components, once they are found to fit.

    Args:
        tasks: ids of what is learned of the recipe's corpora; None where they are not known yet.

    Raises:
        UnknownName: a strategy, component or sampling that nobody knows.
        RecipeError: a part that is missing, is one too many, or does not fit.
    """
    row = strategy(system.strategy)
    components = components_of(name, system, row, factory)
    _check_source(name, system, row)
    _check_sampling(name, system, row, tasks)
    _check_handing_on(name, system, row, components)
    return row, components


def _check_source(name: str, system: System, row: Strategy) -> None:
    if (system.source is not None) != (row.learns == "source"):
        wanted = "needs a source: source: CORPUS, or source: {checkpoint: PATH}" if row.learns == "source" else None
        text = wanted or "takes no source. Leave it out"
        raise RecipeError(f"System '{name}': the strategy '{row.name}' {text}.")
    if (system.map is not None) != (USER_MAP in row.maps):
        text = "needs a map: {label: class}" if USER_MAP in row.maps else "takes no map. Leave it out"
        raise RecipeError(f"System '{name}': the strategy '{row.name}' {text}.")


def _check_sampling(name: str, system: System, row: Strategy, tasks: Sequence[str] | None) -> None:
    choice, names = system.shared.sampling, [f"{AGGREGATE}/{mapping}" for mapping in row.maps]
    if row.learns == "every":
        if tasks is None and choice.name == "weights":
            return
        names = list(tasks or ())
    try:
        sampler_of(choice, names, [1] * len(names))
    except EmonetError as problem:
        raise RecipeError(f"System '{name}': {problem}") from None


def _check_handing_on(name: str, system: System, row: Strategy, components: Mapping[str, Resolved]) -> None:
    """Refuse to hand on what a strategy does not have: such a setting would be passed over in silence."""
    asked = system.shared
    if asked.norms == "mean" and len(row.maps) < 2:
        message = f"the strategy '{row.name}' has no two aggregated tasks to take the mean of. Leave out norms: mean"
        raise RecipeError(f"System '{name}': {message}.")
    if asked.adapters == "fold" and row.learns != "aggregate":
        message = f"the strategy '{row.name}' has no aggregated tasks whose adapters fold. Leave out adapters: fold"
        raise RecipeError(f"System '{name}': {message}.")
    if asked.adapters == "fold" and not components["adapter"].traits.foldable:
        message = f"the adapter '{components['adapter'].name}' does not fold. Choose one that does, or adapters: drop"
        raise RecipeError(f"System '{name}': {message}.")
