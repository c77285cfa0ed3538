"""Files found by the ends of their paths."""

from __future__ import annotations

import pytest

from emonet.corpus.readers.folders import Tails

PATHS = ["b/wav/x.wav", "a/deep/wav/x.wav", "a/wav/x.wav", "wax.wav", "c/wax.wav", "y.wav", "z/y.wav"]


@pytest.mark.parametrize(
    ("tail", "path"),
    [
        ("x.wav", "a/wav/x.wav"),  # the shallowest, then the first by name; wax.wav ends otherwise
        ("wav/x.wav", "a/wav/x.wav"),
        ("deep/wav/x.wav", "a/deep/wav/x.wav"),
        ("y.wav", "y.wav"),
        ("c/wax.wav", "c/wax.wav"),
        ("av/x.wav", None),
        ("q.wav", None),
        ("", None),
    ],
)
def test_a_file_is_found_by_any_end_of_its_path(tail: str, path: str | None) -> None:
    assert Tails(PATHS).find(tail) == path
    assert Tails(reversed(PATHS)).find(tail) == path


def test_an_empty_folder_has_no_ends() -> None:
    assert Tails([]).find("x.wav") is None
