"""Corpora whose paths say everything: a regular expression with named groups."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from string import Formatter
from typing import Annotated, Any, get_args

from emonet.corpus.codes import Templates, labels_from, tidied
from emonet.corpus.corpus import Strings, Target, Utterance, UtteranceField
from emonet.corpus.readers.folders import files_below, is_audio, is_listed
from emonet.document import STRICT, Checked
from emonet.errors import CorpusError, counted, did_you_mean

_FIELDS: tuple[UtteranceField, ...] = get_args(UtteranceField)


def _compiles(regex: str) -> str:
    try:
        re.compile(regex)
    except re.error as problem:
        raise ValueError(f"{regex!r} is not a regular expression: {problem}. Mend it.") from None
    return regex


@dataclass(frozen=True)
class PatternRule:
    """A regex searched in each POSIX path, and templates such as ``{session}{sex}`` over its groups.

    ``label`` has a template for each target; that of the first one may stand under the empty name.
    A field without a template takes the group of its own name. ``rename`` maps values of a field;
    ``lower`` names the fields that are lower-cased first.
    """

    __pydantic_config__ = STRICT
    regex: Annotated[str, Checked(after=_compiles)]
    label: Templates = field(default_factory=lambda: {"": "{label}"})
    speaker: str = ""
    session: str = ""
    text: str = ""
    split: str = ""
    language: str = ""
    rename: Mapping[UtteranceField, Strings] = field(default_factory=dict)
    lower: tuple[UtteranceField, ...] = ()

    def __post_init__(self) -> None:
        groups = re.compile(self.regex).groupindex
        templates = {target or "label": template for target, template in self.label.items()}
        templates |= {name: getattr(self, name) for name in _FIELDS}
        for key, template in templates.items():
            for name in (name for _, name, _, _ in Formatter().parse(template) if name is not None):
                if name not in groups:
                    hint = did_you_mean(name, groups)
                    message = f"the template {template!r} of '{key}' needs a group '{name}', which the regex lacks. "
                    raise ValueError(f"{message}{hint} Its groups: {', '.join(groups) or 'none'}.")


def scan_pattern(
    rule: PatternRule,
    targets: tuple[Target, ...],
    corpus_id: str,
    looked_for: str,
    known_bad: Mapping[str, str],
    root: Path,
) -> Iterator[Utterance]:
    """Yield an utterance for every file whose path matches; files with no label left are passed over.

    Of a recording that was converted where it lies, the first form by name is read: ``a.m4a`` before ``a.wav``.

    Raises:
        CorpusError: nothing below ``root`` matches; the text names a file that was looked for.
    """
    regex, matched, seen, last = re.compile(rule.regex), False, 0, ""
    for path in files_below(root):
        seen += 1
        # file systems differ in how they spell accents; cards and ids must not
        name = unicodedata.normalize("NFC", path)
        match = _match(regex, name)
        if match is None:
            continue
        matched = True
        # what is said of a bad file may be bad, too
        if is_listed(name, known_bad):
            continue
        utterance = _utterance(rule, match, targets, path)
        # files come sorted, so that all forms of a recording follow each other
        if utterance.labels and utterance.id != last:
            last = utterance.id
            yield utterance
    if not matched:
        message = (
            f"{root}: this does not look like the corpus '{corpus_id}': {counted(seen, 'file')}, "
            f"none like '{looked_for}'. Give the folder that holds such files with --root."
        )
        raise CorpusError(message)


def read_path(rule: PatternRule, targets: tuple[Target, ...], path: str) -> Utterance | None:
    """Return the utterance that a path names, None where the path does not match."""
    match = _match(re.compile(rule.regex), unicodedata.normalize("NFC", path))
    return None if match is None else _utterance(rule, match, targets, path)


def _match(regex: re.Pattern[str], name: str) -> re.Match[str] | None:
    """Return the match of a path, whatever case the suffix of a sound is in."""
    match = regex.search(name)
    if match is None and is_audio(name):
        stem, _, suffix = name.rpartition(".")
        others = (f"{stem}.{case}" for case in (suffix.lower(), suffix.upper()) if case != suffix)
        match = next(filter(None, map(regex.search, others)), None)
    return match


def _utterance(rule: PatternRule, match: re.Match[str], targets: tuple[Target, ...], path: str) -> Utterance:
    groups = {name: value or "" for name, value in match.groupdict().items()}
    codes = {target or targets[0].name: template.format_map(groups) for target, template in rule.label.items()}
    fields: dict[str, Any] = {name: _field(rule, name, groups) for name in _FIELDS}
    labels = labels_from(codes, targets, path)
    name = str(PurePosixPath(match.string).with_suffix(""))
    return Utterance(id=name, path=path, labels=labels, **fields)


def _field(rule: PatternRule, name: UtteranceField, groups: Mapping[str, str]) -> str | None:
    template: str = getattr(rule, name)
    value = template.format_map(groups) if template else groups.get(name, "")
    return tidied(value, rule.rename.get(name, {}), lower=name in rule.lower)
