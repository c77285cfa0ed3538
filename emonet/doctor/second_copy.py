"""Two copies of one corpus in one folder: the same names and sizes twice, and the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import Corpus
from emonet.doctor.survey import Survey, file_hash, repeated
from emonet.files import sha256_of
from emonet.findings import Finding

_COMPARED = 20
"""Pairs of files that are compared byte by byte."""
_HALF = 0.4
"""Share of repeated files from which on the folder holds two copies, not just a file twice."""


@dataclass(frozen=True, slots=True)
class _Pair:
    one: str
    other: str

    def folders(self) -> tuple[str, str]:
        """Return the two paths without the parts at their end that are the same."""
        one, other = list(PurePosixPath(self.one).parts), list(PurePosixPath(self.other).parts)
        while one and other and one[-1] == other[-1]:
            one.pop()
            other.pop()
        return "/".join(one) or ".", "/".join(other) or "."


def copies(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    """Yield a finding where files stand twice; only a few are opened, to make sure."""
    twice = repeated(survey.files)
    if not twice:
        return
    pairs = _pairs(corpus, root, twice)
    same = [pair for pair in pairs if sha256_of(root / pair.one) == sha256_of(root / pair.other)]
    if not same:
        return
    one, other = same[0].folders()
    share = len(same) / len(pairs) * len(twice) / max(1, len(survey.files) - len(twice))
    seen = f"such as {same[0].one} and {same[0].other}"
    if share >= _HALF:
        inner = max(one, other, key=len) if "." in {one, other} else ""
        advice = f"Keep one of '{one}' and '{other}', or give one of them with --root."
        advice = f"Remove '{inner}', or keep it elsewhere." if inner else advice
        yield Finding("problem", "two copies of the corpus", seen, "one", advice)
    else:
        yield Finding(
            "warning", "files that stand twice", seen, "none", "Remove one of each, so that no clip is in two splits."
        )


def _pairs(corpus: Corpus, root: Path, twice: set[int]) -> list[_Pair]:
    """Return some pairs of different files of one name and size, from the whole corpus."""
    step = max(1, len(twice) // _COMPARED)
    wanted = set(sorted(twice)[::step])
    first: dict[int, str] = {}
    pairs: list[_Pair] = []
    for utterance in corpus.scan(root):
        try:
            size = (root / utterance.path).stat().st_size
        except OSError:
            continue
        key = file_hash(PurePosixPath(utterance.path).name, size)
        if key in wanted:
            known = first.setdefault(key, utterance.path)
            if known != utterance.path:
                pairs.append(_Pair(known, utterance.path))
                wanted.discard(key)
        if not wanted:
            break
    return pairs
