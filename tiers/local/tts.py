"""Piper as a livekit TTS: the voice runs in a process of its own and answers sentence by sentence."""

from __future__ import annotations

from livekit.agents import APIConnectOptions, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from typing_extensions import override

from tiers.local.voice import Voice


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
        async for chunk in self._voice.speak(self.input_text):
            output_emitter.push(chunk)
        output_emitter.flush()
