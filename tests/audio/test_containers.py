"""Clips within Parquet and Arrow files: read as bytes, in any order, from small and large row groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emonet.audio import containers as members
from emonet.audio.containers import read_member
from emonet.audio.decode import AudioProblem, read_wave
from emonet.audio.prepare import prepare
from emonet.audio.store import open_store
from emonet.corpus.readers.hub import hub_corpus
from emonet.corpus.readers.members import Member, file_of, member_at, member_path
from emonet.doctor.check import check
from tests.helpers.hub_datasets import clip, dataset_of, rows, save_parquet, save_splits


def test_a_path_says_table_column_and_row(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").touch()
    path = tmp_path / member_path("x.parquet", "a/b c", 7, ".wav")
    assert member_at(path) == Member(tmp_path / "x.parquet", "a/b c", 7)
    assert file_of(path) == tmp_path / "x.parquet"


@pytest.mark.parametrize("path", ["x.parquet/audio/a.wav", "y.parquet/audio/0.wav", "x/audio/0.wav"])
def test_other_paths_are_files_of_their_own(path: str, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").touch()
    assert member_at(tmp_path / path) is None
    assert file_of(tmp_path / path) == tmp_path / path


@pytest.mark.parametrize("most", [0, 2**20])
def test_row_groups_are_read_in_any_order_from_memory_and_from_disk(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_IN_MEMORY", most)
    members._group.cache_clear()
    written = rows(7)
    path = save_parquet(tmp_path / "x.parquet", dataset_of(written), batch_size=3)
    assert pq.read_metadata(path).num_row_groups == 3
    order = [6, 0, 3, 2, 5, 1, 4]
    read = [read_member(Member(path, "audio", row)) for row in order]
    assert read == [written[row]["audio"]["bytes"] for row in order]
    # what was written to the disk has no name there any more
    assert not list((tmp_path.parent).rglob(".clips-*"))


def test_arrow_files_are_read_row_by_row(tmp_path: Path) -> None:
    written = rows(3)
    folder = save_splits(tmp_path / "x", train=dataset_of(written))
    table = folder / "train/data-00000-of-00001.arrow"
    assert read_member(Member(table, "audio", 2)) == written[2]["audio"]["bytes"]


def test_an_arrow_file_with_a_footer_is_read_too(tmp_path: Path) -> None:
    table = pa.table({"wav": [clip(), clip(300)]})
    with pa.OSFile(str(tmp_path / "x.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert read_member(Member(tmp_path / "x.arrow", "wav", 1)) == clip(300)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_bytes_are_decoded_as_the_file_would_be(kind: str, tmp_path: Path) -> None:
    data = clip(kind=kind)
    pq.write_table(pa.table({"audio": [{"bytes": data, "path": f"a.{kind.lower()}"}]}), tmp_path / "x.parquet")
    (tmp_path / f"a.{kind.lower()}").write_bytes(data)
    inside = read_wave(tmp_path / member_path("x.parquet", "audio", 0, f".{kind.lower()}"), 0.02, 0.08)
    np.testing.assert_array_equal(inside, read_wave(tmp_path / f"a.{kind.lower()}", 0.02, 0.08))


def test_a_wav_whose_header_lacks_its_size_is_read_from_bytes(tmp_path: Path) -> None:
    data = bytearray(clip())
    at = data.index(b"data") + 4
    data[at : at + 4] = bytes(4)
    pq.write_table(pa.table({"wav": [bytes(data)]}), tmp_path / "x.parquet")
    assert len(read_wave(tmp_path / "x.parquet/wav/0.wav")) == 1600


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (0, "empty"),
        (1, r"no bytes in this row of x\.parquet"),
        (2, "unreadable: .*"),
        (3, r"truncated: header promises 1600 frames, \d+ are there"),
        (9, r"unreadable: x\.parquet is damaged"),
    ],
)
def test_cells_that_are_no_clips_are_problems(row: int, reason: str, tmp_path: Path) -> None:
    pq.write_table(pa.table({"wav": [b"", None, b"no sound", clip()[:1000]]}), tmp_path / "x.parquet")
    with pytest.raises(AudioProblem, match=f"^{reason}"):
        read_wave(tmp_path / member_path("x.parquet", "wav", row, ".wav"))


def test_a_table_that_changes_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"wav": [clip(200)]}), path)
    assert read_member(Member(path, "wav", 0)) == clip(200)
    path.unlink()
    pq.write_table(pa.table({"wav": [clip(400)]}), path)
    assert read_member(Member(path, "wav", 0)) == clip(400)


def test_clips_of_a_table_are_checked_and_prepared_like_files(tmp_path: Path) -> None:
    written = rows(6)
    written[5]["audio"]["bytes"] = b"no sound"
    corpus, root = hub_corpus(save_parquet(tmp_path / "x.parquet", dataset_of(written)), {})
    findings = {each.what: each.level for each in check(corpus, root)}
    assert "missing files" not in findings
    assert next(what for what, level in findings.items() if level == "problem").startswith("left out: unreadable")
    prepared = prepare(corpus, root, remember=False)
    assert [problem.path for problem in prepared.problems] == ["x.parquet/audio/00000005.wav"]
    store = open_store(prepared.folder)
    assert [each.id for each in store.utterances] == ["c0", "c1", "c2", "c3", "c4"]
    assert prepare(corpus, root, remember=False).reused
