import numpy as np
import pytest

from tiers.local.resample import Resampler, resample

pytestmark = pytest.mark.unit


def tone(rate: int, hertz: float = 440.0) -> np.ndarray:
    return (np.sin(2 * np.pi * hertz * np.arange(rate) / rate) * 10_000).astype(np.int16)


@pytest.mark.parametrize(
    ("source", "target"), [(22_050, 16_000), (22_050, 24_000), (8_000, 16_000), (48_000, 16_000)]
)
def test_a_tone_keeps_its_pitch_length_and_loudness(source, target):
    out = resample(tone(source), source, target)
    assert len(out) == pytest.approx(target, abs=4)
    spectrum = np.abs(np.fft.rfft(out[:target], target))
    assert int(spectrum.argmax()) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(out.astype(float) ** 2)) == pytest.approx(10_000 / np.sqrt(2), rel=0.02)


def test_what_the_lower_rate_cannot_carry_is_filtered_out():
    out = resample(tone(48_000, 15_000), 48_000, 16_000)
    assert np.sqrt(np.mean(out.astype(float) ** 2)) < 100


def test_a_stream_in_pieces_is_the_whole():
    sound = tone(22_050)
    resampler = Resampler(22_050, 16_000)
    pieces = [resampler.push(sound[first : first + 700]) for first in range(0, len(sound), 700)]
    assert np.array_equal(np.concatenate([*pieces, resampler.flush()]), resample(sound, 22_050, 16_000))


def test_equal_rates_leave_the_sound_alone():
    assert np.array_equal(resample(tone(16_000), 16_000, 16_000), tone(16_000))
