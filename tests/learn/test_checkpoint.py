from __future__ import annotations

from pathlib import Path

import pytest
import torch

from emonet.errors import EmonetError
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint


def test_tensors_and_facts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"w": torch.arange(3.0)}, {"classes": ["anger", "Ärger"], "epoch": 3})
    tensors, facts = load_checkpoint(path)
    assert torch.equal(tensors["w"], torch.arange(3.0))
    assert facts == {"classes": ["anger", "Ärger"], "epoch": 3}


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", b"\x80\x04N."])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(EmonetError, match="not a checkpoint of EmoNet"):
        load_checkpoint(path)


def test_foreign_safetensors_without_facts_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"w": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(EmonetError, match="not a checkpoint of EmoNet"):
        load_checkpoint(tmp_path / "a.safetensors")
