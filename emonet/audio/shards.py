"""Decoding a corpus piece by piece: each finished piece is kept, so that a killed ``prepare`` goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emonet.atomic import replacing, write_json
from emonet.audio.decode import AudioProblem, read_wave
from emonet.audio.parallel import in_order
from emonet.audio.table import Wave, batch_of, to_int16, write_batches
from emonet.corpus.corpus import Utterance

SHARD = 256
"""Utterances of a shard at most."""
SHARD_SAMPLES = 1 << 26
"""Samples after which a shard ends in any case (70 minutes), which bounds the memory that long recordings take."""


@dataclass(frozen=True)
class Problem:
    """An utterance that is left out, and why."""

    id: str
    path: str
    reason: str


@dataclass
class _Shard:
    begin: int
    end: int
    utterances: list[Utterance] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, utterance: Utterance, heard: Wave | Problem) -> None:
        self.end += 1
        if isinstance(heard, Problem):
            self.problems.append(heard)
        else:
            self.utterances.append(utterance)
            self.waves.append(heard)

    @property
    def is_full(self) -> bool:
        return self.end - self.begin >= SHARD or sum(len(wave) for wave in self.waves) >= SHARD_SAMPLES


@dataclass(frozen=True)
class Shards:
    """The shards of one store, in a folder of their own; the utterances' paths are relative to ``root``."""

    folder: Path
    root: Path
    utterances: Sequence[Utterance]

    def finished(self) -> Iterator[tuple[Path, int, list[Problem]]]:
        """Yield, in order, each finished shard's file, the number of utterances up to its end, and its problems."""
        begin = 0
        while (path := self._facts(begin)).is_file():
            facts = json.loads(path.read_text(encoding="utf-8"))
            yield self._table(begin), facts["end"], [Problem(**problem) for problem in facts["problems"]]
            begin = facts["end"]

    def done(self) -> int:
        """Return how many utterances the finished shards cover."""
        return max((end for _, end, _ in self.finished()), default=0)

    def make(self, workers: int | None, told: Callable[[int], None]) -> None:
        """Decode what no finished shard covers; ``told`` hears after each utterance how many are done."""
        begin = self.done()
        told(begin)
        rest = self.utterances[begin:]
        with in_order(lambda utterance: hear(self.root, utterance), rest, workers) as heard:
            shard = _Shard(begin, begin)
            for utterance, one in zip(rest, heard, strict=True):
                shard.add(utterance, one)
                if shard.is_full or shard.end == len(self.utterances):
                    self._write(shard)
                    shard = _Shard(shard.end, shard.end)
                told(shard.end)

    def _write(self, shard: _Shard) -> None:
        with replacing(self._table(shard.begin)) as temporary:
            write_batches(temporary, [batch_of(shard.utterances, shard.waves)])
        # Written after the table: it is what makes the shard a finished one.
        write_json(self._facts(shard.begin), {"end": shard.end, "problems": [asdict(each) for each in shard.problems]})

    def _table(self, begin: int) -> Path:
        return self.folder / f"{begin:08}.arrow"

    def _facts(self, begin: int) -> Path:
        return self.folder / f"{begin:08}.json"


def hear(root: Path, utterance: Utterance) -> Wave | Problem:
    """Return an utterance's wave (T,) int16 at 16 kHz, or why there is none."""
    try:
        samples = to_int16(read_wave(root / utterance.path, utterance.start, utterance.end))
    except AudioProblem as problem:
        return Problem(utterance.id, utterance.path, problem.reason)
    # Whatever peaks below half a step of 16 bits, 1.5e-5 of full scale, is all zeros here.
    return samples if samples.any() else Problem(utterance.id, utterance.path, "silent")
