import numpy as np
import pytest

from tiers.local.speech import SAMPLE_RATE, Change, SpeechDetector, SpeechEvent, loudness, silero

pytestmark = pytest.mark.unit


def tone(seconds: float) -> np.ndarray:
    return (np.sin(2 * np.pi * 220 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE) * 3000).astype(
        np.int16
    )


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def changes(events: list[SpeechEvent]) -> list[Change]:
    return [event.change for event in events]


def test_speech_is_told_with_where_it_began_and_ended():
    detector = SpeechDetector(loudness())
    events = detector.feed(np.concatenate([quiet(0.5), tone(1.0), quiet(1.0)]))
    assert changes(events) == [Change.START, Change.PAUSE, Change.STOP]
    assert events[0].at == pytest.approx(0.5, abs=0.04)
    assert events[1].at == events[2].at == pytest.approx(1.5, abs=0.04)


def test_a_short_pause_is_resumed_and_a_long_one_is_the_end():
    detector = SpeechDetector(loudness())
    events = detector.feed(np.concatenate([tone(0.5), quiet(0.16), tone(0.5), quiet(0.4)]))
    assert changes(events) == [Change.START, Change.PAUSE, Change.RESUME, Change.PAUSE, Change.STOP]


def test_a_click_is_no_speech():
    detector = SpeechDetector(loudness())
    assert detector.feed(np.concatenate([quiet(0.2), tone(0.03), quiet(0.5)])) == []


def test_the_size_of_the_pieces_makes_no_difference():
    sound = np.concatenate([quiet(0.3), tone(0.7), quiet(0.15), tone(0.4), quiet(0.5)])
    whole = SpeechDetector(loudness()).feed(sound)
    detector = SpeechDetector(loudness())
    pieces = [
        event for first in range(0, len(sound), 333) for event in detector.feed(sound[first : first + 333])
    ]
    assert pieces == whole


def test_ending_the_stream_ends_the_speech():
    detector = SpeechDetector(loudness())
    detector.feed(tone(0.5))
    assert detector.speaking
    assert changes(detector.end()) == [Change.STOP]
    assert not detector.speaking
    assert detector.end() == []


def test_silero_hears_no_voice_in_noise_or_a_tone():
    noise = np.random.default_rng(3).normal(0, 2000, 2 * SAMPLE_RATE).astype(np.int16)
    assert SpeechDetector(silero()).feed(np.concatenate([noise, tone(1.0)])) == []


def test_streamed_silero_scores_are_those_of_the_package_itself():
    """A contract with faster-whisper's network: names and shapes of its inputs."""
    from faster_whisper.vad import get_vad_model

    sound = np.random.default_rng(5).normal(0, 3000, 512 * 40).astype(np.int16)
    score = silero()
    streamed = [score(sound[first : first + 512]) for first in range(0, len(sound), 512)]
    whole = get_vad_model()(sound.astype(np.float32) / 32768).reshape(-1)
    assert streamed == pytest.approx(whole.tolist(), abs=0.02)
