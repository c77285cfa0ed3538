"""Names and traits of the first-party components, known without importing anything heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emonet.errors import RecipeError
from emonet.plugin.registry import load_registry

LISTING = """
import sys
from emonet.plugin.registry import COMPONENTS, load_registry
from emonet.plugin.component import traits_of
registry = load_registry()
assert not registry.broken(), registry.broken()
names = [name for kind in ("extractors", "frontends", "backbones", "executors") for name in registry.factories(kind)]
assert {"egemaps", "compare2016", "logmel", "wide_resnet", "local"} <= set(names), names
assert traits_of(registry.factory("frontends", "logmel")).yields == "image"
heavy = {"torch", "torchaudio", "opensmile", "sklearn", "datasets", "pyarrow", "pandas"} & set(sys.modules)
print(",".join(sorted(heavy)))
"""


def test_listing_components_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_a_misspelt_option_is_reported_from_the_factorys_signature() -> None:
    with pytest.raises(RecipeError, match=r"backbone 'wide_resnet' has no option 'widht'\. Did you mean 'width'\?"):
        load_registry().build("backbones", "wide_resnet", {"widht": 4})


def test_a_value_out_of_range_is_reported_with_the_components_name() -> None:
    with pytest.raises(RecipeError, match="frontend 'logmel': bands=0 is too small"):
        load_registry().build("frontends", "logmel", {"bands": 0})
