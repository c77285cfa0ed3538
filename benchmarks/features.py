"""eGeMAPS of a store, extracted and cached, against a plain loop over the same waves with opensmile."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import opensmile
from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of, write_corpus

from emonet.audio.arrow import as_float
from emonet.audio.decode import SAMPLE_RATE
from emonet.audio.features import extract_features
from emonet.audio.parallel import default_workers
from emonet.audio.prepare import prepare
from emonet.audio.store import Store, open_store
from emonet.corpus.readers.manifest import manifest_corpus
from emonet_plugins.factories import egemaps


def main() -> None:
    """Time the extraction and print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--clips", type=int, default=60, help="clips of 1.5 to 4.5 s")
    given = parser.parse_args()
    print_machine()
    clips = 6 if given.quick else given.clips
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["EMONET_HOME"] = str(Path(temporary) / "home")
        manifest = write_corpus(Path(temporary) / "clips", clips, SAMPLE_RATE, 1)
        store = open_store(prepare(manifest_corpus(manifest), manifest.parent, remember=False).folder)
        seconds = in_turn(_cases(store), rounds_of(given, 3))
        print_ratios("eGeMAPS functionals of a store", seconds, items=(clips, "clips"))


def _cases(store: Store) -> dict[str, Case]:
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    extractor = egemaps()

    def plain() -> None:
        rows = [smile.process_signal(as_float(store.wave(row)), SAMPLE_RATE) for row in range(len(store))]
        np.concatenate([row.to_numpy(np.float32) for row in rows])

    def extract(workers: int) -> None:
        extract_features(store, extractor, name="egemaps", version="1", options={}, workers=workers)

    def forget() -> None:
        shutil.rmtree(store.folder / "features", ignore_errors=True)

    many = max(2, default_workers())
    return {
        "plain opensmile loop": Case(plain),
        "first time, 1 worker": Case(lambda: extract(1), forget),
        f"first time, {many} workers": Case(lambda: extract(many), forget),
        # The features of the case before are still there.
        "cached": Case(lambda: extract(many)),
    }


if __name__ == "__main__":
    main()
