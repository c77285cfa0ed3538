"""Seals: what is read is what was written, or is known not to be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emonet import files
from emonet.errors import Damaged
from emonet.files import damaged, read_sealed, sum_of, sums_of, write_sealed

FACTS = {"epoch": 3, "files": {"a.json": "12"}, "rates": [0.01, 1e-4], "name": "é", "none": None}


def test_sealed_facts_come_back(tmp_path: Path) -> None:
    write_sealed(tmp_path / "a.json", FACTS)
    assert read_sealed(tmp_path / "a.json") == FACTS
    with pytest.raises(FileNotFoundError):
        read_sealed(tmp_path / "b.json")


def test_no_bit_of_sealed_facts_turns_without_being_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_sealed(path, FACTS)
    whole = path.read_bytes()
    noticed = 0
    for place in range(len(whole)):
        for bit in range(8):
            path.write_bytes(bytes([*whole[:place], whole[place] ^ 1 << bit, *whole[place + 1 :]]))
            try:
                facts = read_sealed(path)
            except Damaged:
                noticed += 1
            else:
                assert facts == FACTS, "one blank for another, and no more"
    assert noticed > 0.97 * 8 * len(whole)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"7", b'{"seal": "ab"}', b"\xff\xfe", b'{"a": NaN, "seal": ""}']
)
def test_facts_that_are_not_sealed_are_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(Damaged, match=r"a\.json: this file is damaged"):
        read_sealed(tmp_path / "a.json")


def test_a_folder_in_a_file_s_place_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(Damaged, match=r"a\.json: this file is damaged \(it cannot be read: "):
        read_sealed(tmp_path / "a.json")


def test_files_that_changed_or_went_are_found_by_their_sums(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).write_text(name)
    sums = sums_of(tmp_path, ["one", "two", "three", "four"])
    assert set(sums) == {"one", "two", "three"}
    assert damaged(tmp_path, sums) == []
    (tmp_path / "two").write_text("twa")
    os.utime(tmp_path / "two", ns=(1, 1))
    (tmp_path / "three").unlink()
    assert damaged(tmp_path, sums) == [tmp_path / "three", tmp_path / "two"]


def test_a_file_is_read_once_a_process_unless_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = tmp_path / "a", []
    path.write_text("1")

    def counting(path: Path) -> str:
        read.append(path)
        return str(len(read))

    monkeypatch.setattr(files, "sha256_of", counting)
    assert (sum_of(path), sum_of(path)) == ("1", "1")
    path.write_text("2")
    os.utime(path, ns=(5, 5))
    assert (sum_of(path), len(read)) == ("2", 2)
