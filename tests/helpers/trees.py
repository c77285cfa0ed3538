"""Names of files as real corpora have them, without the files; and folders that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path

EMODB = [
    f"wav/{speaker}{text}{label}{take}.wav"
    for speaker, text, label, take in product(
        ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16"), ("a01", "a02", "b01", "b10"), "WLEAFTN", "abc"
    )
    # as in the corpus, not every combination is there
    if (int(speaker) + int(text[1:]) + ord(label) + ord(take)) % 3
]
RAVDESS = [
    f"Actor_{actor:02}/03-01-{label:02}-{strength:02}-{text:02}-{take:02}-{actor:02}.wav"
    for actor, label, strength, text, take in product(range(1, 7), range(1, 9), (1, 2), (1, 2), (1, 2))
    if (label, strength) != (1, 2)
]
CREMA_D = [
    f"AudioWAV/{speaker}_{text}_{label}_XX.wav"
    for speaker, text, label in product(
        range(1001, 1009), ("DFA", "ITH", "TAI", "WSI"), ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
    )
] + [f"AudioWAV/{speaker}_IEO_{label}_HI.wav" for speaker in range(1001, 1009) for label in ("ANG", "SAD")]
SAVEE = [
    f"AudioData/{speaker}/{label}{number:02}.wav"
    for speaker, label, number in product(("DC", "JE", "JK", "KL"), ("a", "d", "f", "h", "n", "sa", "su"), range(1, 6))
]
TESS = [
    f"{speaker}_{folder}/{speaker}_{word}_{label}.wav"
    for speaker, (folder, label), word in product(
        ("OAF", "YAF"),
        (("angry", "angry"), ("Pleasant_surprise", "ps"), ("Sad", "sad"), ("Fear", "fear")),
        ("back", "bar", "base", "youth"),
    )
]
PARTED = [
    f"00{speaker}/{label}/{split}/00{speaker}_{number:06}.wav"
    for speaker, (offset, label), split in product(
        range(11, 15), enumerate(("Angry", "Happy", "Neutral", "Sad")), ("train", "test", "evaluation")
    )
    for number in (offset * 350 + len(split), offset * 350 + len(split) + 100)
]
SESSIONS = [
    f"Session{session}/wav/Ses0{session}{sex}_{scene}_{label}.wav"
    for session, sex, scene, label in product(
        range(1, 4), "FM", ("impro01", "impro02", "script01"), ("ang", "neu", "hap")
    )
]
CLASSES = [f"{label}/{number:03}.wav" for label in ("Happy", "sad", "ANGRY") for number in range(8)]
UNICODE = [f"{label}/s{speaker}/clip {n}.flac" for label in ("Freude", "Dégoût") for speaker in (1, 2) for n in (1, 2)]

TREES: Mapping[str, list[str]] = {
    "emodb": EMODB,
    "ravdess": RAVDESS,
    "crema_d": CREMA_D,
    "savee": SAVEE,
    "tess": TESS,
    "parted": PARTED,
    "sessions": SESSIONS,
    "classes": CLASSES,
    "unicode": UNICODE,
}


def make_tree(folder: Path, names: Iterable[str]) -> Path:
    """Create empty files: nothing opens them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def make_flat(folder: Path, *, delimiter: str = ",", suffix: str = "") -> Path:
    """Create a flat folder of clips and a CSV file that labels them."""
    lines = ["clip,mood,spk,sentence,part"]
    for number in range(12):
        label, split = ("happy", "sad", "surprised")[number % 3], ("train", "dev", "test")[number // 4]
        lines.append(f"rec {number}{suffix},{label},p{number // 4},t{number % 2},{split}")
    make_tree(folder, [f"audio/rec {number}.wav" for number in range(12)])
    text = "\n".join(lines).replace(",", delimiter) + "\n"
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder
