"""A pack on new audio: files by their paths, and a recording that is an array already.

    python examples/python/label.py my-pack recordings/

A pack comes from a run: emonet pack export RUN --system resnet --out my-pack
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import soundfile

import emonet


def main(words: Sequence[str] | None = None) -> None:
    """Print the labels of all files, and of the first as an array, which are the same."""
    parser = argparse.ArgumentParser(description="A pack on new audio.")
    parser.add_argument("pack", type=Path, help="the pack's folder")
    parser.add_argument("audio", type=Path, help="a file or a folder")
    given = parser.parse_args(words)
    pack = emonet.load_pack(given.pack)
    for name, task in pack.info()["tasks"].items():
        print(f"{name} learned from: {task['learned']}.")
    labels = pack.predict(given.audio)
    whole = labels[labels.window.eq(False)]
    shares = [name for name in whole.columns if name.startswith(("p_", "d_"))]
    print(whole[["file", "label", "arousal", "valence", *shares]].round(3).to_string(index=False))
    first = whole.file.iloc[0]
    samples, rate = soundfile.read(first)  # (T,), or (T, C) where there are several channels
    again = pack.predict(samples.T, rate=rate)
    print(f"{first} as an array at {rate} Hz: {again.label.iloc[0]}")


if __name__ == "__main__":
    main()
