"""One part of a cascade from its vendor's plugin: an ear, a mind or a voice, with the tap through which it is metered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from livekit.agents import APIConnectOptions, APIError, llm, stt, tts
from livekit.agents.types import NOT_GIVEN
from livekit.plugins import deepgram, elevenlabs, openai
from openai import AsyncClient
from typing_extensions import override

from tiers.as_given import AsGiven
from tiers.as_written import as_written
from tiers.cartesia_protocol import VERSION as CARTESIA_VERSION
from tiers.cartesia_voice import CartesiaVoice, amended
from tiers.catalogue import Model, Part
from tiers.diagnosis import classify
from tiers.metering.taps import ChatTap, SocketTap
from tiers.settings import VendorSettings

PATIENT: Final = APIConnectOptions(max_retry=1, retry_interval=0.5, timeout=20)
"""For a model on a machine of our own, which may have to be loaded first and has nobody to take its place."""

ROOM_RATE: Final = 24_000
"""Hz, as a room gives the caller's sound, in frames of 50 ms, which is how the ear's plugin sends it. At any other rate
a resampler holds some of each frame back, so that what is sent is a frame behind."""
AURA_VOICE: Final = "thalia-en"
CARTESIA_VOICE: Final = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
"""«Katie», Cartesia's own suggestion for agents, and the plugin's default."""
ELEVENLABS_VOICE: Final = "hpp4J3VqNfWAUOO0d1Us"
"""«Bella», the plugin's default."""
ELEVENLABS_ENCODING: Final = "pcm_24000"


@dataclass(frozen=True)
class Built:
    """A part that is ready to be used."""

    model: Model
    """As it is served: what the meter prices."""
    plugin: Any
    """The STT, LLM or TTS of livekit."""
    tap: SocketTap | ChatTap | None = None
    """Where a meter sees what goes to and comes from the vendor; None for a part that is not billed."""
    voice: str = ""
    """Whose voice a TTS is: the same name sounds the same. Empty for other parts, and for a voice of which nothing is kept."""

    async def aclose(self) -> None:
        """Close the vendor's sockets and HTTP sessions; an agent session does not close its models."""
        try:
            await self.plugin.aclose()
        finally:
            if self.tap is not None:
                await self.tap.aclose()


BESIDE: Final = "beside"
"""The tag of an ear beside a model that hears for itself: in the vendor's reports it is no cascade's."""


def build_part(
    part: Part, model: Model, settings: VendorSettings, *, call_id: str, beside: bool = False
) -> Built:
    """Build one part of a cascade, or one beside another model. Nothing is dialled before it is used."""
    match part:
        case "stt":
            return _ear(model, settings, [call_id, BESIDE] if beside else [call_id])
        case "llm":
            return _mind(model, settings, call_id)
        case "tts":
            return _voice(model, settings)
        case _:
            raise ValueError(f"a cascade has no {part}")


def _ear(model: Model, settings: VendorSettings, tags: list[str]) -> Built:
    if model.service == "whisper":
        from tiers.local.stt import WhisperSTT

        return Built(model, WhisperSTT())
    tap = SocketTap()
    plugin: stt.STT[Any] = deepgram.STT(
        model=model.name,
        language="en-US",
        api_key=settings.key("deepgram"),
        base_url=f"{settings.base_url('deepgram')}/v1/listen",
        sample_rate=ROOM_RATE,
        endpointing_ms=25,
        no_delay=True,
        mip_opt_out=True,  # keeps the caller's speech out of the vendor's training
        tags=tags,
        http_session=tap.session(),
    )
    return Built(model, plugin, tap)


def _mind(model: Model, settings: VendorSettings, call_id: str) -> Built:
    if model.service == "ollama":
        address = settings.base_url("ollama")
        return Built(model, _PatientLLM(model=settings.ollama_model, api_key="ollama", base_url=address))
    tap = ChatTap()
    plugin: llm.LLM[Any] = _Mind(
        model=model.name,
        client=as_written(
            AsyncClient(
                api_key=settings.key("openai"),
                base_url=settings.base_url("openai"),
                max_retries=0,  # the session retries
                http_client=tap.client(),
            )
        ),
        safety_identifier=call_id,
        extra_body={"store": False},  # the plugin takes `store` and does not send it
        # Without it a prompt may lie on OpenAI's disks for a day; models of 2026 take nothing else and are not asked.
        prompt_cache_retention="in_memory" if model.name.startswith("gpt-4") else NOT_GIVEN,
    )
    return Built(model, plugin, tap)


def _voice(model: Model, settings: VendorSettings) -> Built:
    if model.service == "piper":
        from tiers.local.tts import PiperTTS

        return Built(model, PiperTTS())  # it is at hand within milliseconds
    tap = SocketTap()
    plugin: tts.TTS[Any]
    if model.service == "deepgram-tts":
        voice, address = AURA_VOICE, settings.base_url("deepgram")
        plugin = deepgram.TTS(
            model=f"{model.name}-{voice}",
            api_key=settings.key("deepgram"),
            base_url=f"{address}/v1/speak",
            mip_opt_out=True,
            http_session=tap.session(),
        )
    elif model.service == "elevenlabs":
        voice, address = ELEVENLABS_VOICE, settings.base_url("elevenlabs")
        plugin = elevenlabs.TTS(
            model=model.name,
            voice_id=voice,
            api_key=settings.key("elevenlabs"),
            base_url=address,
            encoding=ELEVENLABS_ENCODING,
            enable_logging=False,  # zero retention, where the account's contract has it; without effect elsewhere
            http_session=tap.session(),
        )
    else:
        voice, address = CARTESIA_VOICE, settings.base_url("cartesia")
        tap.amend = amended
        plugin = CartesiaVoice(
            model=model.name,
            voice=voice,
            api_key=settings.key("cartesia"),
            base_url=address,
            api_version=CARTESIA_VERSION,
            word_timestamps=True,
            tokenizer=AsGiven(),  # its contexts carry a sentence's melody from one message to the next
            http_session=tap.session(),
        )
    return Built(model, plugin, tap, f"{address} {model.name} {voice}")


class _Mind(openai.LLM):
    """Asks once where asking again cannot help: livekit does so after each 429, also after one for want of credit."""

    @override
    def chat(self, **named: Any) -> Any:
        stream = super().chat(**named)
        ask = stream._run

        async def once() -> None:
            try:
                await ask()
            except APIError as error:
                error.retryable = error.retryable and not classify(error).is_certain
                raise

        stream._run = once  # type: ignore[method-assign]
        return stream


class _PatientLLM(openai.LLM):
    """A session has one patience for every mind; this one needs more."""

    @override
    def chat(self, *, conn_options: APIConnectOptions = PATIENT, **named: Any) -> Any:
        return super().chat(conn_options=PATIENT, **named)
