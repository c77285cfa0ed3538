"""Decoding: every format, rate and width comes out as the same wave, and everything broken with its reason."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emonet.audio.decode import SAMPLE_RATE, AudioProblem, read_recording, read_wave, rounded
from tests.helpers.audio_tones import tone


def written(path: Path, data: np.ndarray, *, rate: int = SAMPLE_RATE, subtype: str | None = None) -> Path:
    soundfile.write(path, data, rate, subtype=subtype)
    return path


def reason_of(path: Path, start: float = 0.0, end: float | None = None) -> str:
    with pytest.raises(AudioProblem) as raised:
        read_wave(path, start, end)
    assert raised.value.reason == str(raised.value)
    return raised.value.reason


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 1 / 127),
        ("wav", "PCM_16", 1 / 32767),
        ("wav", "PCM_24", 1e-6),
        ("wav", "PCM_32", 1e-6),
        ("wav", "FLOAT", 1e-6),
        ("wav", "DOUBLE", 1e-6),
        ("wav", "ULAW", 0.02),
        ("wav", "IMA_ADPCM", 0.2),
        ("flac", "PCM_16", 1 / 32767),
        ("ogg", "VORBIS", 0.1),
        ("mp3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_formats_and_widths_give_the_same_wave(tmp_path: Path, suffix: str, subtype: str, tolerance: float) -> None:
    sound = tone(0.5)
    wave = read_wave(written(tmp_path / f"a.{suffix}", sound, subtype=subtype))
    assert wave.dtype == np.float32
    length = min(len(wave), len(sound))
    # Lossy codecs move a clip's edges, and some add a few frames at its end.
    assert abs(len(wave) - len(sound)) < 2000
    middle = slice(1000, length - 2000)
    assert np.abs(wave[middle] - sound[middle]).max() < tolerance


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(0.5, pitch=200), tone(0.5, pitch=330)
    wave = read_wave(written(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(wave, (left + right) / 2, atol=1e-6)


def test_a_piece_of_a_file_is_that_piece(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", tone(0.5))
    whole = read_wave(path)
    np.testing.assert_array_equal(read_wave(path, 0.1, 0.3), whole[1600:4800])
    np.testing.assert_array_equal(read_wave(path, 0.4), whole[6400:])
    np.testing.assert_array_equal(read_wave(path, 0.4, 99.0), whole[6400:])


def test_what_is_no_audio_file_is_reported_with_its_reason(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "gone.wav") == "missing"
    (tmp_path / "folder.wav").mkdir()
    assert reason_of(tmp_path / "folder.wav") == "unreadable: not a file"
    (tmp_path / "empty.wav").touch()
    assert reason_of(tmp_path / "empty.wav") == "empty"
    (tmp_path / "text.wav").write_text("no audio at all")
    assert reason_of(tmp_path / "text.wav") == "unreadable: Format not recognised"
    (tmp_path / "lfs.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 4\n")
    assert reason_of(tmp_path / "lfs.wav") == "Git LFS pointer: run `git lfs pull`"


def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = written(tmp_path / "a.wav", tone(0.5))
    # Whoever runs the tests may be allowed to read everything, so the refusal is made here.
    monkeypatch.setattr(Path, "open", refuse)
    assert reason_of(path) == "unreadable: Permission denied"


def test_a_wav_without_frames_is_reported(tmp_path: Path) -> None:
    assert reason_of(written(tmp_path / "a.wav", np.zeros(0))) == "no frames"


def test_a_truncated_wav_is_reported_with_its_reason(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(1.0), subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: 44 + 2 * 9000])
    assert reason_of(path) == "truncated: header promises 16000 frames, 9000 are there"


def test_a_truncated_compressed_wav_counts_bytes(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(1.0), subtype="IMA_ADPCM")
    path.write_bytes(path.read_bytes()[:-1000])
    assert reason_of(path).startswith("truncated: header promises")
    assert "bytes" in reason_of(path)


def test_a_truncated_flac_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", np.random.default_rng(1).uniform(-0.5, 0.5, 16_000))
    path.write_bytes(path.read_bytes()[:9000])
    assert reason_of(path) == "unreadable: flac decoder lost sync"


def test_a_truncated_mp3_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp3", tone(1.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason_of(path).startswith("truncated: header promises 16000 frames, ")


def test_chunks_before_the_data_are_skipped(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(0.5), subtype="PCM_16")
    data = path.read_bytes()
    odd = b"note" + (5).to_bytes(4, "little") + b"hello\0"
    path.write_bytes(data[:36] + odd + data[36:])
    assert len(read_wave(path)) == 8000
    path.write_bytes(path.read_bytes()[:-8000])
    assert reason_of(path) == "truncated: header promises 8000 frames, 4000 are there"
    path.write_bytes(data[:36])
    assert reason_of(path).startswith("unreadable: ")


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    path = written(tmp_path / "a.wav", tone(0.5), subtype="PCM_16")
    expected = read_wave(path)
    data = path.read_bytes()
    path.write_bytes(data[:40] + size.to_bytes(4, "little") + data[44:])
    np.testing.assert_array_equal(read_wave(path), expected)


def test_an_empty_data_chunk_before_another_chunk_stays_empty(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.zeros(0), subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:44] + b"LIST" + (100).to_bytes(4, "little") + b"INFO" + bytes(96))
    assert reason_of(path) == "no frames"


def test_a_header_that_counts_itself_among_the_data_is_no_truncation(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(0.5), subtype="PCM_16")
    data = path.read_bytes()
    path.write_bytes(data[:40] + len(data).to_bytes(4, "little") + data[44:])
    assert len(read_wave(path)) == 8000


def test_times_outside_the_file_are_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(0.5))
    assert reason_of(path, 0.5) == "starts at 0.5 s, but the file ends after 0.50 s"
    assert reason_of(path, 0.3, 0.3) == "no frames between 0.3 s and 0.3 s"


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_a_lossless_file_of_more_than_16_bits_loses_none_of_them(tmp_path: Path, subtype: str) -> None:
    fine = np.array([2.0**-20, -(2.0**-20), 0.3, -0.7, 0.99999])
    recording = read_recording(written(tmp_path / "a.wav", fine, subtype=subtype))
    assert recording.is_deep
    wave = read_wave(tmp_path / "a.wav")
    np.testing.assert_allclose(wave, fine, atol=2.0**-23)
    assert wave[0] == 2.0**-20


def test_a_float_file_keeps_full_scale_and_what_is_over_it(tmp_path: Path) -> None:
    wave = read_wave(written(tmp_path / "a.wav", np.array([1.0, -1.0, 1.25, 0.1]), subtype="FLOAT"))
    np.testing.assert_array_equal(wave, np.array([1.0, -1.0, 1.25, 0.1], dtype=np.float32))


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_a_wide_file_that_holds_16_bits_counts_as_one_of_16_bits(tmp_path: Path, subtype: str) -> None:
    steps = np.array([-32768, -1, 0, 1, 32767]) / 32768
    path = written(tmp_path / "a.wav", steps, subtype=subtype)
    assert not read_recording(path).is_deep
    np.testing.assert_array_equal(read_wave(path), steps.astype(np.float32))


@pytest.mark.parametrize(
    ("suffix", "subtype"), [("wav", "PCM_16"), ("wav", "ULAW"), ("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS")]
)
def test_other_files_are_rounded_to_16_bits_after_resampling(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = written(tmp_path / f"a.{suffix}", tone(0.5, rate=8_000), rate=8_000, subtype=subtype)
    assert not read_recording(path).is_deep
    steps = read_wave(path) * 32768
    np.testing.assert_array_equal(steps, np.rint(steps))


def test_rounding_is_to_the_nearest_step_and_clips_rather_than_wraps() -> None:
    steps = np.array([0.4, -0.4, 0.6, -0.6, 32767.4, 32768.0, 40000.0, -32768.0, -40000.0], dtype=np.float32)
    expected = [0, 0, 1, -1, 32767, 32767, 32767, -32768, -32768]
    np.testing.assert_array_equal(rounded(steps / 32768) * 32768, expected)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_reported(tmp_path: Path, value: float) -> None:
    sound = np.stack([tone(0.5), tone(0.5)], axis=1)
    sound[100] = value, -value
    path = written(tmp_path / "a.wav", sound, subtype="FLOAT")
    assert reason_of(path) == "not finite: some samples are NaN or infinite"


def test_a_float_file_with_integer_values_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", 32768 * np.ones(100), subtype="FLOAT")
    assert reason_of(path) == "out of range: samples reach 3.277e+04, expected -1 to 1"


def test_an_absurd_sampling_rate_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(0.5), rate=7)
    assert reason_of(path) == "unreadable: a sampling rate of 7 Hz, expected 1000 to 768000"


def film(path: Path, codec: str, *, rate: int = 44_100) -> Path:
    """Write a container with a picture or two and a stereo sound track of half a second."""
    import av

    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout="stereo")
        for _ in range(2):
            container.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(picture.encode(None))
        samples = np.stack([tone(0.5, rate=rate)] * 2).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = rate
        for piece in av.AudioResampler(format=sound.format, rate=rate).resample(frame):
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "pcm_s16le"), ("a.mkv", "pcm_s16le"), ("a.mov", "pcm_s16le")])
def test_the_sound_track_of_a_video_is_decoded(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, codec)
    wave = read_wave(path)
    assert len(wave) == 8000
    assert np.abs(wave - tone(0.5))[100:-100].max() < 1e-2
    piece = read_wave(path, 0.1, 0.3)
    assert len(piece) == 3200
    np.testing.assert_allclose(piece[50:-50], wave[1650:4750], atol=1e-3)


def test_a_lossy_sound_track_is_decoded(tmp_path: Path) -> None:
    wave = read_wave(film(tmp_path / "a.mp4", "aac"))
    assert 8000 <= len(wave) < 10_500
    spectrum = np.abs(np.fft.rfft(wave[:8000]))
    assert spectrum.argmax() * 2 == 300


def test_a_video_without_sound_or_without_sense_is_reported(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "mute.mp4"), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 32
        container.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(picture.encode(None))
    assert reason_of(tmp_path / "mute.mp4") == "unreadable: no sound track"
    with av.open(str(tmp_path / "bare.avi"), "w") as container:
        container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        container.start_encoding()
    assert reason_of(tmp_path / "bare.avi") == "no frames"
    (tmp_path / "noise.mp4").write_bytes(b"x" * 5000)
    assert reason_of(tmp_path / "noise.mp4").startswith("unreadable: Invalid data found")
    assert reason_of(film(tmp_path / "a.avi", "pcm_s16le"), 7.0) == "starts at 7 s, but the file ends after 0.50 s"


def test_without_the_extra_a_video_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emonet.errors import MissingExtra

    path = film(tmp_path / "a.avi", "pcm_s16le")
    monkeypatch.setitem(sys.modules, "av", None)
    text = r"Decoding a\.avi needs the extra 'video'\. Install it: pip install 'emonet\[video\]'"
    with pytest.raises(MissingExtra, match=text):
        read_wave(path)


def test_a_name_that_no_file_system_takes_is_a_problem_of_that_file(tmp_path: Path) -> None:
    assert reason_of(tmp_path / f"{'a' * 300}.wav") == "unreadable: File name too long"
