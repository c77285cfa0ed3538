"""``emonet plugins``: what is listed, what a broken plugin looks like, and the contract check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.cli_terminal import Emonet

BROKEN_HOOK = """\
import emonet

@emonet.hookimpl
def emonet_corpora():
    raise RuntimeError("no cards today")
"""


def test_plugins_are_listed_with_distribution_hooks_and_names(emonet: Emonet, plugin: Path) -> None:
    listed = {each["name"]: each for each in emonet("plugins", "--plugin", plugin, "--json").json}
    assert listed["corpora"]["distribution"] == "emonet"
    assert listed["corpora"]["hooks"] == ["emonet_corpora"]
    assert len(listed["corpora"]["brings"]["corpora"]) >= 5
    assert listed[str(plugin)]["brings"] == {"corpora": ["tones"]}
    assert all(each["error"] == "" for each in listed.values())


def test_the_table_names_the_same(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("plugins", "--plugin", plugin)
    assert ran.code == 0
    for text in ("corpora", "emonet_corpora", "tones", "emonet plugins check NAME"):
        assert text in ran.out


def test_a_plugin_that_breaks_is_listed_with_its_error(emonet: Emonet, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(BROKEN_HOOK)
    ran = emonet("plugins", "--plugin", path)
    assert ran.code == 0
    assert "BROKEN: RuntimeError: no cards today" in ran.out
    assert "could not be loaded: RuntimeError: no cards today" in ran.err
    listed = {each["name"]: each for each in emonet("plugins", "--plugin", path, "--json").json}
    assert listed[str(path)]["error"] == "RuntimeError: no cards today"


def test_a_broken_plugin_is_named_when_a_corpus_is_not_known(emonet: Emonet, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(BROKEN_HOOK)
    ran = emonet("corpora", "info", "todays_cards", "--plugin", path)
    assert ran.code == 2
    assert "These plugins could not be loaded" in ran.err
    assert emonet("corpora", "list", "--plugin", path).code == 0


def test_a_plugin_file_that_is_not_there_is_an_error(emonet: Emonet, tmp_path: Path) -> None:
    ran = emonet("plugins", "--plugin", tmp_path / "gone.py")
    assert ran.code == 2
    assert "gone.py: there is no such plugin file. Check the path given to --plugin." in ran.err


def test_the_contract_check_passes_for_a_good_corpus(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("plugins", "check", "tones", "--plugin", plugin)
    assert ran.code == 0
    assert " checks, 0 failed." in ran.out
    results = emonet("plugins", "check", "tones", "--plugin", plugin, "--json").json
    assert len(results) >= 5
    assert all(each["passed"] for each in results)


def test_a_broken_contract_is_a_finding(emonet: Emonet, plugin: Path) -> None:
    card = plugin.parent / "cards" / "tones.yaml"
    card.write_text(card.read_text().replace("label: joy, speaker: s1", "label: anger, speaker: s1"))
    ran = emonet("plugins", "check", "tones", "--plugin", plugin)
    assert ran.code == 1
    assert "FAILED" in ran.out
    failed = [
        each for each in emonet("plugins", "check", "tones", "--plugin", plugin, "--json").json if not each["passed"]
    ]
    assert failed
    assert all(each["message"] for each in failed)


def test_an_unknown_plugin_is_answered_with_the_nearest(emonet: Emonet) -> None:
    ran = emonet("plugins", "check", "corpoar")
    assert ran.code == 2
    assert "Did you mean 'corpora'?" in ran.err


LEAVES = """\
import emonet, sys

print("noise at import")

def reading(*arguments):
    sys.exit(0)

@emonet.hookimpl
def emonet_corpora():
    print("noise in a hook")
    return []

@emonet.hookimpl
def emonet_report_formats():
    return {"leaves": reading}
"""


def test_what_a_plugin_prints_is_not_on_stdout(emonet: Emonet, tmp_path: Path) -> None:
    path = tmp_path / "loud.py"
    path.write_text(LEAVES)
    ran = emonet("corpora", "list", "--json", "--plugin", path)
    assert len(ran.json) > 20
    assert "noise at import\nnoise in a hook" in ran.err
    assert "usage" in emonet("corpora", "--help").out.lower()


def test_a_command_that_something_leaves_is_no_success(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    from emonet.plugin import registry

    def leave(*_: object, **__: object) -> None:
        sys.exit(0)

    monkeypatch.setattr(registry, "load_registry", leave)
    ran = emonet("corpora", "list")
    assert (ran.code, ran.out) == (2, "")
    assert "The command ended before it was done: SystemExit: 0 was raised in" in ran.err
    assert "test_plugins.py, line" in ran.err


def test_a_plugin_that_a_command_died_of_is_named_by_the_next(emonet: Emonet, tmp_path: Path) -> None:
    path = tmp_path / "crash.py"
    path.write_text("import ctypes\nctypes.string_at(0)\n")
    code = "import emonet.cli; emonet.cli.main()"
    died = subprocess.run(
        [sys.executable, "-c", code, "plugins", "--plugin", str(path)], capture_output=True, text=True, check=False
    )
    assert died.returncode != 0
    assert f'File "{path}", line 2 in <module>' in died.stderr
    ran = emonet("labels", "show", "angry")
    assert ran.code == 0
    assert f"Warning: a former command died while it loaded the plugin {path}. If this one does, too" in ran.err
    assert "died" not in emonet("labels", "show", "angry").err
