"""A file of a pack that is not whole is refused in words."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from emonet.errors import Damaged, EmonetError
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.pack.pack import FORMAT, SHARED, PackFile, evaluation_of, read_pack, read_pack_file
from tests.helpers.packs import ONE, TWO, Emonet, file_of


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


def test_a_git_lfs_pointer_in_a_pack_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "shared.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", encoding="utf-8")
    with pytest.raises(EmonetError, match=r"shared\.safetensors: a Git LFS pointer .* Run git lfs pull"):
        read_pack(tmp_path)


def flipped(content: bytes, step: int) -> Iterator[bytes]:
    """Yield a file of safetensors with one bit flipped: in its size, all over its header, and all over its tensors."""
    (header,) = struct.unpack("<Q", content[:8])
    behind = range(8 + header, len(content), max(1, (len(content) - 8 - header) // 20))
    for place in (*range(8), *range(8, 8 + header, step), *behind, len(content) - 1):
        yield bytes([*content[:place], content[place] ^ 1 << place % 8, *content[place + 1 :]])


@pytest.mark.slow
def test_one_flipped_bit_anywhere_in_a_file_of_a_pack_is_refused(place: Path) -> None:
    tried = 0
    for path in sorted(Path("multi").iterdir()):
        whole, kind = path.read_bytes(), "shared" if path.name == SHARED else "task"
        read_pack_file(path, kind)
        for content in flipped(whole, 37):
            path.write_bytes(content)
            with pytest.raises(EmonetError, match="damaged"):
                read_pack_file(path, kind)
            tried += 1
        path.write_bytes(whole)
    assert tried > 200
    assert set(read_pack(Path("multi")).tasks) == {ONE, TWO}


def test_a_task_file_that_is_handed_on_by_itself_is_refused_when_its_labels_are_in_another_order(
    place: Path, emonet: Emonet
) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    path = file_of(place / "multi", ONE)
    tensors, facts = load_checkpoint(path)
    with safe_open(path, framework="pt") as file:
        text = file.metadata()["emonet"]
    first, second = facts["labels"][:2]
    swapped = text.replace(f'"{first}", "{second}"', f'"{second}", "{first}"', 1)
    assert swapped != text
    save_file(tensors, place / "alone.safetensors", metadata={"emonet": swapped})
    path.unlink()
    code, _, err = emonet("pack", "import", place / "multi", place / "alone.safetensors")
    assert code == 2
    assert "alone.safetensors: this file is damaged (its tensors and facts are not those it was written with)" in err
    with pytest.raises(Damaged):
        read_pack_file(place / "alone.safetensors", "task")
