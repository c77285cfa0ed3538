"""What a plugin's package promises: it is listed without loading anything heavy, under names of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType

from emonet.errors import ContractError
from emonet.plugin.registry import load_registry
from emonet.testing.subjects import Package, broken

HEAVY = ("torch", "torchaudio", "datasets", "pyarrow", "opensmile", "sklearn", "soundfile", "transformers")
"""Modules that listing must not load; torch alone takes seconds."""

_LISTING = """
import importlib.util, json, sys
name, file, hooks, heavy = json.loads(sys.argv[1])
spec = importlib.util.find_spec(name) if "." not in name else None
if spec is None or spec.origin != file:
    spec = importlib.util.spec_from_file_location(name, file)
module = importlib.util.module_from_spec(spec)
sys.modules[name] = module
spec.loader.exec_module(module)
for hook in hooks:
    list(getattr(module, hook)())
print(json.dumps([module for module in heavy if module in sys.modules]))
"""


def check_listing_loads_nothing_heavy(package: Package) -> None:
    """Importing the plugin and asking it what it brings loads no torch."""
    hooks = [f"emonet_{kind}" for kind, names in package.names.items() if names]
    question = json.dumps([package.module.__name__, package.module.__file__, hooks, HEAVY])
    # A fresh interpreter: in this one torch may be loaded already, by pytest or another check.
    answer = subprocess.run(  # noqa: S603 - this Python, with a script of ours
        [sys.executable, "-c", _LISTING, question],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    if answer.returncode:
        raise ContractError(f"{package}: it cannot be listed in a fresh Python:\n{answer.stderr.strip()}")
    loaded = json.loads(answer.stdout.splitlines()[-1])
    if loaded:
        seen = f"listing it loads {', '.join(loaded)}"
        raise broken(package, seen, promised="a listing in a blink", cause="a heavy import outside the factory")


def check_no_name_is_taken_by_another_plugin(package: Package) -> None:
    """None of its names is brought by another installed plugin."""
    registry = load_registry()
    for plugin, info in registry.plugins.items():
        other = registry.manager.get_plugin(plugin)
        # The plugin itself may be installed; it does not clash with itself.
        if other is None or _is_same(other, package.module):
            continue
        for kind, names in registry.names_of(plugin).items():
            taken = sorted(set(names) & set(package.names.get(kind, ())))
            if taken:
                seen = f"'{taken[0]}' is also brought by '{plugin}' of {info.distribution}"
                raise broken(package, seen, promised="names of its own", cause="two packages for one thing")


def _is_same(one: ModuleType, other: ModuleType) -> bool:
    return one is other or getattr(one, "__file__", None) == getattr(other, "__file__", "")
