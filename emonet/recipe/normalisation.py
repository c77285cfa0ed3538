"""Normalisations: which clips share the mean and scale that their features are brought to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from emonet.corpus.corpus import Split
from emonet.errors import UnknownName
from emonet.recipe.task import Item, Task


@dataclass(frozen=True, slots=True)
class Normalisation:
    """One way to normalise features; whoever adds one adds an entry to ``NORMALISATIONS``.

    Attributes:
        group: from an item of a task to the group whose clips it shares mean and scale with; None where nobody knows.
        is_fitted: whether there are means and scales at all; without, features stay as they are.
        asks: what must be known of new audio, as a noun: groups that training has not heard are normalised by their
            own clips. Empty where the means and scales of training serve, which then go into packs.
    """

    group: Callable[[Item, Task], str | None]
    is_fitted: bool = True
    asks: str = ""

    @property
    def is_transductive(self) -> bool:
        """Say whether clips of test, though not their labels, have a part in what test is normalised by."""
        return bool(self.asks)

    @property
    def fitted_on(self) -> tuple[Split, ...]:
        """The splits whose clips mean and scale come from before test is opened."""
        return ("train", "dev") if self.is_transductive else ("train",)

    @property
    def is_packed(self) -> bool:
        """Say whether means and scales were fitted in training for all audio that may come, and go into packs."""
        return self.is_fitted and not self.is_transductive


def _all(item: Item, task: Task) -> str:
    return f"all of {task.id}"


NORMALISATIONS: dict[str, Normalisation] = {
    "global": Normalisation(_all),
    "none": Normalisation(_all, is_fitted=False),
    "corpus": Normalisation(lambda item, task: item.corpus),
    "speaker": Normalisation(
        lambda item, task: None if item.speaker is None else f"{item.corpus}/{item.speaker}", asks="speaker"
    ),
}
"""All normalisations by name."""


def normalisation_called(name: str) -> Normalisation:
    """Return the normalisation with this name.

    Raises:
        UnknownName: there is no such normalisation.
    """
    if name not in NORMALISATIONS:
        raise UnknownName("normalisation", name, NORMALISATIONS)
    return NORMALISATIONS[name]


def default_normalisation(roles: Mapping[str, object]) -> str:
    """Return the paper's for a system with these components: z-scores from train for vectors (4.1), else none (5.1)."""
    return "global" if "extractor" in roles else "none"


def _known(name: str) -> str:
    if name not in NORMALISATIONS:
        *others, last = (f"'{known}'" for known in NORMALISATIONS)
        expected = {"expected": f"{', '.join(others)} or {last}"}
        raise PydanticCustomError("literal_error", "Input should be {expected}", expected)
    return name


NormalisationName = Annotated[
    str,
    AfterValidator(_known),
    Field(json_schema_extra=lambda schema: schema.update(enum=list(NORMALISATIONS))),
]
"""The name of one, as recipes give it."""
