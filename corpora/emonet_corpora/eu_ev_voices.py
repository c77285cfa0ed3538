"""EU-EV: the British part as it is distributed, and a manifest for the parts whose layout is not public."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet.corpus.readers.manifest import MANIFEST, scan_manifest

_CLIP = re.compile(
    r"(?:^|/)EU Emotion - UK Voices/(?P<edition>Original|Fixed - amplified volume)/"
    r"(?P<emotion>[A-Za-z]+?)(?:\s*-?\s*Low Intensity)?/(?:fix__)?[^/]+\.(?:mp3|wav)$"
)


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield the British clips of one edition, the original where it is there, and the rows of a manifest.

    Raises:
        CorpusError: neither is below ``root``, or a row of the manifest cannot be read.
    """
    files = list(files_below(root))
    clips = [match for path in files if (match := _CLIP.search(path))]
    tables = [path for path in files if path.rpartition("/")[2].lower() == MANIFEST]
    if not clips and not tables:
        message = (
            f"{root}: this does not look like the corpus 'eu_ev': no file like 'EU Emotion - UK Voices/Original/Afraid/"
            f"NAME.mp3', and no {MANIFEST} for the other languages. Give the folder that holds them with --root."
        )
        raise CorpusError(message)
    yield from map(partial(_utterance, targets=targets), _of_one_edition(clips))
    if tables:
        yield from scan_manifest(targets, "eu_ev", {}, root)


def _of_one_edition(clips: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Leave out the louder copies where the clips themselves are there."""
    original = [clip for clip in clips if clip["edition"] == "Original"]
    return original or list(clips)


def _utterance(clip: re.Match[str], targets: tuple[Target, ...]) -> Utterance:
    return Utterance(
        id=clip.string.rpartition(".")[0],
        path=clip.string,
        labels=labels_from(clip.groupdict(), targets, clip.string),
        language="en-GB",
    )
