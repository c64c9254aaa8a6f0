"""Piper as a livekit TTS: the voice runs in a process of its own and answers sentence by sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from livekit.agents import APIConnectionError, APIConnectOptions, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from typing_extensions import override

from tiers.local.voice import Voice, VoiceError

_LIVES: Final = 2
"""How many processes may die over one text; the next voice says the rest."""
_BREATH_SECONDS: Final = 0.01


class PiperTTS(tts.TTS[str]):
    """Text to speech on this machine. Not streaming: the session wraps it with a sentence tokenizer."""

    def __init__(self, voice: Voice | None = None) -> None:
        self._voice = voice or Voice()
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=self._voice.sample_rate,
            num_channels=1,
        )

    @property
    @override
    def model(self) -> str:
        return "piper"

    @property
    @override
    def provider(self) -> str:
        return "local"

    @override
    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Utterance(tts=self, voice=self._voice, text=text, conn_options=conn_options)

    @override
    async def aclose(self) -> None:
        await self._voice.aclose()


class _Utterance(tts.ChunkedStream):
    def __init__(self, *, tts: PiperTTS, voice: Voice, text: str, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=tts, input_text=text, conn_options=conn_options)
        self._voice = voice

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid("piper_"),
            sample_rate=self._voice.sample_rate,
            num_channels=1,
            mime_type="audio/pcm",
        )
        spoken = 0
        for life in range(_LIVES):
            try:
                async for chunk in self._since(spoken):
                    output_emitter.push(chunk)
                    spoken += 1
                break
            except (VoiceError, ValueError, OSError) as error:
                if not spoken or life + 1 == _LIVES:
                    # An error of livekit's own is asked again, or carried to the next voice; others end the speech unseen.
                    raise APIConnectionError("Piper has failed", retryable=not spoken) from error
        if not spoken:  # no word in it; livekit takes no sound for an error
            output_emitter.push(bytes(2 * round(self._voice.sample_rate * _BREATH_SECONDS)))
        output_emitter.flush()

    async def _since(self, sentences: int) -> AsyncIterator[bytes]:
        """The sound of the text, from behind so many of its sentences on: a new process has to make all of it."""
        async with aclosing(self._voice.speak(self.input_text)) as sound:
            async for chunk in sound:
                if sentences:
                    sentences -= 1
                else:
                    yield chunk
