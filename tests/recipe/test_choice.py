from __future__ import annotations

import pytest
from pydantic import ValidationError

from emonet.recipe.choice import Choice


@pytest.mark.parametrize(
    ("written", "name", "options"),
    [("foo", "foo", {}), ({"foo": None}, "foo", {}), ({"foo": {"size": 3}}, "foo", {"size": 3})],
)
def test_a_component_is_a_name_or_a_name_with_options(written: object, name: str, options: dict[str, int]) -> None:
    choice = Choice.model_validate(written)
    assert (choice.name, choice.options) == (name, options)


@pytest.mark.parametrize("written", [3, [], {"foo": 3}, {"foo": {}, "bar": {}}, None])
def test_anything_else_is_refused_with_the_two_forms(written: object) -> None:
    with pytest.raises(ValidationError, match="expected a name, or"):
        Choice.model_validate(written)


def test_a_choice_reads_back_what_it_writes() -> None:
    for written in ("foo", {"foo": {"size": 3}}):
        choice = Choice.model_validate(written)
        assert choice.model_dump() == written
        assert Choice.model_validate(choice.model_dump()) == choice


def test_a_choice_is_written_on_one_line() -> None:
    assert str(Choice.model_validate({"foo": {"b": 2, "a": 1}})) == "foo {a: 1, b: 2}"
    assert str(Choice.model_validate("foo")) == "foo"
