"""Any name can stand in the name of a file, and none leads elsewhere."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from emonet.files import LONGEST, file_name, name_in

NAMES = [
    "spk/1",
    "..",
    ".",
    "../../x",
    "/etc/passwd",
    "C:\\x",
    ".hidden",
    "a b",
    "ä",
    "a%2Fb",
    "a+b",
    "nul\0byte",
    "line\nbreak",
    "\udcff",
    "a.b-c_d~",
    "x" * LONGEST,
]
LONG = ["x" * 300, "x" * 301, "ä" * 300, "." * 300, "x" * 79 + "/", "x" * 61 + "ä", "x" * 62 + "ä" * 9]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_back(name: str) -> None:
    assert name_in(file_name(name)) == name


@pytest.mark.parametrize("name", [*NAMES, *LONG])
def test_a_name_is_one_file_that_is_seen(name: str, tmp_path: Path) -> None:
    made = file_name(name)
    assert PurePosixPath(made).parts == (made,)
    assert not made.startswith(".")
    assert len(made.encode()) <= LONGEST
    (tmp_path / made).write_text(name, encoding="utf-8", errors="surrogateescape")
    assert [path.name for path in tmp_path.glob("*")] == [made]


def test_different_names_stay_different() -> None:
    names = [*NAMES, *LONG]
    assert len(set(map(file_name, names))) == len(names)


@pytest.mark.parametrize("before", range(LONGEST))
def test_a_hashed_name_has_no_half_letters(before: int) -> None:
    head = file_name("x" * before + "/" * 99).partition("+")[0]
    assert name_in(head).rstrip("/") == "x" * min(before, LONGEST - 17)


def test_plain_names_stay_as_they_are() -> None:
    assert file_name("s0-1_a.wav~") == "s0-1_a.wav~"
