"""Arithmetic on mono 16-bit speech: levels, silence at the ends, sampling rates, a telephone's quality."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

FRAME_SECONDS = 0.01
MICROPHONE_RATE = 24_000
"""Samples per second of what the caller publishes."""
PIECE_MS = 20
"""How much sound is handed over and taken at once: a packet's, as browsers make them."""
TELEPHONE_RATE = 8_000
MU = 255
"""The companding constant of ITU-T G.711."""
QUIET_SHARE = 0.02
"""A frame below this share of the loudest one (-34 dB) at the ends of an utterance is no part of a word."""
MAX_WAV_SECONDS = 600


class WavError(ValueError):
    """A recording cannot be used; the message says why."""


def levels(pcm: Pcm, rate: int) -> NDArray[np.float64]:
    """Root mean square of each whole 10 ms frame, in sample units (0 to 32768)."""
    size = int(rate * FRAME_SECONDS)
    frames = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
    result: NDArray[np.float64] = np.sqrt(np.mean(frames**2, axis=1))
    return result


def spoken_part(pcm: Pcm, rate: int) -> tuple[int, int]:
    """First and last sample (exclusive) of the words in an utterance, without the silence around them."""
    loudness = levels(pcm, rate)
    if not len(loudness) or not loudness.max():
        return 0, len(pcm)
    (sounding,) = np.nonzero(loudness >= loudness.max() * QUIET_SHARE)
    size = int(rate * FRAME_SECONDS)
    return int(sounding[0]) * size, (int(sounding[-1]) + 1) * size


def resample(pcm: Pcm, rate: int, to_rate: int) -> Pcm:
    """The same sound at another sampling rate (SoX resampler, high quality)."""
    if rate == to_rate or not len(pcm):
        return pcm
    resampler = rtc.AudioResampler(rate, to_rate, quality=rtc.AudioResamplerQuality.HIGH)
    frames = resampler.push(bytearray(pcm.tobytes())) + resampler.flush()
    return np.concatenate([np.frombuffer(frame.data, dtype=np.int16) for frame in frames])


def through_telephone(pcm: Pcm, rate: int) -> Pcm:
    """What is left of a sound after an 8 kHz mu-law line (ITU-T G.711), at the rate it came with."""
    narrow = resample(pcm, rate, TELEPHONE_RATE).astype(np.float64) / 32768
    compressed = np.sign(narrow) * np.log1p(MU * np.abs(narrow)) / np.log1p(MU)
    coded = np.round((compressed + 1) / 2 * MU) / MU * 2 - 1
    expanded = np.sign(coded) * ((1 + MU) ** np.abs(coded) - 1) / MU
    return resample((expanded * 32767).astype(np.int16), TELEPHONE_RATE, rate)


def read_wav(path: Path) -> tuple[Pcm, int]:
    """A 16-bit wav file as mono samples and its rate. Raises WavError for anything else."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise WavError(f"{path} must have 16-bit samples, not {8 * file.getsampwidth()}")
            rate, channels, frames = file.getframerate(), file.getnchannels(), file.getnframes()
            if frames > MAX_WAV_SECONDS * rate:
                raise WavError(f"{path} is longer than {MAX_WAV_SECONDS} seconds")
            samples = np.frombuffer(file.readframes(frames), dtype="<i2")
    except (wave.Error, EOFError) as error:
        raise WavError(f"{path} is no wav file: {error}") from error
    if not len(samples):
        raise WavError(f"{path} holds no sound")
    mono = samples[: len(samples) // channels * channels].reshape(-1, channels).astype(np.int32).mean(axis=1)
    return mono.astype(np.int16), rate


def write_wav(path: Path, pcm: Pcm, rate: int) -> None:
    """Keep mono samples as a 16-bit wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2").tobytes())
