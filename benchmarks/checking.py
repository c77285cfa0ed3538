"""What `emonet corpora check --quick` costs on a tree of many empty files, against a walk that only lists them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of

EMONET = str(Path(sys.executable).with_name("emonet"))
CARD = """\
id: many
title: Many files
languages: [und]
access: public
licence: CC0
citation: {authors: none, title: none, year: 2026}
targets:
  emotion: {classes: [anger, neutral], codes: {a: anger, n: neutral}}
scan:
  pattern: {regex: '(?:^|/)(?P<speaker>s\\d+)/(?P<take>\\d+)(?P<label>[an])\\.wav$'}
examples:
  - {path: s000/000a.wav, label: anger, speaker: s000}
"""
PLUGIN = '''"""Bring the card beside this file."""

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora():
    """Return the one corpus."""
    return emonet.corpora_in(Path(__file__).parent)
'''
LIST = "import os, sys; print(sum(len(files) for _, _, files in os.walk(sys.argv[1])))"
STAT = (
    "import os, sys\n"
    "for folder, _, files in os.walk(sys.argv[1]):\n"
    "    for name in files: os.stat(os.path.join(folder, name))"
)
FOLDER = 1000
"""Files in a folder, one folder a speaker."""


def main() -> None:
    """Time the commands, and print the highest memory of each."""
    parser = options(__doc__ or "")
    parser.add_argument("--files", type=int, default=1_000_000, help="empty files to make")
    given = parser.parse_args()
    count = 4_000 if given.quick else given.files
    print_machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        root, plugin, peaks = _tree(folder / "many", count), _plugin(folder / "plugin"), {}
        check = [EMONET, "corpora", "check", "many", "--quick", "--root", str(root), "--plugin", str(plugin)]
        commands = {
            "os.walk": [sys.executable, "-c", LIST, str(root)],
            "os.walk and stat": [sys.executable, "-c", STAT, str(root)],
            "emonet corpora check --quick": check,
        }
        cases = {name: Case(lambda name=name: _call(name, commands[name], peaks)) for name in commands}
        seconds = in_turn(cases, rounds_of(given, 3), warm=0 if given.quick else 1)
        print_ratios(f"A tree of {count} empty files in folders of {FOLDER}", seconds)
    print("Highest memory in MiB: " + ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items()))


def _call(name: str, command: list[str], peaks: dict[str, float]) -> None:
    """Run a command and keep the highest resident size of it."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wanted = 1 if "check" in name else 0  # empty files are a finding
    if process.returncode != wanted:
        raise SystemExit(f"{name} left with {process.returncode}, expected {wanted}.")
    peaks[name] = max(peaks.get(name, 0.0), usage.ru_maxrss / 1024)


def _tree(root: Path, count: int) -> Path:
    for number in range(0, count, FOLDER):
        folder = root / f"s{number // FOLDER:03}"
        folder.mkdir(parents=True)
        for take in range(min(FOLDER, count - number)):
            (folder / f"{take:03}{'an'[take % 2]}.wav").touch()
    return root


def _plugin(folder: Path) -> Path:
    folder.mkdir()
    (folder / "many.yaml").write_text(CARD, encoding="utf-8")
    (folder / "many_plugin.py").write_text(PLUGIN, encoding="utf-8")
    return folder / "many_plugin.py"


if __name__ == "__main__":
    main()
