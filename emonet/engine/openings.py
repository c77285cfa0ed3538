"""Opening test: the one way to a stage's test split, noted before anything is handed out, and how often that was.

Every opening is a line of ``openings.jsonl`` in EMONET_HOME, which is only ever added to: stages may be removed, and
what was seen stays seen.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from emonet.errors import Damaged
from emonet.files import SEAL, digest_of, home, read_sealed, write_sealed
from emonet.protocols.protocol import Protocol
from emonet.recipe.stage import Stage
from emonet.report.results import OpeningCount

OPENED = "test_opened.json"


@dataclass(frozen=True, slots=True)
class Opening:
    """One stage's look at the test split of one fold.

    Attributes:
        protocol: the protocol's hash.
        fold: the number of the fold in its protocol, from 0: copies of a protocol may name folds otherwise.
        stage: the stage's key.
        system: what tells systems apart whatever recipes call them; see ``Stage.method``.
        time: when, as an ISO 8601 time.
    """

    protocol: str
    fold: int
    stage: str
    system: str
    time: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All openings of this home in their order, and how many lines of its file cannot be read."""

    openings: tuple[Opening, ...]
    unreadable: int = 0


def open_test(stage: Stage, folder: Path) -> Stage:
    """Note an opening in ledger and stage's folder; then return the stage with the test split of its tasks alone."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    opening = Opening(stage.protocol.hash, _fold(stage), stage.key, stage.method, now)
    times = tests_opened(folder)
    facts = asdict(opening)
    _add(json.dumps({**facts, SEAL: digest_of(facts)}, sort_keys=True))
    write_sealed(folder / OPENED, {"times": times + 1})
    return replace(stage, tasks=tuple(replace(task, items={"test": task.items["test"]}) for task in stage.tasks))


def tests_opened(folder: Path) -> int:
    """Return how often the test split of a stage was opened: once, or more if that was interrupted."""
    try:
        return int(read_sealed(folder / OPENED)["times"])
    except FileNotFoundError:
        return 0
    except Damaged:
        return sum(opening.stage == folder.name for opening in read_ledger().openings)


def read_ledger() -> Ledger:
    """Return all openings of this home; lines that are damaged are counted and skipped."""
    path = ledger_path()
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    found = [_opening(line) for line in lines if line.strip()]
    kept = tuple(opening for opening in found if opening is not None)
    return Ledger(kept, len(found) - len(kept))


def count_openings(stages: Iterable[Stage], ledger: Ledger, opened: Mapping[str, int]) -> tuple[OpeningCount, ...]:
    """Return how often the test split of each protocol that stages are scored under was opened.

    Args:
        opened: stage -> how often its own folder says that it was; see ``tests_opened``.
    """
    scored = [stage for stage in stages if stage.scored]
    by_run = {stage.protocol.hash for stage in scored if stage.opens}
    protocols = {stage.protocol.hash: stage.protocol for stage in scored}
    unlisted = _unlisted({stage.key: stage for stage in scored}, ledger, opened)
    return tuple(_counted(each, ledger, unlisted, by_run=each.hash in by_run) for each in protocols.values())


def _unlisted(stages: Mapping[str, Stage], ledger: Ledger, opened: Mapping[str, int]) -> list[Opening]:
    """Return the openings that stages know of and the ledger does not."""
    listed = Counter(opening.stage for opening in ledger.openings)
    return [
        Opening(stage.protocol.hash, _fold(stage), key, stage.method, "")
        for key, stage in stages.items()
        for _ in range(opened.get(key, 0) - listed[key])
    ]


def _fold(stage: Stage) -> int:
    return [each.name for each in stage.protocol.folds].index(stage.fold)


def _counted(protocol: Protocol, ledger: Ledger, unlisted: Sequence[Opening], *, by_run: bool) -> OpeningCount:
    lost = [opening for opening in unlisted if opening.protocol == protocol.hash]
    own = [*(opening for opening in ledger.openings if opening.protocol == protocol.hash), *lost]
    folds = [[each.stage for each in own if each.fold == number] for number in range(len(protocol.folds))]
    most = max(folds, key=len)
    return OpeningCount(
        protocol=protocol.id,
        hash=protocol.hash,
        times=len(most),
        fewest=min(map(len, folds)),
        systems=len({opening.system for opening in own}),
        repeats=len(most) - len(set(most)),
        by_run=by_run,
        unreadable=ledger.unreadable,
        unlisted=len(lost),
    )


def _add(line: str) -> None:
    """Add a line in one piece and bring it to disk; half a line that a crash left before it is closed off."""
    from filelock import FileLock

    path = ledger_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")), path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _opening(line: bytes) -> Opening | None:
    try:
        facts = json.loads(line)
        is_whole = facts.pop(SEAL) == digest_of(facts)
        opening = Opening(**facts)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not is_whole:
        return None
    texts = (opening.protocol, opening.stage, opening.system, opening.time)
    return opening if isinstance(opening.fold, int) and all(isinstance(text, str) for text in texts) else None


def ledger_path() -> Path:
    """Return the file that all openings of this home are noted in."""
    return home() / "openings.jsonl"
