"""Writing: the old content or the new, never half of it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from emonet.errors import EmonetError
from emonet.files import replacing, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf8_into_new_folders(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "é\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xa9\n"
    assert names(tmp_path / "new") == ["a.txt"]


def test_json_has_sorted_keys_and_ends_with_a_line_break(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": "é", "a": [1]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == ["a", "b"]
    assert "é" in text
    assert text.endswith("}\n")


def test_a_failure_leaves_the_old_content_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_in_a_file_s_place_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    (tmp_path / "a.txt" / "kept").write_text("mine")
    with pytest.raises(EmonetError, match=r"a\.txt: this is a folder, and a file of that name is to be written\. Move"):
        write_text(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]
    assert names(tmp_path / "a.txt") == ["kept"]


def test_an_interrupt_leaves_no_rest(tmp_path: Path) -> None:
    def interrupt() -> None:
        with replacing(tmp_path / "a.txt"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert names(tmp_path) == []


def test_the_temporary_file_is_hidden_beside_the_final_one(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.txt") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".a.txt.")
        assert not (tmp_path / "a.txt").exists()
    assert names(tmp_path) == ["a.txt"]


def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_text(tmp_path / "a.txt", "")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "usual").stat().st_mode
