"""Changing the sample rate of 16-bit mono sound, by FFmpeg's resampler."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]


class Resampler:
    """A stream of sound at one rate in, the same at another out; what the filter still holds comes with `flush`."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self.source_rate = source_rate
        self.target_rate = target_rate
        self._swr: Any = None

    def push(self, pcm: Pcm) -> Pcm:
        """What is ready of the output after this input; may be empty."""
        if self.source_rate == self.target_rate or not pcm.size:
            return pcm
        import av

        if self._swr is None:
            self._swr = av.AudioResampler(format="s16", layout="mono", rate=self.target_rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm)[None, :], format="s16", layout="mono")
        frame.sample_rate = self.source_rate
        return _joined(self._swr.resample(frame))

    def flush(self) -> Pcm:
        """The tail; afterwards the resampler starts afresh."""
        if self._swr is None:
            return np.empty(0, np.int16)
        tail = _joined(self._swr.resample(None))
        self._swr = None
        return tail


def resample(pcm: Pcm, source_rate: int, target_rate: int) -> Pcm:
    """A whole piece of sound at another rate."""
    resampler = Resampler(source_rate, target_rate)
    return np.concatenate([resampler.push(pcm), resampler.flush()])


def _joined(frames: list[Any]) -> Pcm:
    if not frames:
        return np.empty(0, np.int16)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16, copy=False)
