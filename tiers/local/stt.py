"""Whisper as a livekit STT: whole utterances, cut by the session's own VAD."""

from __future__ import annotations

import asyncio
from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APITimeoutError, LanguageCode, stt, utils
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from typing_extensions import override

from tiers.local.ear import LONGEST_SECONDS, Ear

EAR_RATE: Final = 16_000
"""Hz; what Whisper was trained on."""

MOST_SAMPLES: Final = int(LONGEST_SECONDS * EAR_RATE)
"""Of who talks on for longer the last part is heard: there stands what they want."""


class WhisperSTT(stt.STT[str]):
    """Speech to text on this machine. Not streaming: the session wraps it with its VAD."""

    def __init__(self, ear: Ear | None = None) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self._ear = ear or Ear()

    @property
    @override
    def model(self) -> str:
        return "whisper"

    @property
    @override
    def provider(self) -> str:
        return "local"

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        sound = _at_ear_rate(buffer)[-MOST_SAMPLES:]
        try:
            async with asyncio.timeout(patience(len(sound) / EAR_RATE, conn_options.timeout)):
                heard = await self._ear.transcribe(sound, EAR_RATE)
        except TimeoutError:
            # Asked again it would wait behind what hangs.
            raise APITimeoutError("Whisper has not answered", retryable=False) from None
        except Exception as error:
            # An error of livekit's own is told, and another ear hears what this one lost; any other ends the hearing for
            # good, and nobody is told.
            raise APIConnectionError("Whisper has failed") from error
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            request_id=utils.shortuuid("whisper_"),
            alternatives=[
                stt.SpeechData(language=LanguageCode("en"), text=heard.text, confidence=1.0 - heard.no_speech)
            ],
        )


def patience(sound: float, vendor: float) -> float:
    """How long the recognition of an utterance may take before it counts as hung, seconds.

    `sound` is the utterance's length, `vendor` what a vendor's answer may take. A usual utterance takes less than a
    second; twice the vendor's time is for the model that is loaded and for a machine that is busy. Not more, since what
    the caller said is kept for another ear for 10 s behind its end.
    """
    return 2 * vendor + sound / 4


def _at_ear_rate(buffer: utils.AudioBuffer) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    frame = utils.merge_frames(buffer)
    if frame.sample_rate == EAR_RATE:
        return np.frombuffer(frame.data, dtype=np.int16)
    resampler = rtc.AudioResampler(frame.sample_rate, EAR_RATE, num_channels=1)
    frames = [*resampler.push(frame), *resampler.flush()]
    return np.concatenate([np.frombuffer(part.data, dtype=np.int16) for part in frames])
