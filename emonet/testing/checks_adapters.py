"""What an adapter type promises: a task's tensors are its own, and the shared network stays what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.plugin.component import traits_of
from emonet.testing.subjects import Candidate, broken

if TYPE_CHECKING:
    import torch

    from emonet.model.model import Model

TOLERANCE = 1e-4
"""How far an output may move when padding is added."""


def check_declared_and_built_traits_agree(candidate: Candidate) -> None:
    """With its default options the factory declares what the built adapter does."""
    traits, adapter = traits_of(candidate.factory), Candidate("adapters", candidate.name, candidate.factory).build()
    for name in ("private_norms", "foldable"):
        declared, real = getattr(traits, name), getattr(adapter, name)
        if declared != real:
            seen = f"the factory declares {name}={declared}, the object has {real}"
            promised = f"@emonet.component({name}=...) as the object is"
            raise broken(candidate, seen, promised=promised, cause="no decorator on the factory, or a stale one")


def check_layers_of_each_declared_kind_are_taken(candidate: Candidate) -> None:
    """In small networks the adapter takes layers of the kinds that its factory declares, and of no other."""
    from emonet.model.adapt import layer_kind

    adapter, declared = candidate.build(), set(traits_of(candidate.factory).layers)
    layers = [layer for model in _models(candidate) for layer in model.modules()]
    taken = {layer_kind(layer) for layer in layers if adapter.takes(layer)}
    if taken != declared:
        odd = ", ".join(sorted(str(kind) for kind in taken ^ declared))
        seen = f"it takes layers of the kinds {sorted(map(str, taken))}, declared are {sorted(declared)}; odd: {odd}"
        promised = "@emonet.component(layers=...) with the kinds that takes() accepts"
        raise broken(candidate, seen, promised=promised, cause="a takes() that looks for a class of its own")


def check_effective_tensors_fit_their_layer(candidate: Candidate) -> None:
    """What a foldable adapter returns stands in for tensors of the layer, and is the same when asked again."""
    adapter = candidate.build()
    for model in _adapted(candidate, "a") if adapter.foldable else ():
        for layer, private in _pairs(model):
            own = dict(layer.named_parameters()) | dict(layer.named_buffers())
            first, second = adapter.effective(layer, private), adapter.effective(layer, private)
            for name, tensor in first.items():
                if name not in own or own[name].shape != tensor.shape or not tensor.equal(second[name]):
                    seen = f"{type(layer).__name__} gets '{name}' {tuple(tensor.shape)}"
                    promised = "a tensor by the name and shape of the layer's own, as a pure function"
                    raise broken(candidate, seen, promised=promised, cause="a name misspelt, or chance")


def check_the_shared_network_keeps_its_names(candidate: Candidate) -> None:
    """With adapters, the shared tensors are those of the plain network."""
    for model in _models(candidate):
        before = set(model.shared_state())
        model.add_task("a", 2, adapter=candidate.build())
        odd = sorted(before ^ set(model.shared_state()))
        if odd:
            cause = "a private() that writes to the layer"
            raise broken(candidate, f"'{odd[0]}' came or went", promised="the plain network's tensors", cause=cause)


def check_tuning_moves_private_tensors_and_nothing_else(candidate: Candidate) -> None:
    """Each private module learns, and no shared tensor moves."""
    from emonet.testing.adapted import tune

    for model in _adapted(candidate, "a"):
        shared = {name: tensor.clone() for name, tensor in model.shared_state().items()}
        private = {name: tensor.clone() for name, tensor in _private(model).items()}
        tune(model, "a")
        moved = [name for name, tensor in model.shared_state().items() if not tensor.equal(shared[name])]
        if moved:
            cause = "a private module that holds the layer's own tensors"
            raise broken(candidate, f"shared '{moved[0]}' moves", promised="shared tensors at rest", cause=cause)
        if all(tensor.equal(private[name]) for name, tensor in _private(model).items()):
            cause = "tensors that are not parameters, or that no output depends on"
            raise broken(candidate, "no private tensor moves", promised="private tensors that learn", cause=cause)


def check_training_one_task_leaves_another_as_it_is(candidate: Candidate) -> None:
    """While one task is tuned, the outputs of another stay bit-identical."""
    from emonet.testing.adapted import outputs, tune

    for model in _adapted(candidate, "a", "b"):
        model.tune("private", "b")
        before = outputs(model, "a")
        tune(model, "b")
        _check_equal(candidate, before, outputs(model, "a"), "training task b changes task a")


def check_adding_a_task_leaves_another_as_it_is(candidate: Candidate) -> None:
    """A task that comes later changes no output of those that are there."""
    from emonet.testing.adapted import outputs

    for model in _adapted(candidate, "a"):
        before = outputs(model, "a")
        model.add_task("b", 2, adapter=candidate.build())
        _check_equal(candidate, before, outputs(model, "a"), "adding task b changes task a")


def check_the_state_makes_an_equal_task(candidate: Candidate) -> None:
    """A second model that loads shared tensors and a task's own gives the same outputs."""
    from emonet.testing.adapted import outputs, tune

    for model, other in zip(_adapted(candidate, "a"), _adapted(candidate, "a"), strict=True):
        tune(model, "a")
        other.tune("private", "a")
        other.load_shared(model.shared_state(), Path("shared"))
        other.load_task("a", model.task_state("a"), Path("task"))
        if not outputs(model, "a").equal(outputs(other, "a")):
            seen, cause = "the outputs are others after loading the state", "a tensor that is not a buffer"
            raise broken(candidate, seen, promised="a state that holds everything", cause=cause)


