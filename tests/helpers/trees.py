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

EMOTALE = [
    f"wav/{language}_{speaker:03}_{label}_{number}.wav"
    for language, speaker, label, number in product(("DK", "EN"), (1, *range(3, 20)), "ABHNS", range(1, 6))
]
PORTUGUESE = [
    f"PORTUGUESE/{number + 1}{kind}{speaker}_{label}{number // 7 + 1}.wav"
    for number, kind, speaker in product(range(92), "sp", "AB")
    for label in [("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")[(number + ord(kind)) % 7]]
]
MESS = [
    f"MESS/{label}{speaker}{cue}{number:02}_SCR.wav"
    for label, speaker, cue, number in product("ACHS", ("F1", "F2", "F3", "M1", "M2", "M3"), "MTV", range(1, 11))
]
EMOGATOR = [f"data/mp3/{s:06}-{label:02}-{take}.mp3" for s, label, take in product(range(1, 13), range(1, 31), "123")]
ASED = [
    f"{place}{state}/{state[0].lower()}{place[1]}-{number:02}-{take:02}-{1 + speaker % 2:02}-{speaker:02}.wav"
    for (place, state), number, take, speaker in product(
        (("01", "Neutral"), ("02", "Fearful"), ("03", "Happy"), ("04", "Sad"), ("05", "Angry")),
        range(1, 8),
        (1, 2),
        range(1, 20),
    )
    if (int(place) + number + speaker) % 2
]
EMOV_DB = [
    f"{speaker}_{state}/{word}_{first}{sign}{first + 27}_{first + number:04}.wav"
    for speaker, (state, word), first, number in product(
        ("bea", "jenie", "josh", "sam"),
        (("Amused", "amused"), ("Angry", "anger"), ("Disgusted", "Disgust"), ("Sleepy", "sleepiness")),
        range(1, 560, 28),
        (0, 13, 27),
    )
    # one archive has another sign
    for sign in ["_" if first == 113 else "-"]
]
VIVAE = [
    f"VIVAE/full_set/S{speaker:02}_{label}_{strength}_{take:02}.wav"
    for speaker, label, strength, take in product(
        range(1, 12),
        ("achievement", "anger", "fear", "pain", "pleasure", "surprise"),
        ("low", "moderate", "strong", "peak"),
        (1, 2),
    )
]

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


def make_rated(folder: Path) -> Path:
    """Create clips whose names say nothing, and three tables: of clips, of people, and of several votes a clip."""
    labels = ("anger", "joy", "sadness", "neutrality")
    names = [f"16149516{number:05}.wav" for number in range(120)]
    make_tree(folder, [f"audio/{name}" for name in names])
    people = [f"{number * 7919:012x}" for number in range(10)]
    rows = [f"{name},sentence {n % 3},italian,{people[n % 10]},{labels[n // 10 % 4]}" for n, name in enumerate(names)]
    votes = [f"{name},{vote},good,{labels[(n + vote) % 4]}" for n, name in enumerate(names) for vote in range(5)]
    tables = {
        "samples": ["file_name,sentence,sentence_language,actor,emotion_expressed", *rows],
        "users": ["username,gender", *(f"{name},female" for name in people)],
        "evaluations": ["file_name,evaluator,audio_quality,emotion_recognized", *votes],
    }
    for name, lines in tables.items():
        path = folder / f"metadata/{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
