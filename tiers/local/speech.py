"""When somebody speaks: a streaming detector that tells start, pause, resumption and stop as sound comes in.

Two scores are there: Silero, the network inside faster-whisper, which tells a voice from noise, and loudness, which
costs nothing and also takes a tone for speech, for runs where words are told and not spoken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiers.local.resample import Pcm

SAMPLE_RATE = 16_000
WINDOW = 512
"""Samples judged at a time, 32 ms: what Silero was trained with."""

START_THRESHOLD = 0.5
STAY_THRESHOLD = 0.35
"""Speech goes on until the score is below this: Silero's own rule, start minus 0.15."""

LOUD_RMS = 180.0
"""About -45 dB of full scale: above a quiet line's noise, below any voice or tone that is meant to be heard."""

Score = Callable[[Pcm], float]
"""The probability, 0 to 1, that the next window of WINDOW samples is speech; it may remember earlier ones."""


class Change(StrEnum):
    """What the detector tells."""

    START = "start"
    """Somebody has spoken for `min_speech_ms`."""
    PAUSE = "pause"
    """Quiet for `pause_ms`: perhaps the end."""
    RESUME = "resume"
    """Speech again before it had been quiet for `stop_ms`."""
    STOP = "stop"
    """Quiet for `stop_ms`: the utterance is over."""


@dataclass(frozen=True)
class SpeechEvent:
    """A change, and where in the stream it lies."""

    change: Change
    at: float
    """Seconds since the stream began: where speech began (START, RESUME) or ended (PAUSE, STOP)."""


class SpeechDetector:
    """Feed it 16 kHz sound in pieces of any size; one for each stream."""

    def __init__(
        self, score: Score | None = None, *, min_speech_ms: int = 100, pause_ms: int = 100, stop_ms: int = 250
    ) -> None:
        self._score = score or silero()
        self._min_speech = _windows(min_speech_ms)
        self._pause = _windows(pause_ms)
        self._stop = max(_windows(stop_ms), self._pause)
        self._rest: Pcm = np.empty(0, np.int16)
        self._window = 0
        self._run = 0
        self._quiet = 0
        self.speaking = False
        """Between START and STOP."""
        self.paused = False
        """Between PAUSE and RESUME or STOP."""

    def hasten(self, *, pause_ms: int, stop_ms: int) -> None:
        """Take a pause and the end for shorter silences from now on, or for longer ones."""
        self._pause = _windows(pause_ms)
        self._stop = max(_windows(stop_ms), self._pause)

    @property
    def now(self) -> float:
        """Seconds of sound judged so far."""
        return self._window * WINDOW / SAMPLE_RATE

    @property
    def quiet_for(self) -> float:
        """Seconds since the last speech of this utterance; 0 when nobody has begun."""
        return self._quiet * WINDOW / SAMPLE_RATE if self.speaking else 0.0

    def feed(self, pcm: Pcm) -> list[SpeechEvent]:
        """What changed with this sound, in order."""
        sound = np.concatenate([self._rest, pcm]) if self._rest.size else pcm
        whole = len(sound) - len(sound) % WINDOW
        self._rest = sound[whole:].copy()
        events: list[SpeechEvent] = []
        for start in range(0, whole, WINDOW):
            self._judge(sound[start : start + WINDOW], events)
        return events

    def end(self) -> list[SpeechEvent]:
        """Take what is under way as over, as when the stream ends: a STOP, or nothing when nobody spoke."""
        if not self.speaking:
            self._run = 0
            return []
        return [self._stopped()]

    def _judge(self, window: Pcm, events: list[SpeechEvent]) -> None:
        score = self._score(window)
        self._window += 1
        if not self.speaking:
            self._run = self._run + 1 if score >= (STAY_THRESHOLD if self._run else START_THRESHOLD) else 0
            if self._run >= self._min_speech:
                self.speaking, self.paused, self._quiet = True, False, 0
                events.append(SpeechEvent(Change.START, self._seconds(self._window - self._run)))
            return
        # In a pause the bar for speech is the high one: a fading room tone is no resumption.
        if score >= (START_THRESHOLD if self.paused else STAY_THRESHOLD):
            self._quiet = 0
            if self.paused:
                self.paused = False
                events.append(SpeechEvent(Change.RESUME, self._seconds(self._window - 1)))
            return
        self._quiet += 1
        if not self.paused and self._quiet >= self._pause:
            self.paused = True
            events.append(SpeechEvent(Change.PAUSE, self._seconds(self._window - self._quiet)))
        if self._quiet >= self._stop:
            events.append(self._stopped())

    def _stopped(self) -> SpeechEvent:
        event = SpeechEvent(Change.STOP, self._seconds(self._window - self._quiet))
        self.speaking, self.paused, self._run, self._quiet = False, False, 0, 0
        return event

    @staticmethod
    def _seconds(windows: int) -> float:
        return windows * WINDOW / SAMPLE_RATE


def _windows(milliseconds: int) -> int:
    """Rounded to the nearest window, at least one."""
    return max(1, round(milliseconds / 1000 * SAMPLE_RATE / WINDOW))


def silero() -> Score:
    """A fresh Silero score: the network is shared, its memory is this stream's own. 0.2 ms a window."""
    from faster_whisper.vad import get_vad_model

    session: Any = get_vad_model().session
    h = np.zeros((1, 1, 128), np.float32)
    c = np.zeros((1, 1, 128), np.float32)
    context: NDArray[np.float32] = np.zeros(64, np.float32)

    def score(window: Pcm) -> float:
        nonlocal h, c, context
        audio = window.astype(np.float32) / np.float32(32768)
        output, h, c = session.run(None, {"input": np.concatenate([context, audio])[None, :], "h": h, "c": c})
        context = audio[-64:]
        return float(np.asarray(output).reshape(-1)[0])

    return score


def loudness() -> Score:
    """1 for a window at least as loud as LOUD_RMS, else 0."""

    def score(window: Pcm) -> float:
        return 1.0 if float(np.sqrt(np.mean(np.square(window.astype(np.float32))))) >= LOUD_RMS else 0.0

    return score
