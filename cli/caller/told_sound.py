"""Sound that a voice activity detector takes for speech but that holds no words.

A source-filter voice (Klatt 1980, much simplified): a pulse train at a man's pitch through the formants of
changing vowels, in syllables.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cli.caller.sound import MICROPHONE_RATE, Pcm

SECONDS_PER_CHARACTER = 0.065
"""About 150 words a minute."""
SHORTEST_SECONDS = 0.7
SYLLABLE_SECONDS = 0.2
PITCH_HERTZ = 120.0
PEAK = 9_000
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480), (300, 870, 2240))
"""First three formants of five vowels in Hertz: Peterson and Barney, 1952, men."""
BANDWIDTHS = (80, 100, 140)
SILENCE_SECONDS = 0.1


def told_sound(text: str) -> Pcm:
    """As many syllables as the words would take."""
    seconds = max(SHORTEST_SECONDS, SECONDS_PER_CHARACTER * len(text))
    count = max(3, round(seconds / SYLLABLE_SECONDS))
    gap = np.zeros(int(SILENCE_SECONDS * MICROPHONE_RATE))
    voiced = np.concatenate([gap, *(_syllable(index, count) for index in range(count)), gap])
    result: Pcm = (voiced / np.abs(voiced).max() * PEAK).astype(np.int16)
    return result


def _syllable(index: int, count: int) -> NDArray[np.float64]:
    size = int(SYLLABLE_SECONDS * MICROPHONE_RATE)
    falling = PITCH_HERTZ * (1.1 - 0.25 * index / count)
    phase = np.cumsum(falling * (1 + 0.03 * np.sin(np.linspace(0, np.pi, size))) / MICROPHONE_RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    spectrum = np.fft.rfft(pulses)
    hertz = np.fft.rfftfreq(size, 1 / MICROPHONE_RATE)
    response = np.ones_like(hertz)
    for formant, bandwidth in zip(VOWELS[index % len(VOWELS)], BANDWIDTHS, strict=True):
        response *= formant**2 / np.hypot(formant**2 - hertz**2, hertz * bandwidth)
    response[hertz < 60] = 0.0
    sound = np.fft.irfft(spectrum * response, size)
    envelope = np.minimum(1.0, 4 * np.sin(np.linspace(0, np.pi, size)))
    return np.asarray(sound * envelope / max(np.abs(sound).max(), 1e-9), dtype=np.float64)
