"""Two copies of one corpus in one folder: the same names and sizes twice, and the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import Corpus
from emonet.corpus.one_copy import COMPARED, HALF, TwinFiles, how_to_part
from emonet.doctor.survey import Survey, file_hash, repeated
from emonet.findings import Finding


def copies(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    """Yield a finding where files stand twice; only a few are opened, to make sure."""
    twice = repeated(survey.files)
    if not twice:
        return
    pairs = _pairs(corpus, root, twice)
    same = [pair for pair in pairs if pair.are_equal(root)]
    if not same:
        return
    share = len(same) / len(pairs) * len(twice) / max(1, len(survey.files) - len(twice))
    seen = f"such as {same[0].one} and {same[0].other}"
    if share >= HALF:
        yield Finding("problem", "two copies of the corpus", seen, "one", how_to_part(same, corpus))
    else:
        yield Finding(
            "warning", "files that stand twice", seen, "none", "Remove one of each, so that no clip is in two splits."
        )


def _pairs(corpus: Corpus, root: Path, twice: set[int]) -> list[TwinFiles]:
    """Return some pairs of different files of one name and size, from the whole corpus."""
    step = max(1, len(twice) // COMPARED)
    wanted = set(sorted(twice)[::step])
    first: dict[int, str] = {}
    pairs: list[TwinFiles] = []
    for utterance in corpus.scan(root):
        try:
            size = (root / utterance.path).stat().st_size
        except OSError:
            continue
        key = file_hash(PurePosixPath(utterance.path).name, size)
        if key in wanted:
            known = first.setdefault(key, utterance.path)
            if known != utterance.path:
                pairs.append(TwinFiles(known, utterance.path))
                wanted.discard(key)
        if not wanted:
            break
    return pairs
