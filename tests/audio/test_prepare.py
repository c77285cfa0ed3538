"""Preparing: complete or not there, resumed where it was, and nothing broken without a reason."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from filelock import FileLock

from emonet import Corpus, CorpusError, Utterance
from emonet.audio import arrow, shards
from emonet.audio.decode import Recording, read_wave
from emonet.audio.prepare import Problem, finished_store, prepare
from emonet.audio.roots import current, record, recorded_root
from emonet.audio.store import open_store, read_content, read_rates, read_utterances
from emonet.errors import Damaged
from emonet.events import Event, Progress
from emonet.files import store_folder, write_sealed
from tests.helpers.audio_tones import Heard, tone
from tests.helpers.made import make_corpus


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 3)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded from here on."""
    names: list[str] = []
    real = shards.read_recording

    def counting(path: Path, start: float, end: float | None) -> Recording:
        names.append(path.name)
        return real(path, start, end)

    monkeypatch.setattr(shards, "read_recording", counting)
    return names


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_prepared_corpus_is_complete_and_current(corpus: Corpus, root: Path, heard: Heard) -> None:
    prepared = prepare(corpus, root, listen=heard)
    assert (prepared.count, prepared.problems, prepared.reused) == (10, (), False)
    assert prepared.hours == pytest.approx(0.95 / 3600)
    assert current("tones") == prepared.folder
    assert recorded_root("tones") == root
    assert files_below(prepared.folder) == {"store.arrow", "problems.json", "meta.json"}
    assert read_content(prepared.folder) == prepared.content
    assert read_utterances(prepared.folder) == tuple(sorted(corpus.scan(root), key=lambda one: one.id))
    assert heard.done == list(range(11))
    assert {event.activity for event in heard.events if isinstance(event, Progress)} == {"preparing tones"}


def test_16_bit_waves_come_back_exactly(corpus: Corpus, root: Path) -> None:
    store = open_store(prepare(corpus, root).folder)
    assert len(store) == 10
    for row, utterance in enumerate(store.utterances):
        expected = soundfile.read(root / utterance.path, dtype="int16")[0]
        np.testing.assert_array_equal(store.wave(row), expected)
        assert store.samples[row] == len(expected)


def test_waves_are_kept_in_16_bits_only_where_that_loses_nothing() -> None:
    steps = np.array([-32768, -1, 0, 32767], dtype=np.float32) / 32768
    assert arrow.packed(steps).dtype == np.int16
    assert arrow.packed(steps).tolist() == [-32768, -1, 0, 32767]
    for fine in (np.array([0.1], dtype=np.float32), np.array([1.0], dtype=np.float32)):
        assert arrow.packed(fine).dtype == np.float32
        np.testing.assert_array_equal(arrow.packed(fine), fine)
    for wave in (steps, steps / 2):
        np.testing.assert_array_equal(arrow.as_float(arrow.packed(wave)), wave)
        assert arrow.as_float(arrow.packed(wave)).dtype == np.float32


def test_one_file_of_more_than_16_bits_makes_all_waves_floats(corpus: Corpus, root: Path) -> None:
    first = prepare(corpus, root)
    narrow = open_store(first.folder)
    fine = np.random.default_rng(1).uniform(-0.5, 0.5, 500).astype(np.float32)
    soundfile.write(root / "a4.wav", fine, 16_000, subtype="FLOAT")  # in the second of four shards
    second = prepare(corpus, root)
    assert (first.bits, second.bits) == (16, 32)
    wide = open_store(second.folder)
    for one in wide.utterances:
        expected = fine if one.id == "a4" else arrow.as_float(narrow.wave(narrow.row_of[one.id]))
        assert wide.wave(wide.row_of[one.id]).dtype == np.float32
        np.testing.assert_array_equal(wide.wave(wide.row_of[one.id]), expected)


def test_training_hears_what_prediction_hears(corpus: Corpus, root: Path) -> None:
    for name, rate, subtype in (("a0", 16_000, "FLOAT"), ("a2", 8_000, "PCM_16"), ("a4", 44_100, "PCM_24")):
        soundfile.write(root / f"{name}.wav", tone(0.2, rate=rate), rate, subtype=subtype)
    store = open_store(prepare(corpus, root).folder)
    for row, utterance in enumerate(store.utterances):
        np.testing.assert_array_equal(arrow.as_float(store.wave(row)), read_wave(root / utterance.path))