def check_padding_does_not_change_a_tasks_outputs(candidate: Candidate) -> None:
    """A clip alone and in a padded batch gives the same outputs, to 1e-4."""
    import torch

    from emonet.testing.adapted import batch, outputs, tune

    wave, lengths = batch()
    for model in _adapted(candidate, "a"):
        tune(model, "a")
        together = outputs(model, "a")
        for row, length in enumerate(lengths.tolist()):
            with torch.no_grad():
                alone = model(wave[row : row + 1, :length], lengths[row : row + 1], "a")
            distance = float((alone[0] - together[row]).abs().max())
            # "not <=" rather than ">": NaN must fail.
            if not distance <= TOLERANCE:
                seen = f"an item of {length} samples moves by {distance:.3g} when padded to {wave.shape[1]}"
                cause = "a branch that mixes frames without a mask"
                raise broken(candidate, seen, promised=f"the same outputs to {TOLERANCE}", cause=cause)


def _models(candidate: Candidate) -> list[Model]:
    from emonet.testing.adapted import small_models

    return small_models(traits_of(candidate.factory).layers)


def _adapted(candidate: Candidate, *tasks: str) -> list[Model]:
    """Return small models with tasks; all share one adapter, as in a run."""
    from emonet.testing.adapted import with_tasks

    adapter = candidate.build()
    return [with_tasks(model, adapter, *tasks) for model in _models(candidate)]


def _pairs(model: Model) -> Iterator[tuple[Any, Any]]:
    """Yield each adapted layer with what task a has beside it."""
    private: Any = model.private_of("a")
    backbone: Any = model.backbone
    for key, module in private.beside.items():
        yield backbone.get_submodule(private.paths[key]), module


def _private(model: Model) -> dict[str, torch.Tensor]:
    """Return the tensors beside layers; of an adapter that has none, the copies."""
    private: Any = model.private_of("a")
    state: dict[str, torch.Tensor] = (private.beside if len(private.beside) else private.copies).state_dict()
    return state


def _check_equal(candidate: Candidate, before: torch.Tensor, after: torch.Tensor, seen: str) -> None:
    if not before.equal(after):
        distance = float((before - after).abs().max())
        cause = "private tensors that two tasks share, or a private() that writes to the layer"
        raise broken(candidate, f"{seen} by {distance:.3g}", promised="bit-identical outputs", cause=cause)
