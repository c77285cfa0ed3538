"""PAVOQUE: one long recording a style, and a YAML list of its utterances with their times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.document import parse_document
from emonet_corpora._release import matches

_LIST = r"(?:^|/)pavoque-(?P<style>angry|happy|neutral|poker|sad)\.yaml$"
_PHONES = re.compile(r"^  (?:segments:|- \{).*\n?", re.MULTILINE)
"""Lines with the sounds of an utterance: most of a file, and not read."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each piece of each style's recording.

    Raises:
        CorpusError: there is no list, or one cannot be read.
    """
    for match in matches(root, _LIST, "pavoque", "pavoque-angry.yaml"):
        for piece in _pieces(root / match.string):
            place = f"{root / match.string}: {piece['prompt']}"
            yield Utterance(
                id=f"{piece['prompt']}-{piece['style']}",
                path=match.string.removesuffix(".yaml") + ".flac",
                labels=labels_from({"style": str(piece["style"])}, targets, place),
                speaker="stefan_roettig",
                text=str(piece["text"]) or None,
                start=float(piece["start"]),
                end=float(piece["end"]),
            )


def _pieces(path: Path) -> list[dict[str, Any]]:
    try:
        pieces = parse_document(_PHONES.sub("", path.read_text(encoding="utf-8")), str(path), CorpusError).data
        for piece in pieces:
            if not 0 <= float(piece["start"]) < float(piece["end"]):
                raise ValueError(f"{piece['prompt']} goes from {piece['start']} to {piece['end']} s")
            _ = piece["prompt"], piece["style"], piece["text"]
    except (UnicodeDecodeError, ValueError, TypeError, KeyError) as problem:
        reason = " ".join(str(problem).split())
        text = f"{path}: not a list of utterances ({type(problem).__name__}: {reason})."
        raise CorpusError(f"{text} Expected prompt, text, style, start and end of each. Get the file again.") from None
    return list(pieces)
