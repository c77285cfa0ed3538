"""Two systems, cross-validated on the same folds: their difference with its interval, and a plot of both.

    python examples/python/compare.py polish_speech_emotions comparison.png

The plot needs matplotlib: pip install 'emonet[figures]'
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

import emonet
from emonet.api.runs import Run

SYSTEMS = {
    "egemaps": {"strategy": "svm", "extractor": "egemaps"},
    "egemaps-speaker": {"strategy": "svm", "extractor": "egemaps", "normalisation": "speaker"},
}


def main(words: Sequence[str] | None = None) -> None:
    """Run both, print the comparison, and write the plot."""
    parser = argparse.ArgumentParser(description="Two systems on the same folds.")
    parser.add_argument("corpus", help="as in a recipe: an id, or '{manifest: my_folder/}'")
    parser.add_argument("picture", type=Path, help="the plot, as .png or .svg")
    parser.add_argument("--runs", default="runs", help="the folder of run folders")
    given = parser.parse_args(words)
    recipe = {
        "name": "comparison",
        "corpora": [yaml.safe_load(given.corpus)],
        "protocol": "leave-one-speaker-out",
        "systems": SYSTEMS,
        "baseline": "egemaps",
    }
    done = emonet.run(recipe, runs=given.runs)
    for _, row in done.comparisons().iterrows():
        print(f"{row.system} - {row.baseline}: {row.difference:+.3f} {row.metric} [{row.low:+.3f}, {row.high:+.3f}]")
        print(f"p after Holm's correction: {row.p_holm:.3f} {row.limit and '(no mark: ' + row.limit + ')'}")
    draw(done, given.picture)
    print(f"Written: {given.picture}")


def draw(done: Run, picture: Path) -> None:
    """Draw each system's score with its interval, and its folds as dots."""
    from matplotlib.figure import Figure

    tested = [score for score in done.report.scores if score.split == "test"]
    figure = Figure(figsize=(5, 2.5), layout="constrained")
    axes = figure.subplots()
    for height, score in enumerate(tested):
        axes.plot([score.interval.low, score.interval.high], [height, height], color="tab:blue")
        axes.plot([score.value], [height], "o", color="tab:blue")
        axes.plot(list(score.per_fold.values()), [height] * len(score.per_fold), "|", color="0.4")
    axes.set_yticks(range(len(tested)), [score.system for score in tested])
    axes.set_ylim(-0.5, len(tested) - 0.5)
    axes.axvline(tested[0].chance or 0, linestyle=":", color="0.6")
    axes.set_xlabel(f"{tested[0].metric} on test; small lines: folds, dotted: chance")
    figure.savefig(picture)


if __name__ == "__main__":
    main()
