"""Decoding a corpus piece by piece: each finished piece is kept, so that a killed ``prepare`` goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from emonet.audio.arrow import Wave, batch_of, packed, row_of, write_batches
from emonet.audio.decode import AudioProblem, read_recording, usable_wave
from emonet.audio.parallel import in_order
from emonet.corpus.corpus import Utterance
from emonet.errors import Damaged
from emonet.files import damaged, read_sealed, replacing, sums_of, write_sealed

SHARD = 256
"""Utterances of a shard at most."""
SHARD_SAMPLES = 1 << 26
"""Samples after which a shard ends in any case (70 minutes), which bounds the memory that long recordings take."""


@dataclass(frozen=True)
class Problem:
    """An utterance that is left out, and why.

    Attributes:
        row: all that is known of the utterance; see ``emonet.audio.arrow.row_of``.
    """

    id: str
    path: str
    reason: str
    row: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class DecodedWave(NamedTuple):
    """A wave (T,) at 16 kHz as it is kept, and the sampling rate of its file in Hz."""

    wave: Wave
    rate: int


@dataclass
class _Shard:
    begin: int
    end: int
    utterances: list[Utterance] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    rates: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, utterance: Utterance, heard: DecodedWave | Problem) -> None:
        self.end += 1
        if isinstance(heard, Problem):
            self.problems.append(heard)
        else:
            self.utterances.append(utterance)
            self.waves.append(heard.wave)
            self.rates.append(heard.rate)

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
        """Yield, in order, each finished shard's file, the number of utterances up to its end, and its problems.

        A damaged shard counts as one that is not finished, and so does what follows it.
        """
        begin = 0
        while (facts := self._finished(begin)) is not None:
            yield self._table(begin), facts["end"], [Problem(**problem) for problem in facts["problems"]]
            begin = facts["end"]

    def _finished(self, begin: int) -> dict[str, Any] | None:
        try:
            facts = read_sealed(self._facts(begin))
        except (FileNotFoundError, Damaged):
            return None
        return None if damaged(self.folder, facts["sums"]) else facts

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
            batch = batch_of(shard.utterances, shard.waves, shard.rates)
            write_batches(temporary, [batch], batch.schema)
        # Written after the table: it is what makes the shard a finished one.
        sums = sums_of(self.folder, [self._table(shard.begin).name])
        problems = [asdict(each) for each in shard.problems]
        write_sealed(self._facts(shard.begin), {"end": shard.end, "problems": problems, "sums": sums})

    def _table(self, begin: int) -> Path:
        return self.folder / f"{begin:08}.arrow"

    def _facts(self, begin: int) -> Path:
        return self.folder / f"{begin:08}.json"


def hear(root: Path, utterance: Utterance) -> DecodedWave | Problem:
    """Return what is kept of an utterance's file, or why nothing is."""
    try:
        recording = read_recording(root / utterance.path, utterance.start, utterance.end)
        wave = usable_wave(recording)
    except AudioProblem as problem:
        return Problem(utterance.id, utterance.path, problem.reason, row_of(utterance))
    return DecodedWave(packed(wave), recording.rate)
