"""Arithmetic on sound: where words begin and end, sampling rates, a telephone's quality, wav files."""

import wave
from pathlib import Path

import numpy as np
import pytest

from cli.caller.sound import (
    MICROPHONE_RATE,
    WavError,
    levels,
    read_wav,
    resample,
    spoken_part,
    through_telephone,
    write_wav,
)
from cli.caller.told_sound import told_sound

pytestmark = pytest.mark.unit


def tone(hertz: float, seconds: float, rate: int = MICROPHONE_RATE) -> np.ndarray:
    return (10_000 * np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * hertz / rate)).astype(np.int16)


def test_silence_around_the_words_is_no_part_of_them() -> None:
    quiet = np.zeros(2400, dtype=np.int16)
    first, last = spoken_part(np.concatenate([quiet, tone(300, 0.5), quiet, quiet]), MICROPHONE_RATE)
    assert first == 2400
    assert last == 2400 + 12_000


def test_an_utterance_without_any_sound_is_taken_whole() -> None:
    assert spoken_part(np.zeros(480, dtype=np.int16), MICROPHONE_RATE) == (0, 480)


def test_resampling_keeps_the_length_in_time_and_the_loudness() -> None:
    result = resample(tone(300, 1.0), MICROPHONE_RATE, 8_000)
    assert len(result) == pytest.approx(8_000, abs=160)
    assert levels(result, 8_000)[20:80].mean() == pytest.approx(10_000 / np.sqrt(2), rel=0.05)


def test_a_telephone_keeps_low_tones_and_loses_high_ones() -> None:
    low, high = (through_telephone(tone(hertz, 0.5), MICROPHONE_RATE) for hertz in (1_000, 6_000))
    assert levels(low, MICROPHONE_RATE)[10:40].mean() == pytest.approx(10_000 / np.sqrt(2), rel=0.1)
    assert levels(high, MICROPHONE_RATE)[10:40].mean() < 300


def test_a_telephone_coarsens_the_sound_a_little() -> None:
    original, heard = tone(700, 0.5), through_telephone(tone(700, 0.5), MICROPHONE_RATE)
    size = min(len(original), len(heard))
    spectrum = np.abs(np.fft.rfft(heard[:size].astype(float) * np.hanning(size)))
    peak = spectrum.argmax()
    noise = np.delete(spectrum, range(peak - 5, peak + 6))
    ratio = 10 * np.log10((spectrum[peak - 5 : peak + 6] ** 2).sum() / (noise**2).sum())
    assert 25 < ratio < 50  # G.711 gives about 38 dB


def test_a_stereo_wav_becomes_mono(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(np.array([100, 300, -200, 0], dtype="<i2").tobytes())
    pcm, rate = read_wav(file)
    assert pcm.tolist() == [200, -100]
    assert rate == 8000


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(300, 0.1), MICROPHONE_RATE)
    pcm, rate = read_wav(tmp_path / "a.wav")
    assert (pcm == tone(300, 0.1)).all()
    assert rate == MICROPHONE_RATE


@pytest.mark.parametrize("content", [b"", b"not a wav at all, but some longer text"])
def test_a_file_that_is_no_wav_is_refused_with_a_reason(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(content)
    with pytest.raises(WavError, match="no wav file"):
        read_wav(file)


def test_told_sound_lasts_as_long_as_the_words_would_take() -> None:
    short, long = told_sound("hi"), told_sound("add a task to review the proposal by Friday")
    assert 0.7 <= len(short) / MICROPHONE_RATE <= 1.1
    assert 2.4 <= len(long) / MICROPHONE_RATE <= 3.4
    assert np.abs(long.astype(int)).max() == pytest.approx(9_000, abs=2)
