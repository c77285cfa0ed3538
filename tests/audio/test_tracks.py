"""Tracks of containers: found by content, and segments that are those of the whole track to the sample."""

from __future__ import annotations

import shutil
import tracemalloc
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from emonet.audio.containers import _places_after, read_container
from emonet.audio.decode import AudioProblem, read_recording, read_wave
from tests.helpers.audio_tones import tone

av = pytest.importorskip("av")

SECONDS = 12
KINDS = {
    "a.m4a": ("aac", "ipod", 44_100),
    "a.aac": ("aac", "adts", 44_100),
    "a.flv": ("aac", "flv", 44_100),
    "a.ts": ("aac", "mpegts", 44_100),
    "a.webm": ("libopus", "webm", 48_000),
    "a.mka": ("libopus", "matroska", 48_000),
    "a.wma": ("wmav2", "asf", 44_100),
    "a.mkv": ("flac", "matroska", 44_100),
}


def encoded(path: Path, *, seconds: float = SECONDS, movflags: str = "") -> Path:
    """Write a sweep as the kind that the name of a path stands for; no encoder may leave noise to the decoder."""
    codec, kind, rate = KINDS[path.name]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    time = np.arange(round(seconds * rate)) / rate
    sweep = (0.3 * np.sin(2 * np.pi * (200 + 40 * time) * time)).astype(np.float32)
    with av.open(str(path), "w", format=kind, options={"movflags": movflags} if movflags else {}) as container:
        options = {"aac_pns": "0"} if codec == "aac" else {}
        stream = container.add_stream(codec, rate=rate, layout="mono", options=options)
        stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(sweep[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        fifo = av.AudioFifo()
        for piece in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
            fifo.write(piece)
        while (piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", KINDS)
def test_a_segment_is_that_of_the_whole_track_to_the_sample(name: str, tmp_path: Path) -> None:
    path = encoded(tmp_path / name)
    whole, rate, total = read_container(path, 0.0, None)
    assert total == whole.shape[1]
    for start, end in ((0.5, 1.25), (4.123, 5.5), (9.0, None), (11.5, 40.0)):
        first, last = round(start * rate), None if end is None else round(end * rate)
        piece = read_container(path, start, end)
        np.testing.assert_array_equal(piece.channels, whole[:, first:last])
        assert piece.total == (None if last is not None and last <= total else total)


def test_what_lies_before_a_segment_is_neither_decoded_nor_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded(tmp_path / "a.m4a", seconds=60)
    decoded: list[float] = []
    resampler = av.AudioResampler

    class Counting:
        def __init__(self, **options: object) -> None:
            self.inner = resampler(**options)

        def resample(self, frame: object) -> object:
            decoded.append(1024 / 44_100)
            return self.inner.resample(frame)

    monkeypatch.setattr(av, "AudioResampler", Counting)
    tracemalloc.start()
    piece = read_container(path, 50.0, 50.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert piece.channels.shape == (1, 22_050)
    assert sum(decoded) < 3
    assert peak < 2_000_000


def test_a_track_whose_frames_differ_in_length_is_decoded_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded(tmp_path / "a.m4a")
    expected = read_container(path, 6.0, 7.0).channels
    monkeypatch.setattr("emonet.audio.containers._places_after", lambda *_: None)
    np.testing.assert_array_equal(read_container(path, 6.0, 7.0).channels, expected)


@pytest.mark.parametrize("name", ["a.mka", "a.m4a"])
def test_a_container_that_ends_before_its_length_is_truncated(name: str, tmp_path: Path) -> None:
    path = encoded(tmp_path / name, movflags="faststart" if name == "a.m4a" else "")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    assert len(read_wave(path, 3.0, 4.0)) == 16_000
    with pytest.raises(AudioProblem, match=r"^(truncated: header promises 12\.\d+ s|unreadable: Invalid data)"):
        read_recording(path)


@pytest.mark.parametrize("name", ["a.wav", "a", "a.mp3", "a.AAC"])
def test_the_content_says_what_a_file_is(name: str, tmp_path: Path) -> None:
    encoded(tmp_path / "a.m4a", seconds=1).rename(tmp_path / name)
    assert len(read_wave(tmp_path / name)) >= 16_000
    soundfile.write(tmp_path / "b.wav", tone(0.5), 16_000)
    shutil.move(tmp_path / "b.wav", tmp_path / "b.mp4")
    assert len(read_wave(tmp_path / "b.mp4")) == 8_000


def test_bytes_of_a_table_may_be_a_container(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = encoded(tmp_path / "a.m4a").read_bytes()
    pq.write_table(pa.table({"audio": [data]}), tmp_path / "x.parquet")
    inside = read_wave(tmp_path / "x.parquet/audio/00000000.m4a", 5.0, 6.0)
    np.testing.assert_array_equal(inside, read_wave(tmp_path / "a.m4a", 5.0, 6.0))


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile a.m4a\n", "#EXTM3U\n#EXTINF:9,\na.m4a\n#EXT-X-ENDLIST\n"])
def test_a_list_of_other_files_is_no_audio(text: str, tmp_path: Path) -> None:
    encoded(tmp_path / "a.m4a", seconds=1)
    for name in ("list.mp4", "list.wav"):
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioProblem, match=r"^unreadable: "):
            read_wave(tmp_path / name)


@pytest.mark.parametrize("name", ["a.au", "a.raw", "a.vox"])
def test_a_name_alone_does_not_make_samples_of_text(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("no sound at all " * 100)
    with pytest.raises(AudioProblem, match=r"^unreadable: no header says what its samples are$"):
        read_wave(tmp_path / name)


def test_without_the_extra_an_unknown_format_says_that_it_reads_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    encoded(tmp_path / "a.m4a", seconds=1).rename(tmp_path / "a.wav")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AudioProblem, match=r"^unreadable: Format not recognised \(the extra 'video' reads more"):
        read_wave(tmp_path / "a.wav")


def test_a_container_that_cannot_be_sought_tells_no_place() -> None:
    frames = [SimpleNamespace(pts=100 * number, samples=100, sample_rate=8_000) for number in range(3)]

    def seek(*_: object, **__: object) -> None:
        raise av.error.FFmpegError(1, "Operation not permitted")

    stream = SimpleNamespace(rate=8_000, time_base=Fraction(1, 8_000))
    container = SimpleNamespace(decode=lambda _: iter(frames), seek=seek)
    assert _places_after(container, stream, 3.0) is None


@pytest.mark.parametrize("odd", [{"pts": None}, {"samples": 90}, {"sample_rate": 16_000}, {"pts": 24_030}])
def test_frames_that_are_not_alike_tell_no_place(odd: dict[str, object]) -> None:
    frames = [SimpleNamespace(pts=100 * number, samples=100, sample_rate=8_000) for number in range(3)]
    found = SimpleNamespace(pts=24_000, samples=100, sample_rate=8_000)
    changed = found if odd == {"pts": 24_030} else frames[2]
    vars(changed).update(odd)
    decoded = iter([*frames, found])
    container = SimpleNamespace(decode=lambda _: decoded, seek=lambda *_, **__: None)
    stream = SimpleNamespace(rate=8_000, time_base=Fraction(1, 8_000))
    assert _places_after(container, stream, 3.5) is None