def test_content_of_floats_does_not_depend_on_shards(
    corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fine = np.random.default_rng(1).uniform(-0.5, 0.5, 500).astype(np.float32)
    soundfile.write(root / "a4.wav", fine, 16_000, subtype="FLOAT")
    first = prepare(corpus, root)
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "other"))
    monkeypatch.setattr(shards, "SHARD", 100)
    assert prepare(corpus, root).content == first.content


def test_a_file_that_peaks_below_80_db_is_silent(corpus: Corpus, root: Path) -> None:
    for name, level in (("a0", 0.9e-4), ("a2", 1.1e-4)):
        soundfile.write(root / f"{name}.wav", level * np.sin(np.arange(500)), 16_000, subtype="FLOAT")
    assert [(each.id, each.reason) for each in prepare(corpus, root).problems] == [("a0", "silent")]


def test_the_rate_of_each_file_is_kept(corpus: Corpus, root: Path) -> None:
    soundfile.write(root / "a4.wav", tone(0.2, rate=8_000), 8_000)
    rates = read_rates(prepare(corpus, root).folder)
    assert (len(rates), rates["a4"], set(rates.values())) == (10, 8_000, {8_000, 16_000})


def test_a_store_of_another_version_is_no_longer_used_and_made_anew(corpus: Corpus, root: Path, heard: Heard) -> None:
    folder = prepare(corpus, root).folder
    older = folder.with_name("0123456789abcdef")
    folder.rename(older)
    meta = json.loads((older / "meta.json").read_text(encoding="utf-8"))
    meta.pop("seal")
    write_sealed(older / "meta.json", {**meta, "format": 1})
    record("tones", older.name, root)
    assert current("tones") is None
    text = r"damaged \(format 1, expected \d+: another version of emonet made it\)\. Make the store anew from"
    with pytest.raises(Damaged, match=text):
        read_content(older)
    again = prepare(corpus, root, listen=heard)
    assert (again.folder, again.reused) == (folder, False)
    assert heard.notices == [f"{older}: this store is of another version of emonet. tones is prepared anew."]
    assert current("tones") == folder


def test_the_same_files_are_not_decoded_again(corpus: Corpus, root: Path, decoded: list[str]) -> None:
    first = prepare(corpus, root)
    assert len(decoded) == 10
    assert prepare(corpus, root) == replace(first, reused=True)
    assert len(decoded) == 10


def test_a_changed_file_makes_a_new_store(corpus: Corpus, root: Path) -> None:
    first = prepare(corpus, root)
    soundfile.write(root / "a0.wav", tone(0.3), 16_000)
    second = prepare(corpus, root)
    assert not second.reused
    assert second.key != first.key
    assert second.content != first.content
    assert current("tones") == second.folder
    assert (first.folder / "store.arrow").is_file()


def test_new_labels_make_a_new_store(corpus: Corpus, root: Path) -> None:
    def relabelled(folder: Path) -> Iterator[Utterance]:
        return (replace(one, labels={"emotion": "n"}) for one in corpus.scan(folder))

    first = prepare(corpus, root)
    assert prepare(replace(corpus, scan=relabelled), root).key != first.key


