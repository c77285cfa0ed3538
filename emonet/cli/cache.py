"""``emonet cache``: what is kept in EMONET_HOME, whether it is whole, and removing what nobody needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import AsJson, errors, print_json, print_table, say
from emonet.errors import counted
from emonet.files import home
from emonet.progress import progress_listener

if TYPE_CHECKING:
    from emonet.engine.cache import KeptEntry, KeptVerdict, Removal

app = typer.Typer(
    help="Say what EMONET_HOME holds, verify it, and remove what nobody needs.",
    no_args_is_help=True,
    add_completion=False,
)

_UNITS = ("B", "kB", "MB", "GB", "TB")
RunsFolders = Annotated[
    list[Path] | None, typer.Option("--runs", metavar="FOLDER", help="A folder of runs. May be repeated.")
]


@app.command()
def stats(*, json: AsJson = False) -> None:
    """Say how much is kept, by kind and corpus; nothing but names and sizes is read."""
    from emonet.engine.cache import entries

    found = entries()
    rows = _by_kind(found)
    total = sum(entry.bytes for entry in found)
    if json:
        print_json({"home": str(home()), "bytes": total, "kept": rows})
        return
    cells = [(row["kind"], row["of"] or "-", str(row["count"]), _size(row["bytes"])) for row in rows]
    print_table("", ("kind", "of", "count", "size"), cells)
    say(f"{_size(total)} in {home()}. Is it whole? emonet cache verify")


@app.command()
def verify(*, runs: RunsFolders = None, json: AsJson = False) -> None:
    """Read all that is kept and name what is damaged; exit code 1 where anything is."""
    from emonet.engine.cache import entries, verify_runs
    from emonet.engine.cache import verify as verify_entries

    with progress_listener(errors(), quiet=json) as listen:
        verdicts = verify_entries(entries(), listen=listen)
    of_runs = [each for folder in runs or () for each in verify_runs(folder)]
    faults = [reason for _, state, reason in of_runs if state == "damaged"]
    damaged = [each for each in verdicts if each.state == "damaged"]
    if json:
        plain = [{"path": str(path), "state": state, "reason": reason} for path, state, reason in of_runs]
        print_json({"home": str(home()), "kept": [_plain(each) for each in verdicts], "runs": plain})
    else:
        for reason in (*(each.reason for each in damaged), *faults):
            say(f"damaged: {reason}")
        for line in _summary(verdicts, [state for _, state, _ in of_runs]):
            say(line)
    if damaged or faults:
        raise typer.Exit(1)


@app.command()
def prune(
    *,
    runs: RunsFolders = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Only what was written so many days ago, or earlier.")
    ] = None,
    damaged: Annotated[bool, typer.Option("--damaged", help="Also what is damaged or of another version.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Remove what no run in the given folders needs, or what is old or damaged.

    Fetched corpora and the ledger of openings stay.

    With --runs and --older-than, what is removed is both. What runs at work need is never removed.
    """
    from emonet.engine.cache import entries, needs_of, remove, to_remove
    from emonet.engine.cache import verify as verify_entries

    if not (runs or damaged or older_than is not None):
        raise typer.BadParameter(
            "say what to remove: --runs FOLDER (what no run there needs), --older-than, --damaged."
        )
    needs = needs_of(runs) if runs else None
    found = entries()
    with progress_listener(errors(), quiet=json) as listen:
        verdicts = verify_entries(found, listen=listen) if damaged else ()
    chosen = to_remove(found, needs=needs, older_than=older_than, verdicts=verdicts)
    done = remove(chosen, dry_run=dry_run)
    if json:
        print_json({"home": str(home()), "dry_run": dry_run, "removed": [_removal(each) for each in done]})
        return
    for each in done:
        word = "held, so it stays" if each.held else "would remove" if dry_run else "removed"
        name = f"{each.entry.kind} {each.entry.path.relative_to(home())}"
        say(f"{word}: {name} ({_size(each.entry.bytes)}; {each.why})")
    gone = [each.entry for each in done if not each.held]
    would = "would be removed" if dry_run else "removed"
    say(f"{counted(len(gone), 'thing')}, {_size(sum(entry.bytes for entry in gone))} {would}.")
    if any(entry.kind == "stage" for entry in gone):
        say("Files that runs have links to take their room until these runs are removed, too.")


def _by_kind(found: Iterable[KeptEntry]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for entry in found:
        groups.setdefault((entry.kind, entry.of), []).append(entry.bytes)
    return [{"kind": kind, "of": of, "count": len(sizes), "bytes": sum(sizes)} for (kind, of), sizes in groups.items()]


def _summary(verdicts: Sequence[KeptVerdict], runs: Sequence[str]) -> Iterable[str]:
    states: Counter[str] = Counter(each.state for each in verdicts)
    yield _counts(states)
    if runs:
        yield f"{counted(len(runs), 'run')}: {_counts(Counter(runs))}"
    if states["damaged"]:
        yield "What is damaged is made again when it is needed, or removed: emonet cache prune --damaged"
    if states["unknown"]:
        fetched = counted(states["unknown"], "fetched corpus", "fetched corpora")
        yield f"{fetched} not looked at: emonet corpora check ID"


def _counts(states: Counter[str]) -> str:
    known = ("whole", "damaged", "incomplete", "outdated")
    return ", ".join(f"{states[each]} {each}" for each in known if each in {"whole", "damaged"} or states[each]) + "."


def _plain(verdict: KeptVerdict) -> dict[str, Any]:
    entry = verdict.entry
    facts = {"kind": entry.kind, "of": entry.of, "path": str(entry.path), "bytes": entry.bytes}
    return {**facts, "state": verdict.state, "reason": verdict.reason}


def _removal(removal: Removal) -> dict[str, Any]:
    entry = removal.entry
    facts = {"kind": entry.kind, "of": entry.of, "path": str(entry.path), "bytes": entry.bytes}
    return {**facts, "why": removal.why, "held": removal.held}


def _size(number: float) -> str:
    """Return a number of bytes for people.

    >>> _size(512), _size(12_345_678)
    ('512 B', '12.3 MB')
    """
    for unit in _UNITS:
        if number < 1000 or unit == _UNITS[-1]:
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
