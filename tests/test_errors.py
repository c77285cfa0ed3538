"""Errors: their texts and their kinship."""

from __future__ import annotations

import pytest

from emonet import errors
from emonet.errors import EmonetError, MissingExtra, UnknownName, did_you_mean

KINDS = [
    "AudioProblem",
    "ContractError",
    "CorpusError",
    "Damaged",
    "MissingExtra",
    "PluginError",
    "RecipeError",
    "UnknownName",
    "Unusable",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_caught_as_one_of_emonet(kind: str) -> None:
    assert issubclass(getattr(errors, kind), EmonetError)


def test_the_list_of_kinds_is_complete() -> None:
    own = [name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, EmonetError)]
    assert sorted(own) == sorted([*KINDS, "EmonetError"])


def test_an_unknown_name_comes_with_the_nearest_and_all_known() -> None:
    text = str(UnknownName("corpus", "fooo", ["bar", "foo"], note="One plugin is broken."))
    assert text == "Unknown corpus 'fooo'. Did you mean 'foo'? Known: bar, foo. One plugin is broken."


def test_an_unknown_name_among_none_says_none() -> None:
    assert str(UnknownName("corpus", "foo", [])) == "Unknown corpus 'foo'. Known: none."


def test_a_missing_extra_says_what_to_install() -> None:
    text = str(MissingExtra("Reading .mp4", "video"))
    assert text == "Reading .mp4 needs the extra 'video'. Install it: pip install 'emonet[video]'"


def test_nothing_is_proposed_where_nothing_is_near() -> None:
    assert did_you_mean("xyz", ["emotion"]) == ""
    assert did_you_mean("emotoin", ["arousal", "emotion"]) == "Did you mean 'emotion'?"
