"""A plugin package around a card: written whole or not at all, and never over something."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Utterance
from emonet.corpus.readers.folders import files_below, is_audio
from emonet.corpus.readers.rows import id_from
from emonet.errors import CorpusError
from emonet.labels.ontology import Ontology
from emonet.propose.card import Draft, card_data, card_text, to_check
from emonet.propose.labels import meaning_in
from emonet.propose.proposal import field_json, proposed
from emonet.propose.roles import UNSAID, Chosen

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{distribution}"
version = "0.1.0"
description = "The corpus {id} for EmoNet"
dependencies = ["emonet"]

[project.entry-points.emonet]
{entry} = "{module}"

[tool.setuptools]
packages = ["{module}"]
package-data = {{{module} = ["*.yaml"]}}
"""

_MODULE = '''\
"""The corpus {id}, as a package of its own: a card, and the hook that brings it."""

from __future__ import annotations

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora() -> list[emonet.Corpus]:
    """Return the corpora whose cards lie beside this file."""
    return emonet.corpora_in(Path(__file__).parent)
'''

_TEST = '''\
"""The promises of a corpus, each checked on a small fake release that is made of the card's examples."""

from __future__ import annotations

import {module}

from emonet.testing import parametrize_checks


@parametrize_checks({module})
def test_{id}_keeps_its_promises(check):
    check()
'''


@dataclass(frozen=True)
class Written:
    """A package that was written, and what is to be told of it.

    Attributes:
        folder: the package.
        files: its files, relative to it.
        scan: what its card reads paths or tables by.
        codes: raw code -> class.
        counts: utterances and speakers that its scan finds, and the audio files that it passes over.
        passed_over: some of these files.
        assumed: what was taken for what.
        check: what the user should look at.
        fields: the fields that could have been taken, as ``field_json`` says.
    """

    folder: Path
    files: tuple[str, ...]
    scan: dict[str, object]
    codes: dict[str, str]
    counts: dict[str, int]
    passed_over: tuple[str, ...]
    assumed: tuple[str, ...]
    check: tuple[str, ...]
    fields: tuple[dict[str, Any], ...] = ()


def new_package(
    name: str,
    source: Path,
    out: Path,
    ontology: Ontology,
    *,
    taken: Container[str] = (),
    chosen: Chosen = UNSAID,
) -> Written:
    """Write a package for the corpus in a folder, below ``out``.

    Args:
        name: the id of the corpus.
        source: the folder of its files.
        ontology: the words for emotions that are known.
        taken: ids of other corpora.
        chosen: which fields the user says are the label and the speaker.

    Raises:
        CorpusError: the id cannot be used, there is something already, or the folder suggests no card.
        Unsure: it is not clear which field is the label, or the speaker.
        UnknownName: the user names a field that is not there.
    """
    _check_id(name, taken)
    module = f"emonet_corpus_{name}"
    distribution = module.replace("_", "-")
    folder = out / distribution
    if folder.exists():
        raise CorpusError(f"{folder}: there is something already. Remove it, or give another folder with --out.")
    cells = {word.name: word.affect for word in ontology.words.values() if word.affect is not None}
    draft = Draft(name, proposed(source, meaning_in(ontology), chosen), cells)
    card, utterances = _tried(draft, source)
    entry = distribution.removeprefix("emonet-")
    facts = {"distribution": distribution, "id": name, "entry": entry, "module": module}
    files = {
        "pyproject.toml": _PYPROJECT.format(**facts),
        f"{module}/__init__.py": _MODULE.format(**facts),
        f"{module}/{name}.yaml": card,
        f"test_{name}.py": _TEST.format(**facts),
    }
    _write_all(folder, files)
    return _written(folder, tuple(files), draft, utterances, source)


def _check_id(name: str, taken: Container[str]) -> None:
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise CorpusError(f"'{name}' cannot be an id, which has a-z, 0-9 and _ only. Use '{id_from(name)}'.")
    if name in taken:
        raise CorpusError(f"There is a corpus with the id '{name}' already. Choose another: emonet corpora list")


def _tried(draft: Draft, source: Path) -> tuple[str, tuple[Utterance, ...]]:
    """Return the card's text and what its scan finds in the folder; the counts on the card are of this scan."""
    first = next(file for file in files_below(source) if is_audio(file))
    with tempfile.TemporaryDirectory(prefix="emonet-new-") as folder:
        path = Path(folder) / f"{draft.corpus_id}.yaml"
        path.write_text(card_text(draft, card_data(draft, (), first)), encoding="utf-8")
        utterances = tuple(read_card(path).scan(source))
        text = card_text(draft, card_data(draft, utterances, first))
        path.write_text(text, encoding="utf-8")
        read_card(path)  # whatever stands in names, a card that cannot be read is never handed on
    return text, utterances


def _write_all(folder: Path, files: dict[str, str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, text in files.items():
            path = work / folder.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (work / folder.name).rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _written(
    folder: Path, files: tuple[str, ...], draft: Draft, utterances: tuple[Utterance, ...], source: Path
) -> Written:
    read = {utterance.path for utterance in utterances}
    passed_over = tuple(file for file in files_below(source) if is_audio(file) and file not in read)
    speakers = {utterance.speaker for utterance in utterances} - {None}
    counts = {"utterances": len(utterances), "speakers": len(speakers), "passed_over": len(passed_over)}
    proposal = draft.proposal
    twice = [name for name, count in Counter(utterance.id for utterance in utterances).items() if count > 1]
    clash = (
        [f"'{twice[0]}' is the id of several utterances ({len(twice)} such ids): keep one row or file"] if twice else []
    )
    return Written(
        folder,
        files,
        dict(proposal.scan),
        dict(proposal.codes),
        counts,
        passed_over[:3],
        proposal.assumed,
        (*clash, *to_check(draft)),
        tuple(map(field_json, proposal.fields)),
    )
