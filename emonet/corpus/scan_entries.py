"""What may stand under ``scan`` in a card file: how a folder is read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from emonet.corpus.corpus import Part
from emonet.errors import did_you_mean

Strings = dict[str, str]
UtteranceField = Literal["speaker", "session", "text", "split", "language"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_mapping(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


Templates = Annotated[Strings, BeforeValidator(_as_mapping)]
"""Templates by target or by split; one template for all of them stands under the empty name."""


class PatternEntry(_Part):
    """Files whose path says everything: a regex with named groups, and templates over the groups."""

    regex: str
    label: Templates = {"": "{label}"}
    speaker: str = ""
    session: str = ""
    text: str = ""
    split: str = ""
    language: str = ""
    rename: dict[UtteranceField, Strings] = {}
    lower: tuple[UtteranceField, ...] = ()

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except re.error as problem:
            raise ValueError(f"{regex!r} is not a regular expression: {problem}. Mend it.") from None
        return regex

    @model_validator(mode="after")
    def _fills_its_templates(self) -> PatternEntry:
        groups = re.compile(self.regex).groupindex
        templates = {target or "label": template for target, template in self.label.items()}
        templates |= {field: getattr(self, field) for field in get_args(UtteranceField)}
        for field, template in templates.items():
            for name in _placeholders(template):
                if name not in groups:
                    hint = did_you_mean(name, groups)
                    message = f"the template {template!r} of '{field}' needs a group '{name}', which the regex lacks. "
                    raise ValueError(f"{message}{hint} Its groups: {', '.join(groups) or 'none'}.")
        return self


class TableEntry(_Part):
    """CSV files with one row an utterance, and templates over the columns.

    ``files`` gives a file to each split, or one file, whose rows may name their split by the template ``split``.
    Without ``quotes``, quotation marks are text like any other.
    """

    files: Annotated[dict[Part | Literal[""], str], BeforeValidator(_as_mapping), Field(min_length=1)]
    path: Templates
    label: Templates
    id: str = ""
    speaker: str = ""
    session: str = ""
    text: str = ""
    split: str = ""
    language: str = ""
    start: str = ""
    end: str = ""
    rename: dict[UtteranceField, Strings] = {}
    lower: tuple[UtteranceField, ...] = ()
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quotes: bool = True
    encoding: str = "utf-8-sig"

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"there is no encoding {encoding!r}. Expected e.g. utf-8-sig or latin-1") from None
        return encoding

    @model_validator(mode="after")
    def _has_a_path_for_each_file(self) -> TableEntry:
        for split in self.files:
            if split not in self.path and "" not in self.path:
                raise ValueError(f"there is no path for the rows of '{split}'. Add it, or give one path for all.")
        return self


class ManifestEntry(_Part):
    """A CSV file that the user writes, since the corpus' own layout is not public.

    It is ``manifest.csv``, or ``train.csv`` and the like, with the columns ``file`` and ``label`` or one for each
    target, and those that every manifest may have.
    """


class HubEntry(_Part):
    """A dataset as the ``datasets`` library writes it: Parquet files, a saved dataset, or an audio folder.

    ``columns`` maps ``label`` or a target, ``audio``, ``speaker`` and the like to columns; a field without an entry
    takes the column of its own name.
    """

    columns: Strings = {}


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""A name, or a list of them."""


class AudformatEntry(_Part):
    """A database in audEERING's format.

    ``table`` is the table of labels, or a list of them, ``column`` their column or one for each target, ``attribute``
    the attribute of a label that is the code; what is left out is found where there is one answer only.
    """

    table: Names = ()
    column: Templates = {}
    attribute: str = ""


class ScanEntry(_Part):
    """How the folder is read: by one of these ways, or by a function in a module beside the card.

    The module has ``scan(root: Path, targets: tuple[Target, ...]) -> Iterable[Utterance]``.
    """

    pattern: PatternEntry | None = None
    table: TableEntry | None = None
    manifest: ManifestEntry | None = None
    hub: HubEntry | None = None
    audformat: AudformatEntry | None = None
    module: str | None = None

    @model_validator(mode="after")
    def _has_one_way(self) -> ScanEntry:
        ways = type(self).model_fields
        if sum(getattr(self, way) is not None for way in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")
        return self

    @property
    def labelled(self) -> tuple[str, ...]:
        """Names of the targets that the way to read has templates for."""
        if self.audformat is not None:
            return tuple(self.audformat.column)
        way = self.pattern or self.table
        return tuple(way.label) if way else ()


def _placeholders(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in Formatter().parse(template) if name is not None)
