"""Names of speakers, sessions and texts: read from paths, joined where one has several, and compared."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from emonet.corpus.columns import quoted
from emonet.corpus.corpus import Corpus, Scan, Utterance, plain_name
from emonet.corpus.readers.members import TABLES
from emonet.errors import CorpusError, did_you_mean
from emonet.findings import some

NAMED = ("speaker", "session", "text")
"""The fields of an utterance that hold names."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})
_MARKS = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=1 << 16)
def spelling_of(name: str) -> str:
    """Return what all spellings of a name have in common: no case, accents, signs, padding, blank before a number.

    >>> spelling_of("Spk_007"), spelling_of("spk7"), spelling_of("12.0"), spelling_of("Zoë")
    ('spk7', 'spk7', '12', 'zoe')
    """
    marked = unicodedata.normalize("NFKD", plain_name(name))
    plain = _MARKS.sub("", marked).translate(_LETTERS)
    return re.sub(r"(?<=[^\W\d_]) (?=\d)|(?<=\d) (?=[^\W\d_])", "", plain)


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of names that differ in their spelling alone, each in order.

    >>> alike(["s1", "S01", "s2"])
    [('S01', 's1')]
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(spelling_of(name), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def pattern_of(text: str, what: str) -> re.Pattern[str]:
    """Return a regular expression that reads a name from a path; all of its groups together are the name.

    Args:
        what: what it is given as, for messages, e.g. ``--speaker``.

    Raises:
        CorpusError: it is not a regular expression, or has no group.
    """
    try:
        pattern = re.compile(text)
    except re.error as problem:
        raise CorpusError(f"{what} '{text}': not a regular expression ({problem}). Mend it.") from None
    if not pattern.groups:
        field = what.strip("-: ")
        raise CorpusError(f"{what} '{text}': it has no group. Put the {field} in round brackets.")
    return pattern


def name_in(path: str, pattern: re.Pattern[str]) -> str | None:
    """Return the name that a path tells, empty where its groups are; None where the pattern does not fit."""
    match = pattern.search(path)
    return None if match is None else "-".join(group or "" for group in match.groups()).strip("-")


class Naming(BaseModel):
    """How the names of speakers (sessions, texts) of a corpus without a card come about.

    Attributes:
        regex: reads the name from a file's path, or from the own name of a clip within a table; all of its groups
            together, empty for nobody knows.
        map: name -> the name that stands for it; null for one that means nobody knows.
        alike: of names that differ in their spelling alone: ``one`` joins them, ``differ`` says that they are not one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    regex: str = ""
    map: dict[str, str | None] = {}
    alike: Literal["", "one", "differ"] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if not isinstance(value, str | Mapping | Naming):
            raise ValueError("expected a regular expression, or {regex: ..., map: {name: name}, alike: one}")
        return {"regex": value} if isinstance(value, str) else value

    @field_validator("map", mode="before")
    @classmethod
    def _names_are_text(cls, value: Any) -> Any:
        """Take numbers, which YAML makes of names such as 12, as the text that they are."""
        if not isinstance(value, Mapping):
            return value
        return {_text(key): None if name is None else _text(name) for key, name in value.items()}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Describe the short form, for editors."""
        names = {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}
        keys = {"regex": {"type": "string"}, "map": names, "alike": {"enum": ["one", "differ"]}}
        long = {"type": "object", "properties": keys, "additionalProperties": False}
        return {"anyOf": [{"type": "string"}, long]}

    @property
    def inline(self) -> str:
        """Return it as YAML on one line, quoted for a shell."""
        if not self.map and not self.alike:
            return f"'{self.regex}'"
        pairs = ((quoted(key), "null" if name is None else quoted(name)) for key, name in self.map.items())
        names = ", ".join(f"{key}: {name}" for key, name in pairs)
        said = {"regex": self.regex and quoted(self.regex), "map": names and f"{{{names}}}", "alike": self.alike}
        return f"'{{{', '.join(f'{key}: {text}' for key, text in said.items() if text)}}}'"


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def with_names(corpus: Corpus, rules: Mapping[str, Naming]) -> Corpus:
    """Return a corpus whose names are read and joined by rules: field -> rule.

    Raises:
        CorpusError: an expression is none, or has no group; when it is scanned, one that fits no path, or a name to
            be mapped that does not occur.
    """
    if not rules:
        return corpus
    patterns = {field: pattern_of(rule.regex, f"{field}:") for field, rule in rules.items() if rule.regex}
    apart = tuple(field for field, rule in rules.items() if rule.alike == "differ")
    return replace(corpus, scan=partial(_scanned, corpus.scan, rules, patterns), scan_for=None, names_apart=apart)


def _scanned(
    scan: Scan, rules: Mapping[str, Naming], patterns: Mapping[str, re.Pattern[str]], root: Path
) -> Iterator[Utterance]:
    utterances = list(scan(root))
    for field, rule in rules.items():
        names = [getattr(each, field) for each in utterances]
        if field in patterns:
            names = _read(field, patterns[field], utterances)
        names = _joined(field, rule, names)
        changes: Iterator[dict[str, Any]] = ({field: name} for name in names)
        utterances = [replace(each, **change) for each, change in zip(utterances, changes, strict=True)]
    yield from utterances


def _read(field: str, pattern: re.Pattern[str], utterances: Sequence[Utterance]) -> list[str | None]:
    paths = [_path(each) for each in utterances]
    found = [name_in(path, pattern) for path in paths]
    unfit = [path for path, name in zip(paths, found, strict=True) if name is None]
    if unfit:
        fits = len(utterances) - len(unfit)
        message = f"{field}: '{pattern.pattern}' fits {fits} of {len(utterances)} paths, and not '{unfit[0]}'."
        raise CorpusError(f"{message} Mend it; where a path names no {field}, let its group be empty there, e.g. |().")
    return [name or None for name in found]


def _path(utterance: Utterance) -> str:
    """Return the path of an utterance; of a clip within a table, which is a row there, its own name."""
    is_row = any(f"{suffix}/" in utterance.path for suffix in TABLES)
    return utterance.id if is_row else utterance.path


def _joined(field: str, rule: Naming, names: Sequence[str | None]) -> list[str | None]:
    known = {name for name in names if name is not None}
    strange = [name for name in rule.map if name not in known]
    if strange:
        same = sorted(name for name in known if spelling_of(name) == spelling_of(strange[0]))
        hint = f"Did you mean '{same[0]}'?" if same else did_you_mean(strange[0], known)
        message = f"{field}: the map names '{strange[0]}', which is not a {field} here. {hint}"
        raise CorpusError(f"{message.strip()} There are {some(sorted(known)) or 'none'}.")
    mapped = [name if name is None else rule.map.get(name, name) for name in names]
    if rule.alike != "one":
        return mapped
    counts = Counter(name for name in mapped if name is not None)
    one = {name: min(group, key=lambda each: (-counts[each], each)) for group in alike(counts) for name in group}
    return [name if name is None else one.get(name, name) for name in mapped]


def how_to_join(field: str, group: Sequence[str]) -> str:
    """Return what joins names of a corpus without a card, or says that they differ."""
    one, other = group[0], group[-1]
    return (
        f"If they are one {field}, join them in the corpus' entry: `{field}: {{alike: one}}`, or by name, "
        f"`{field}: {{map: {{{quoted(one)}: {quoted(other)}}}}}`. If they are not: `{field}: {{alike: differ}}`."
    )
