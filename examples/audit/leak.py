"""Make a corpus with a leak on purpose: copies of some clips, changed a little, under another speaker's name.

    python examples/audit/leak.py polish_speech_emotions leaky/

writes leaky/labels.csv with the corpus' clips as they are prepared, and one copy in twenty: quieter, at another rate,
or trimmed. `emonet audit` must find them: see README.md beside this file.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from emonet.audio.arrow import as_float
from emonet.audio.roots import current
from emonet.audio.store import Store, open_store

EVERY = 20
CHANGES: dict[str, Callable[[np.ndarray], tuple[np.ndarray, int]]] = {
    "quieter": lambda wave: (wave / 3, 16_000),
    "telephone": lambda wave: (soxr.resample(wave, 16_000, 8000), 8000),
    "trimmed": lambda wave: (wave[len(wave) // 10 : -len(wave) // 10], 16_000),
}


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description="Make a corpus with a leak on purpose.")
    parser.add_argument("corpus", help="the id of a prepared corpus")
    parser.add_argument("folder", type=Path, help="where to write")
    given = parser.parse_args()
    folder = current(given.corpus)
    if folder is None:
        parser.error(f"{given.corpus} is not prepared: emonet corpora prepare {given.corpus}")
    write_leak(open_store(folder), given.folder)


def write_leak(store: Store, folder: Path) -> None:
    """Write the clips of a store with a manifest, and changed copies of some under the next speaker's name."""
    folder.mkdir(parents=True, exist_ok=True)
    speakers = sorted({str(utterance.speaker) for utterance in store.utterances})
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", "label", "speaker", "text"))
        for row, utterance in enumerate(store.utterances):
            wave = as_float(store.wave(row))
            label = next(iter(utterance.labels.values()))
            name = utterance.id.replace("/", "_")
            soundfile.write(folder / f"{name}.wav", wave, 16_000)
            table.writerow((f"{name}.wav", label, utterance.speaker, utterance.text))
            if row % EVERY == 0:
                change = list(CHANGES)[row // EVERY % len(CHANGES)]
                changed, rate = CHANGES[change](wave)
                soundfile.write(folder / f"{change}_{name}.wav", changed, rate)
                other = speakers[(speakers.index(str(utterance.speaker)) + 2) % len(speakers)]
                table.writerow((f"{change}_{name}.wav", label, other, utterance.text))


if __name__ == "__main__":
    main()