def test_content_is_the_same_in_another_place_and_with_other_shards(
    corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = prepare(corpus, root)
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "other"))
    monkeypatch.setattr(shards, "SHARD", 4)
    for path in root.iterdir():
        os.utime(path, (1, 1))
    second = prepare(corpus, root.rename(tmp_path / "moved"), workers=1)
    assert second.key != first.key
    assert second.content == first.content


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_prepare_goes_on_where_it_was(
    corpus: Corpus, root: Path, decoded: list[str], error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 7:
            raise error

    with pytest.raises(error):
        prepare(corpus, root, listen=interrupt, workers=1)
    assert current("tones") is None
    (folder,) = (path for path in store_folder("tones").iterdir() if path.is_dir())
    assert files_below(folder) == {f"parts/0000000{n}.{suffix}" for n in (0, 3) for suffix in ("arrow", "json")}

    decoded.clear()
    heard = Heard()
    resumed = prepare(corpus, root, listen=heard)
    assert sorted(decoded) == ["n3.wav", "n5.wav", "n7.wav", "n9.wav"]
    assert heard.done == [6, 7, 8, 9, 10]

    monkeypatch.setenv("EMONET_HOME", str(root.parent / "other"))
    assert prepare(corpus, root).content == resumed.content


def test_what_killed_processes_left_is_swept_away(corpus: Corpus, root: Path) -> None:
    key = prepare(corpus, root).key
    folder = store_folder("tones")
    (folder / key / "meta.json").unlink()
    (folder / key / ".store.arrow.x1.part").write_bytes(b"half")
    (folder / "never-completed" / "parts").mkdir(parents=True)
    assert not prepare(corpus, root).reused
    assert sorted(path.name for path in folder.iterdir()) == sorted([".lock", "current.json", key])
    assert files_below(folder / key) == {"store.arrow", "problems.json", "meta.json"}


def test_broken_files_are_left_out_with_their_reasons(corpus: Corpus, root: Path) -> None:
    (root / "a0.wav").write_bytes(b"")
    (root / "a2.wav").write_bytes((root / "a2.wav").read_bytes()[:1000])
    soundfile.write(root / "a4.wav", np.zeros(1000), 16_000)
    soundfile.write(root / "a6.wav", np.full(1000, 1e-6), 16_000, subtype="FLOAT")
    listed = list(corpus.scan(root))
    (root / "n9.wav").unlink()
    prepared = prepare(replace(corpus, scan=lambda _: listed), root)
    assert prepared.count == 5
    assert prepared.problems == (
        Problem("a0", "a0.wav", "empty"),
        Problem("a2", "a2.wav", "truncated: header promises 1120 frames, 478 are there"),
        Problem("a4", "a4.wav", "silent"),
        Problem("a6", "a6.wav", "silent"),
        Problem("n9", "n9.wav", "missing"),
    )
    assert [one.id for one in open_store(prepared.folder).utterances] == ["a8", "n1", "n3", "n5", "n7"]
    assert prepare(replace(corpus, scan=lambda _: listed), root).problems == prepared.problems


def test_strict_makes_problems_an_error_and_loses_nothing(corpus: Corpus, root: Path, decoded: list[str]) -> None:
    (root / "a0.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"'tones': 1 file gives no wave\. `emonet .*\n  a0\.wav: empty"):
        prepare(corpus, root, strict=True)
    assert current("tones") is None
    decoded.clear()
    assert prepare(corpus, root).reused
    assert decoded == []


def test_many_problems_are_cut_short(corpus: Corpus, root: Path) -> None:
    for number in range(0, 7):
        (root / f"{'an'[number % 2]}{number}.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match="7 files give no wave") as raised:
        prepare(corpus, root, strict=True)
    assert str(raised.value).endswith("\n  and 2 more")


def test_a_corpus_without_one_good_file_is_an_error(corpus: Corpus, root: Path) -> None:
    for path in root.iterdir():
        path.write_bytes(b"")
    with pytest.raises(CorpusError, match=r"data: no file can be used\. Corpus 'tones': 10 files give no wave"):
        prepare(corpus, root)
    assert current("tones") is None


def test_a_corpus_without_utterances_is_an_error(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"corpus 'tones' has no utterances there\. Give its own folder"):
        prepare(corpus, tmp_path)


def test_an_id_given_twice_names_both_files(corpus: Corpus, root: Path) -> None:
    (root / "b").mkdir()
    soundfile.write(root / "b" / "a0.wav", tone(), 16_000)
    with pytest.raises(CorpusError, match=r"two utterances have the id 'a0': a0\.wav and b/a0\.wav\. Ids must differ"):
        prepare(corpus, root)


def full_after(monkeypatch: pytest.MonkeyPatch, module: object, calls: int) -> None:
    """Let the disk be full when ``module`` writes batches for the last of so many times."""
    real, count = arrow.write_batches, iter(range(1, calls + 1))

    def write(path: Path, batches: object, *schema: object) -> None:
        if next(count) < calls:
            return real(path, batches, *schema)
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(module, "write_batches", write)


def test_a_full_disk_is_explained_and_the_same_command_goes_on(
    corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    with monkeypatch.context() as patch:
        full_after(patch, shards, 3)
        text = (
            r"store/tones: the disk is full \(\d+ MiB free\) while writing the store of corpus 'tones'\. Nothing half"
        )
        with pytest.raises(CorpusError, match=text) as raised:
            prepare(corpus, root)
    assert str(raised.value).endswith("then the same command goes on.")
    assert not [name for name in files_below(store_folder("tones")) if name.endswith(".part")]
    decoded.clear()
    assert prepare(corpus, root).count == 10
    assert len(decoded) == 4


def test_a_disk_that_is_full_at_the_very_end_keeps_the_shards(
    corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    from emonet.audio import prepare as module

    with monkeypatch.context() as patch:
        full_after(patch, module, 1)
        with pytest.raises(CorpusError, match="the disk is full"):
            prepare(corpus, root)
    decoded.clear()
    assert prepare(corpus, root).count == 10
    assert decoded == []


def test_other_failures_of_the_disk_are_not_called_full(
    corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(shards, "write_batches", fail)
    with pytest.raises(OSError, match="Input/output error"):
        prepare(corpus, root)


def test_long_recordings_end_a_shard_early(corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_SAMPLES", 1)
    written: list[int] = []
    real = arrow.write_batches

    def counting(path: Path, batches: list, schema: pa.Schema) -> None:
        written.append(batches[0].num_rows)
        real(path, batches, schema)

    monkeypatch.setattr(shards, "write_batches", counting)
    prepare(corpus, root)
    assert written == [1] * 10


def test_a_second_process_waits_for_the_first(corpus: Corpus, root: Path, heard: Heard) -> None:
    store_folder("tones").mkdir(parents=True)
    lock = FileLock(store_folder("tones") / ".lock")
    lock.acquire()
    waiting = threading.Event()

    def listen(event: Event) -> None:
        heard(event)
        waiting.set()

    worker = threading.Thread(target=prepare, args=(corpus, root), kwargs={"listen": listen})
    worker.start()
    assert waiting.wait(20)
    assert heard.notices == ["Another process prepares 'tones'. Waiting for it."]
    assert heard.done == []
    lock.release()
    worker.join(20)
    assert heard.done[-1] == 10


def test_a_record_that_is_no_json_counts_as_none(corpus: Corpus, root: Path) -> None:
    folder = prepare(corpus, root).folder
    record = folder.parent / "current.json"
    assert json.loads(record.read_text()) == {"key": folder.name, "root": str(root)}
    for text in ("{", "[]"):
        record.write_text(text)
        assert current("tones") is None
        assert recorded_root("tones") is None


def test_a_corpus_that_is_not_to_be_remembered_leaves_the_current_one(corpus: Corpus, root: Path) -> None:
    first = prepare(corpus, root)
    other = replace(corpus, scan=lambda folder: list(corpus.scan(folder))[:2])
    assert prepare(other, root, remember=False).folder != first.folder
    assert current("tones") == first.folder


def test_a_finished_store_is_found_by_its_files_alone(corpus: Corpus, root: Path) -> None:
    assert finished_store(corpus, root) is None
    prepared = prepare(corpus, root)
    assert finished_store(corpus, root) == prepared.folder
    next(root.rglob("*.wav")).touch()
    assert finished_store(corpus, root) is None


def test_a_name_that_is_not_utf_8_is_left_out_with_that_reason(tmp_path: Path) -> None:
    def scan(root: Path) -> list[Utterance]:
        return [Utterance(path.stem, path.name, {"emotion": "joy"}) for path in root.iterdir()]

    reason = "its name is not UTF-8: rename it, e.g. with convmv"

    root = tmp_path / "odd"
    root.mkdir()
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.wav")).write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=rf"(?s)no file can be used.*caf\\udce9\.wav: {reason}"):
        prepare(replace(make_corpus(), scan=scan), root)
    soundfile.write(root / "a.wav", tone(), 16_000)
    for _ in range(2):
        prepared = prepare(replace(make_corpus(), scan=scan), root, remember=False)
        assert prepared.problems == (Problem(r"caf\udce9", r"caf\udce9.wav", reason),)
        assert prepared.count == 1
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.wav")).rename(root / "cafe.wav")
    (again,) = prepare(replace(make_corpus(), scan=scan), root, remember=False).problems
    assert again.reason.startswith("unreadable")
