"""TORGO: recordings with their prompts, one microphone each, without prompts that are not speech to compare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_SESSION = r"(?P<session>(?P<speaker>(?P<group>[FM]C?)\d{2})/Session\d(?:_\d)?)"
_FILE = rf"(?:^|/){_SESSION}/wav_(?P<mic>headMic|arrayMic)/(?P<number>\d{{4}})\.wav$"
_NO_SPEECH = re.compile(r"\[.*\]|xxx|input/images")


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording, from the head's microphone where both are there.

    Raises:
        CorpusError: there is no such recording below ``root``, or a prompt is not text.
    """
    found = {}
    for match in matches(root, _FILE, "torgo", "F01/Session1/wav_headMic/0006.wav"):
        key = (match.string[: match.start("mic") - len("wav_")], match["number"])
        if key not in found or match["mic"] == "headMic":
            found[key] = match
    for (folder, number), match in sorted(found.items()):
        prompt = _prompt(root / f"{folder}prompts" / f"{number}.txt")
        if prompt is None or not _NO_SPEECH.search(prompt):
            yield _utterance(match, prompt, targets)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a recording says, None for any other path; what is spoken is not in it."""
    match = re.search(_FILE, path)
    return None if match is None else _utterance(match, None, targets)


def _utterance(match: re.Match[str], prompt: str | None, targets: tuple[Target, ...]) -> Utterance:
    codes = {"dysarthria": match["group"], "sex": match["group"][0]}
    return Utterance(
        id=f"{match['session']}/{match['number']}",
        path=match.string,
        labels=labels_from(codes, targets, match.string),
        speaker=match["speaker"],
        session=match["session"],
        text=prompt or None,
    )


def _prompt(path: Path) -> str | None:
    """Return a prompt without what differs between copies, None where there is no such file."""
    if not path.is_file():
        return None
    try:
        return " ".join(path.read_text(encoding="utf-8-sig").split()).lower()
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save the file as UTF-8, or get it again.") from None
