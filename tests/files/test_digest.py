"""Content hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from emonet.files import digest_of, sha256_of


def test_the_order_of_keys_does_not_matter_and_that_of_lists_does() -> None:
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of([1, 2]) != digest_of([2, 1])


def test_the_digest_is_sha256_of_canonical_json() -> None:
    data = {"b": "é", "a": [1.5, None]}
    assert digest_of(data, length=64) == hashlib.sha256('{"a":[1.5,null],"b":"é"}'.encode()).hexdigest()
    assert digest_of(data) == digest_of(data, length=64)[:16]


def test_kinds_of_values_are_told_apart() -> None:
    assert len({digest_of(value) for value in (1, "1", True, None, [1], 1.5)}) == 6


@pytest.mark.parametrize(("value", "error"), [(float("nan"), ValueError), ({1, 2}, TypeError), (b"x", TypeError)])
def test_what_json_does_not_know_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        digest_of(value)


def test_a_file_is_hashed_across_its_pieces(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert len(content) > 1 << 20
    assert sha256_of(tmp_path / "file") == hashlib.sha256(content).hexdigest()
