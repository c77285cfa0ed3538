"""A folder of your own, to scores: audit it, run a baseline over all of its speakers, and see what was mistaken.

    python examples/python/own_folder.py my_folder/labels.csv

The CSV file has the columns file, label and speaker; files are relative to its folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import emonet


def main(words: Sequence[str] | None = None) -> None:
    """Print what the audit says, the score of each system, and which classes are taken for which."""
    parser = argparse.ArgumentParser(description="A folder of your own, to scores.")
    parser.add_argument("table", type=Path, help="a CSV file with file, label and speaker")
    parser.add_argument("--runs", default="runs", help="the folder of run folders")
    given = parser.parse_args(words)
    recipe = {
        "name": "own-folder",
        "corpora": [{"manifest": given.table.absolute()}],
        "protocol": "leave-one-speaker-out",
        "systems": {"egemaps": {"strategy": "svm", "extractor": "egemaps"}},
    }
    for verdict in emonet.audit(recipe):
        print(verdict.line)
    done = emonet.run(recipe, runs=given.runs)
    tested = done.to_frame().query("split == 'test'")
    print(tested[["system", "metric", "value", "low", "high", "chance", "n", "speakers", "protocol_hash"]].to_string())
    clips = done.predictions().query("split == 'test'")
    print(clips.groupby(["truth", "predicted"]).size().unstack(fill_value=0))


if __name__ == "__main__":
    main()
