from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

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


def test_the_same_weights_are_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_checkpoint(tmp_path / name, {"w": torch.arange(3.0), "v": torch.zeros(2)}, {"epoch": 3, "a": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_bit_of_tensors_or_facts_turns_without_being_noticed(tmp_path: Path) -> None:
    path, tensors, facts = tmp_path / "a.safetensors", {"w": torch.arange(6.0).reshape(2, 3)}, {"epoch": 3, "name": "n"}
    save_checkpoint(path, tensors, facts)
    whole = path.read_bytes()
    same = 0
    for place in range(len(whole)):
        path.write_bytes(bytes([*whole[:place], whole[place] ^ 1 << place % 8, *whole[place + 1 :]]))
        try:
            found = load_checkpoint(path)
        except EmonetError:
            continue
        same += 1
        assert torch.equal(found[0]["w"], tensors["w"]), place
        assert found[1] == facts, place
    assert same < 10, "blanks at the end of the header"


def test_a_checkpoint_without_a_digest_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"w": torch.zeros(1)}, tmp_path / "a.safetensors", metadata={"emonet": '{"epoch": 3}'})
    with pytest.raises(EmonetError, match=r"a\.safetensors: .*it holds no digest, or an earlier EmoNet wrote it"):
        load_checkpoint(tmp_path / "a.safetensors")


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def save_file(tensors: object, path: Path, metadata: object) -> None:
        text = "Error while serializing: I/O error: No space left on device (os error 28)"
        raise SafetensorError(text)

    monkeypatch.setattr("emonet.learn.checkpoint.save_file", save_file)
    with pytest.raises(OSError, match="No space left") as caught:
        save_checkpoint(tmp_path / "a.safetensors", {"w": torch.arange(3.0)}, {})
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "a.safetensors"))
    assert list(tmp_path.iterdir()) == []
