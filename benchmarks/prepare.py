"""Decoding and resampling a corpus into its store, and reading from there, against a plain loop over the files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of, write_corpus
from numpy.typing import NDArray

from emonet.audio.parallel import default_workers
from emonet.audio.prepare import prepare
from emonet.audio.store import open_store
from emonet.corpus.corpus import Corpus
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.files import store_folder

RATE = 44_100


def main() -> None:
    """Time both halves of a wave's way and print the tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--clips", type=int, default=100, help="files of 1.5 to 4.5 s, 44.1 kHz, stereo")
    given = parser.parse_args()
    print_machine()
    clips, rounds = (8 if given.quick else given.clips), rounds_of(given, 5)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["EMONET_HOME"] = str(Path(temporary) / "home")
        manifest = write_corpus(Path(temporary) / "stereo", clips, RATE, 2)
        corpus = manifest_corpus(manifest)
        writing = in_turn(_writing(corpus, manifest.parent), rounds)
        print_ratios("Decoding and resampling 44.1 kHz stereo", writing, items=(clips, "clips"))
        reading = in_turn(_reading(corpus, manifest.parent), rounds)
        print_ratios("All waves as float32 in later runs", reading, items=(clips, "clips"))


def _writing(corpus: Corpus, root: Path) -> dict[str, Case]:
    def forget() -> None:
        shutil.rmtree(store_folder(corpus.id), ignore_errors=True)

    def store(workers: int) -> Case:
        return Case(lambda: prepare(corpus, root, workers=workers, remember=False), forget)

    many = max(2, default_workers())
    return {
        "plain loop": Case(lambda: plain_loop(root)),
        "store, 1 worker": store(1),
        f"store, {many} workers": store(many),
        # The store of the case before is still there.
        "prepare again, nothing to do": Case(lambda: prepare(corpus, root, remember=False)),
    }


def _reading(corpus: Corpus, root: Path) -> dict[str, Case]:
    folder = prepare(corpus, root, remember=False).folder
    opened = open_store(folder)

    def every_wave() -> None:
        for row in range(len(opened)):
            opened.wave(row).astype(np.float32)

    def open_and_read() -> None:
        store = open_store(folder)
        for row in range(len(store)):
            store.wave(row).astype(np.float32)

    return {
        "plain loop again": Case(lambda: plain_loop(root)),
        "open the store": Case(lambda: open_store(folder)),
        "slices of the open store": Case(every_wave),
        "both": Case(open_and_read),
    }


def plain_loop(root: Path) -> list[NDArray[np.float32]]:
    """Return all waves as a plain script would get them: one file after another, by soxr."""
    waves = []
    for path in sorted(root.glob("*.wav")):
        channels, _ = soundfile.read(path, dtype="float32", always_2d=True)
        waves.append(soxr.resample(channels.mean(axis=1), RATE, 16_000, quality="VHQ"))
    return waves


if __name__ == "__main__":
    main()
