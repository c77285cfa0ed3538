"""Whose batch comes next when several tasks are learned in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from emonet.errors import UnknownName
from emonet.options import build
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
    made: Sampler = build(f"sampling '{choice.name}'", partial(SAMPLINGS[choice.name], names, sizes), choice.options)
    return made


def _round_robin(names: Sequence[str], sizes: Sequence[int]) -> Sampler:
    """Take every task once, in the order of the recipe (paper, 6.1)."""
    return lambda seed, number: list(range(len(names)))


def _proportional(names: Sequence[str], sizes: Sequence[int]) -> Sampler:
    """Draw tasks in proportion to their clips."""
    return _drawn(sizes)


def _temperature(names: Sequence[str], sizes: Sequence[int], *, t: float = 2.0) -> Sampler:
    """Draw tasks in proportion to clips ** (1 / t): 1 is proportional, a large t uniform."""
    if t <= 0:
        raise ValueError(f"t={t:g} must be greater than 0")
    return _drawn([size ** (1.0 / t) for size in sizes])


def _weights(names: Sequence[str], sizes: Sequence[int], **given: float) -> Sampler:
    """Draw tasks by explicit weights, by task id or corpus id; a task without one is never drawn."""
    known = {name for task in names for name in (task, TaskId.of(task).corpus)}
    for name, weight in given.items():
        if name not in known:
            raise UnknownName("task in sampling weights", name, known)
        if weight < 0:
            raise ValueError(f"{name} has the weight {weight!r}, expected a number from 0 on")
    weights = [float(given.get(name, given.get(TaskId.of(name).corpus, 0.0))) for name in names]
    if not any(weights):
        raise ValueError("all are 0, so nothing would be learned. Give one task a weight")
    return _drawn(weights)


def _drawn(weights: Sequence[float]) -> Sampler:
    total = float(sum(weights))
    shares = [weight / total for weight in weights]

    def draw(seed: int, number: int) -> list[int]:
        drawn = generator_for("sampling", seed, number).choice(len(shares), size=len(shares), p=shares)
        return [int(position) for position in drawn]

    return draw


SAMPLINGS: Mapping[str, Callable[..., Sampler]] = {
    "round-robin": _round_robin,
    "proportional": _proportional,
    "temperature": _temperature,
    "weights": _weights,
}
"""Name -> what makes a sampler of the tasks' ids, of how many train clips each has, and of options."""
