"""What the commands that only list or plan cost, against an interpreter that does nothing.

At most 0.4 s more than `python -c pass` is the aim, however many cards there are. What cards say is remembered, as it
is when a command is called again; the last row is the list without that.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of, write_corpus

import emonet_corpora
from emonet.audio.prepare import prepare
from emonet.corpus.readers.manifest import manifest_corpus

EMONET = str(Path(sys.executable).with_name("emonet"))
CARDS = sorted(Path(emonet_corpora.__file__).parent.glob("*.yaml"))
SINGLE = [path for path in CARDS if "\nmembers:" not in path.read_text(encoding="utf-8")]
"""Cards of one corpus each: a copy of one needs another id only in one place."""
PLUGIN = '''"""Bring the cards of the folder beside this file."""

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora():
    """Return one corpus for each card."""
    return emonet.corpora_in(Path(__file__).parent / "cards")
'''
RECIPE = """corpora: [{{manifest: {manifest}}}]
protocol: leave-one-speaker-out
systems:
  svm: {{strategy: svm, extractor: egemaps}}
  resnet: {{strategy: scratch, frontend: logmel, backbone: wide_resnet}}
"""


def main() -> None:
    """Time the commands and print the tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--cards", type=int, default=65, help="cards to add to the first-party ones")
    given = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ.update(EMONET_HOME=str(folder / "home"), EMONET_CACHE=str(folder / "cache"))
        os.environ.update(EMONET_PLUGINS="", EMONET_DATA="")
        recipe = _recipe(folder)
        plugin = _plugin(folder, given.cards)
        for more in ([], ["--plugin", str(plugin)]):
            count = len(list(emonet_corpora.emonet_corpora())) + (given.cards if more else 0)
            _check_count(count, more)
            seconds = in_turn(_cases(recipe, more), rounds_of(given, 11), warm=0 if given.quick else 1)
            print_ratios(f"Commands with {count} corpora; aim: at most 400 ms more", seconds)


def _cases(recipe: Path, more: list[str]) -> dict[str, Case]:
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "emonet corpora list": [EMONET, "corpora", "list", *more],
        "emonet corpora list --json": [EMONET, "corpora", "list", "--json", *more],
        "emonet corpora info": [EMONET, "corpora", "info", CARDS[0].stem, *more],
        "emonet labels": [EMONET, "labels", *more],
        "emonet plugins": [EMONET, "plugins", *more],
        "emonet run --plan": [EMONET, "run", str(recipe), "--plan", *more],
    }
    cases = {name: Case(lambda command=command: _call(command)) for name, command in commands.items()}
    listing = commands["emonet corpora list"]
    return {**cases, "list, all cards read": Case(lambda: _call(listing, EMONET_CACHE=""))}


def _call(command: list[str], **environment: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})


def _check_count(count: int, more: list[str]) -> None:
    """Stop where some corpus is not listed, for a plugin that cannot be loaded only brings a warning."""
    command = [EMONET, "corpora", "list", "--json", *more]
    listed = len(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    if listed != count:
        raise SystemExit(f"emonet corpora list shows {listed} corpora, expected {count}. See the warning above.")


def _recipe(folder: Path) -> Path:
    """Write a recipe for a tiny corpus that is prepared already."""
    manifest = write_corpus(folder / "tiny", 24, 16_000, 1)
    prepare(manifest_corpus(manifest), manifest.parent, remember=False)
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(manifest=manifest), encoding="utf-8")
    return recipe


def _plugin(folder: Path, count: int) -> Path:
    """Write a single-file plugin that brings copies of the first-party cards under other ids."""
    cards = folder / "cards"
    # Whole, for the modules beside the cards that some scans are in.
    shutil.copytree(CARDS[0].parent, cards, ignore=shutil.ignore_patterns("*.yaml", "__*"))
    for number in range(count):
        text = SINGLE[number % len(SINGLE)].read_text(encoding="utf-8")
        renamed = re.sub(r"^id: (\w+)", rf"id: \1_{number}", text, flags=re.MULTILINE)
        (cards / f"{number:03}.yaml").write_text(renamed, encoding="utf-8")
    plugin = folder / "more_cards.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    return plugin


if __name__ == "__main__":
    main()
