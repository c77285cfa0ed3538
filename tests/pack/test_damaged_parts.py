"""A file of a pack that is not whole is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from emonet.errors import EmonetError
from emonet.learn.checkpoint import save_checkpoint
from emonet.pack.pack import FORMAT, PackFile, evaluation_of, read_pack_file


def test_a_part_that_lacks_a_fact_is_refused_and_the_fact_named(tmp_path: Path) -> None:
    path = tmp_path / "shared.safetensors"
    save_checkpoint(path, {"w": torch.zeros(1)}, {"pack": "shared", "format": FORMAT, "components": {}})
    with pytest.raises(EmonetError, match="the shared model of a pack without 'fingerprint'"):
        read_pack_file(path, "shared")


def test_a_part_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shared.safetensors"
    path.write_bytes(b"cut")
    with pytest.raises(EmonetError, match="not a checkpoint of EmoNet"):
        read_pack_file(path, "shared")


def test_a_task_that_judges_in_an_unknown_way_is_refused(tmp_path: Path) -> None:
    part = PackFile(tmp_path / "foo.safetensors", {}, {"evaluate": "thirds", "window": 5.0})
    with pytest.raises(EmonetError, match="evaluate is 'thirds', expected one of centre, full, windows"):
        evaluation_of(part)
