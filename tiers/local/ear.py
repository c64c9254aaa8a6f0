"""An ear that needs no account: Whisper by faster-whisper, on one thread, off the event loop.

What is heard is never logged or kept. Numbers behind the choices: no prompt, because its nouns leak into the text;
beam 1, because 5 changed nothing; a speech gate in front, because Whisper invents words on silence, and silence before
and behind the speech cut off, because it hears worse behind much of it.
"""

import asyncio
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiers.local import short_window
from tiers.local.ear_model import packaged_ear_model
from tiers.local.resample import Pcm, resample
from tiers.local.settings import LocalSettings

SAMPLE_RATE = 16_000
"""Hz, what Whisper and the speech gate work at."""

GATE_THRESHOLD = 0.5
GATE_MIN_SPEECH_MS = 100
"""Behind these two 0 of 10 noises passed and 0 of 336 utterances were lost."""

AROUND_SPEECH_MS = 1000
"""Silence that is kept on both sides of speech. A telephone's «Please delete …» behind 2 to 21 s of silence, 21 times: whole
every time with 0.8 to 2 s of it in front, three times not with 0.3; with all of it Whisper wrote it two or three times."""

NO_SPEECH_LIMIT = 0.5
LONGEST_SECONDS = 120.0
"""Longest sound taken in one go: past it nobody waits for the answer."""


@dataclass(frozen=True)
class Heard:
    """What was said. `text` is empty when it was not speech."""

    text: str
    seconds: float
    """Length of the sound that was listened to."""
    no_speech: float
    """Whisper's probability that nobody spoke, 0 to 1; 1 when the gate let nothing through."""


class Ear:
    """Hears one utterance after another, in the order they were asked for.

    The model is loaded with the first utterance (0.5 s, 300 MB) or by `load`. `model` overrides the setting.
    """

    def __init__(self, model: str | None = None) -> None:
        self._model_name = LocalSettings().ear_model if model is None else model
        self._model: Any = None
        self._loading = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ear")
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Whether an utterance is being heard or waits to be."""
        return self._waiting > 0

    async def load(self) -> None:
        """Load the model now, so that the first caller does not wait for it.

        Raises EarModelError when the packaged model is missing.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._loaded)

    async def transcribe(self, pcm: Pcm, sample_rate: int = SAMPLE_RATE) -> Heard:
        """What was said in `pcm` (mono, 16 bit). Cancelling it gives the place in the queue up.

        Raises ValueError for more than LONGEST_SECONDS of sound, EarModelError without a model.
        """
        seconds = len(pcm) / sample_rate
        if seconds > LONGEST_SECONDS:
            raise ValueError(
                f"{seconds:.0f} s is more than the {LONGEST_SECONDS:.0f} s an utterance may last"
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._hear, pcm, sample_rate
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Give thread and model back; waits for the utterance at hand (under a second)."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._model = None

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from faster_whisper import WhisperModel

                short_window.install()
                self._model = WhisperModel(
                    self._model_name or str(packaged_ear_model()),
                    device="cpu",
                    compute_type="int8",
                    cpu_threads=1,
                )
            return self._model

    def _hear(self, pcm: Pcm, sample_rate: int) -> Heard:
        seconds = len(pcm) / sample_rate
        audio = resample(pcm, sample_rate, SAMPLE_RATE).astype(np.float32) / np.float32(32768)
        if not (audio := speech_in(audio)).size:
            return Heard("", seconds, 1.0)
        segments, _ = self._loaded().transcribe(
            audio,
            language="en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            max_new_tokens=12 + 6 * math.ceil(min(len(audio) / SAMPLE_RATE, 30)),
        )
        spoken = [segment for segment in segments if segment.no_speech_prob <= NO_SPEECH_LIMIT]
        if not spoken:
            return Heard("", seconds, 1.0)
        text = " ".join(segment.text.strip() for segment in spoken).strip()
        no_speech = max(segment.no_speech_prob for segment in spoken)
        return Heard(text, seconds, no_speech)


def speech_in(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound (16 kHz, -1 to 1) from a little before its first speech to a little behind its last.

    Empty where nobody speaks for at least 100 ms in it. 6 ms for an utterance.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if not audio.size:
        return audio
    gate = VadOptions(threshold=GATE_THRESHOLD, min_speech_duration_ms=GATE_MIN_SPEECH_MS, speech_pad_ms=0)
    spoken = get_speech_timestamps(audio, gate, sampling_rate=SAMPLE_RATE)
    if not spoken:
        return audio[:0]
    around = SAMPLE_RATE * AROUND_SPEECH_MS // 1000
    return audio[max(0, spoken[0]["start"] - around) : spoken[-1]["end"] + around]
