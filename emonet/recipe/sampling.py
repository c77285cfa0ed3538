"""Whose batch comes next when several tasks are learned in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emonet.errors import RecipeError, UnknownName
from emonet.plugin.build import build
from emonet.randomness import generator_for
from emonet.recipe.choice import Choice
from emonet.task_id import TaskId

Sampler = Callable[[int, int], list[int]]
"""(seed, round) -> the tasks (by position) whose batches make the round; a function of nothing else."""


def sampler_of(choice: Choice, names: Sequence[str], sizes: Sequence[int]) -> Sampler:
    """Return the sampler that a recipe asks for.

    Args:
        names: the tasks' ids.
        sizes: how many train clips each has.

    Raises:
        UnknownName: there is no such sampling.
        RecipeError: its options do not fit.
    """
    if choice.name not in SAMPLINGS:
        raise UnknownName("sampling", choice.name, SAMPLINGS)
    if choice.name == "weights":
        return _drawn(_weights(choice.options, names))
    if choice.name == "round-robin":
        _ = build("sampling 'round-robin'", _round_robin, choice.options)
        return lambda seed, number: list(range(len(names)))
    power = build(f"sampling '{choice.name}'", SAMPLINGS[choice.name], choice.options)
    return _drawn([size**power for size in sizes])


def _round_robin() -> None:
    """Take every task once, in the order of the recipe (paper, 6.1)."""


def _proportional() -> float:
    """Draw tasks in proportion to their clips."""
    return 1.0


def _temperature(*, t: float = 2.0) -> float:
    """Draw tasks in proportion to clips ** (1 / t): 1 is proportional, a large t uniform."""
    if t <= 0:
        raise ValueError(f"t={t:g} must be greater than 0")
    return 1.0 / t


def _weights(given: Mapping[str, Any], names: Sequence[str]) -> list[float]:
    """Return explicit weights by task id or corpus id; a task without one is never drawn."""
    known = {name for task in names for name in (task, TaskId.of(task).corpus)}
    for name, weight in given.items():
        if name not in known:
            raise UnknownName("task in sampling weights", name, known)
        if not isinstance(weight, (int, float)) or weight < 0:
            raise RecipeError(f"sampling weights: {name} has the weight {weight!r}, expected a number from 0 on.")
    weights = [float(given.get(name, given.get(TaskId.of(name).corpus, 0.0))) for name in names]
    if not any(weights):
        raise RecipeError("sampling weights: all are 0, so nothing would be learned. Give one task a weight.")
    return weights


def _drawn(weights: Sequence[float]) -> Sampler:
    total = float(sum(weights))
    shares = [weight / total for weight in weights]

    def draw(seed: int, number: int) -> list[int]:
        drawn = generator_for("sampling", seed, number).choice(len(shares), size=len(shares), p=shares)
        return [int(position) for position in drawn]

    return draw


SAMPLINGS: Mapping[str, Callable[..., Any]] = {
    "round-robin": _round_robin,
    "proportional": _proportional,
    "temperature": _temperature,
    "weights": _weights,
}
"""All samplings by name."""
