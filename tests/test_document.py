"""YAML documents: YAML 1.2 scalars, lines of keys, and messages that help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from emonet.document import STRICT, Checked, parse_document, parse_scalar, parse_value, read_document, validate
from emonet.errors import CorpusError, RecipeError


class Leaf(BaseModel):
    """A model within a mapping."""

    model_config = ConfigDict(extra="forbid")
    colour: Literal["green", "brown"] = "green"
    size: float = 1.0

    @field_validator("size")
    @classmethod
    def _is_positive(cls, size: float) -> float:
        if size <= 0:
            raise ValueError(f"a size of {size} is too small. Give a larger one.")
        return size


class Tree(BaseModel):
    """A model with models in a mapping, in a list, and one that may be missing."""

    model_config = ConfigDict(extra="forbid")
    name: str
    leaves: dict[str, Leaf] = {}
    fallen: tuple[Leaf, ...] = ()
    best: Leaf | None = None
    rings: tuple[int, ...] = ()


def problems(text: str) -> str:
    with pytest.raises(CorpusError) as caught:
        validate(Tree, parse_document(text, "tree.yaml", CorpusError), CorpusError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        (".5", 0.5),
        ("-3.", -3.0),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("03", "03"),
        ("08", "08"),
        ("no", "no"),
        ("off", "off"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nan", "nan"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    assert parse_scalar(text) == value
    assert type(parse_scalar(text)) is type(value)


def test_quoted_and_block_scalars_are_text() -> None:
    data = parse_document("a: '7'\nb: \"true\"\nc: |\n  1\nd: 7\n", "x", CorpusError).data
    assert data == {"a": "7", "b": "true", "c": "1\n", "d": 7}


def test_a_value_of_the_command_line_is_parsed_like_a_document() -> None:
    assert parse_value("{a: [1, no]}", "--set", RecipeError) == {"a": [1, "no"]}


def test_a_document_knows_the_lines_of_its_keys() -> None:
    document = parse_document("a: 1\nb:\n  c:\n    - 1\n    - d: 2\n", "x.yaml", CorpusError)
    assert document.place(("b", "c")) == "x.yaml:3"
    assert document.place(("b", "c", 1, "d")) == "x.yaml:5"
    assert document.place(("b", "none", "deeper")) == "x.yaml:2"


def test_a_backslash_between_double_quotes_is_explained() -> None:
    text = (
        r"x\.yaml:1: not valid YAML: .*escape character\. Between double quotes a backslash must be doubled; use single"
    )
    with pytest.raises(RecipeError, match=text):
        parse_document('regex: "\\d+"', "x.yaml", RecipeError)


def test_aliases_stand_for_what_they_name() -> None:
    assert parse_document("a: &x [1]\nb: *x\n", "x", CorpusError).data == {"a": [1], "b": [1]}


def test_an_empty_document_is_none_and_lacks_its_keys() -> None:
    assert parse_document("# nothing\n", "x", CorpusError).data is None
    assert problems("") == "tree.yaml: the key 'name' is missing. Add it."


def test_a_key_given_twice_is_an_error_with_its_line() -> None:
    with pytest.raises(RecipeError, match=r"x\.yaml:3: the key 'b' is given twice\. Keep one of them"):
        parse_document("a:\n  b: 1\n  b: 2\n", "x.yaml", RecipeError)


@pytest.mark.parametrize("text", ["a: 1\nb: &self\n  c: *self\n", "a: 1\nb: " + "[" * 60 + "]" * 60])
def test_a_document_without_end_is_an_error(text: str) -> None:
    with pytest.raises(RecipeError, match=r"x\.yaml:[23]: more than 50 levels deep\. Does an alias hold itself\?"):
        parse_document(text, "x.yaml", RecipeError)


def test_broken_yaml_is_an_error_with_its_line() -> None:
    with pytest.raises(RecipeError, match=r"x\.yaml:3: not valid YAML: "):
        parse_document("a: 1\nb: [1\nc: 2\n", "x.yaml", RecipeError)


def test_tags_that_would_run_code_give_text_alone() -> None:
    data = parse_document("a: !!python/object/apply:os.system ['true']\n", "x", CorpusError).data
    assert data == {"a": ["true"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: a\nleafs: {}",
            "tree.yaml:2: unknown key 'leafs'. Did you mean 'leaves'? Known keys here: best,",
        ),
        (
            "name: a\nleaves:\n  one:\n    color: green",
            "tree.yaml:4: unknown key 'leaves.one.color'. Did you mean 'colour'? Known keys here: colour, size.",
        ),
        (
            "name: a\nfallen:\n  - size: 2\n  - sise: 2",
            "tree.yaml:4: unknown key 'fallen.1.sise'. Did you mean 'size'",
        ),
        ("name: a\nbest:\n  sise: 2", "tree.yaml:3: unknown key 'best.sise'. Did you mean 'size'?"),
        (
            "name: a\nbest: {colour: gren}",
            "tree.yaml:2: 'best.colour' is 'gren', expected 'green' or 'brown'. Did you mean 'green'?",
        ),
        ("name: a\nbest: {size: -1}", "tree.yaml:2: 'best.size': a size of -1.0 is too small. Give a larger one."),
        ("name: a\nbest: {size: big}", "tree.yaml:2: 'best.size' is 'big': input should be a valid number"),
        ("name: a\nrings: 3", "tree.yaml:2: 'rings' is 3: a list is expected, e.g. [3]."),
        ("name: 7", "tree.yaml:1: 'name' is 7: text is expected, put it in quotes."),
        ("[1, 2]", "the file"),
    ],
)
def test_what_is_wrong_is_said_with_line_key_and_the_nearest_word(text: str, message: str) -> None:
    assert message in problems(text)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems("nam: a\nbest: {size: big}").splitlines()) == 3


def test_a_good_document_becomes_its_model() -> None:
    document = parse_document("name: oak\nleaves: {one: {size: 2}}", "x", CorpusError)
    assert validate(Tree, document, CorpusError) == Tree(name="oak", leaves={"one": Leaf(size=2)})


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    for name, reason in (
        ("none.yaml", "there is no such file"),
        ("latin.yaml", "not UTF-8 text"),
        (".", "cannot be read"),
    ):
        with pytest.raises(CorpusError, match=reason):
            read_document(tmp_path / name, CorpusError)


def _even(size: int) -> int:
    if size % 2:
        raise ValueError(f"a size of {size} is odd. Give an even one.")
    return size


@dataclass(frozen=True)
class Twig:
    """A dataclass that pydantic validates, which does not know of pydantic."""

    __pydantic_config__ = STRICT
    name: Annotated[str, Checked(pattern="^[a-z]+$")]
    size: Annotated[int, Checked(after=_even, ge=2)] = 2
    leaves: Annotated[tuple[str, ...], Checked(before=str.split, min_length=1)] = ("green",)
    twigs: Mapping[str, Twig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name in self.twigs:
            raise ValueError(f"the twig {self.name!r} is its own twig. Rename one.")


def test_a_dataclass_is_read_with_its_limits_and_what_changes_its_values() -> None:
    document = parse_document("name: a\nsize: 4\nleaves: brown red\ntwigs: {b: {name: b}}", "x", CorpusError)
    assert validate(Twig, document, CorpusError) == Twig("a", 4, ("brown", "red"), {"b": Twig("b")})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: A", "twig.yaml:1: 'name' is 'A': string should match pattern '^[a-z]+$'."),
        ("name: a\nsize: 0", "twig.yaml:2: 'size' is 0: input should be greater than or equal to 2."),
        ("name: a\nsize: 3", "twig.yaml:2: 'size': a size of 3 is odd. Give an even one."),
        ("name: a\nleaves: ''", "twig.yaml:2: 'leaves' is []: give at least 1."),
        ("size: 2", "twig.yaml:1: the key 'name' is missing. Add it."),
        ("name: a\ntwigs: {a: {name: b}}", "twig.yaml:1: the twig 'a' is its own twig. Rename one."),
        (
            "name: a\ntwigs:\n  b: {name: b}\n  c: {name: c, sise: 2}",
            "twig.yaml:4: unknown key 'twigs.c.sise'. Did you mean 'size'? Known keys here: leaves, name, size, twigs.",
        ),
    ],
)
def test_what_is_wrong_with_a_dataclass_is_said_as_of_a_model(text: str, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        validate(Twig, parse_document(text, "twig.yaml", CorpusError), CorpusError)
    assert str(caught.value) == message
