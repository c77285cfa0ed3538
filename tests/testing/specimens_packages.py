"""Plugin packages as text, and how a test installs them for itself."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

GOOD = """
import emonet

@emonet.hookimpl
def emonet_frontends():
    return {}
"""

HEAVY = f"import pyarrow\n{GOOD}"

CLASHING = """
import emonet

@emonet.hookimpl
def emonet_corpora():
    from tests.testing.specimens_corpora import GOOD
    return [GOOD]
"""

PACKAGES = {
    "check_listing_loads_nothing_heavy": {"specimen_heavy": HEAVY},
    "check_no_name_is_taken_by_another_plugin": {"specimen_one": CLASHING, "specimen_two": CLASHING},
}
"""Check -> packages (module name -> text) of which the first one breaks the promise."""


def installed(packages: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Install packages with their entry points in ``folder`` for one test, and return the first module."""
    for name, text in packages.items():
        (folder / f"{name}.py").write_text(text)
        record = folder / f"{name}-1.0.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (record / "entry_points.txt").write_text(f"[emonet]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("EMONET_PLUGINS", ",".join(packages))
    first = next(iter(packages))
    module = importlib.import_module(first)
    for name in packages:
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name) or importlib.import_module(name))
    return module
