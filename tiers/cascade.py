"""A cascaded stack: speech to text, a language model, text to speech, each from its vendor's plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from livekit.agents import APIConnectOptions, llm, stt, tts, vad
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.turn import TurnHandlingOptions
from livekit.plugins import cartesia, deepgram, openai
from openai import AsyncClient

from tiers.catalogue import Model, Part, Stack
from tiers.metering.taps import ChatTap, SocketTap
from tiers.settings import VendorSettings
from tiers.turns import turn_handling, voice_activity

CONNECT: Final = SessionConnectOptions(
    stt_conn_options=APIConnectOptions(max_retry=3, retry_interval=0.5, timeout=5),
    llm_conn_options=APIConnectOptions(max_retry=2, retry_interval=0.5, timeout=8),
    tts_conn_options=APIConnectOptions(max_retry=2, retry_interval=0.5, timeout=10),
)
"""Bounded retries: a turn that cannot be served within some ten seconds is better told than waited for."""


@dataclass
class Taps:
    """Where a meter sees what goes to and comes from the vendors; None for a part that is not billed."""

    hearing: SocketTap | None = None
    thinking: ChatTap | None = None
    voice: SocketTap | None = None

    async def aclose(self) -> None:
        """Close what was opened for the plugins."""
        for tap in (self.hearing, self.thinking, self.voice):
            if tap is not None:
                await tap.aclose()


@dataclass
class Cascade:
    """The built models of one cascaded stack and the turn settings that suit them."""

    stt: stt.STT[Any]
    llm: llm.LLM[Any]
    tts: tts.TTS[Any]
    vad: vad.VAD
    turns: TurnHandlingOptions
    parts: Mapping[Part, Model]
    """The models as they are served: what the meter prices."""
    taps: Taps

    speaks_lines = True
    """A line of ours goes to the voice as it is."""

    def session_arguments(self) -> dict[str, Any]:
        """What an AgentSession needs to run on these models."""
        return {
            "stt": self.stt,
            "llm": self.llm,
            "tts": self.tts,
            "vad": self.vad,
            "turn_handling": self.turns,
            "use_tts_aligned_transcript": True,
            "conn_options": CONNECT,
        }

    def caller_speaks(self, speaking: bool) -> None:
        """Nothing to do: the open socket is billed, with sound and without."""

    async def aclose(self) -> None:
        """Close the vendors' sockets and HTTP sessions; a session does not close its models."""
        await self.stt.aclose()
        await self.llm.aclose()
        await self.tts.aclose()
        await self.taps.aclose()


def build(stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> Cascade:
    """Build the models of a cascaded stack as it is served today.

    `call_id` travels to the vendors as the tag of their usage reports, so that an invoice can be told by call.
    """
    served = stack.on(today).parts
    taps = Taps()
    return Cascade(
        stt=_stt(served["stt"], settings, call_id, taps),
        llm=_llm(served["llm"], settings, call_id, taps),
        tts=_tts(served["tts"], settings, taps),
        vad=voice_activity(),
        turns=turn_handling(),
        parts=served,
        taps=taps,
    )


def _stt(model: Model, settings: VendorSettings, call_id: str, taps: Taps) -> stt.STT[Any]:
    if model.vendor == "local":
        from tiers.local.stt import WhisperSTT

        return WhisperSTT()
    taps.hearing = SocketTap()
    return deepgram.STT(
        model=model.name,
        language="en-US",
        api_key=settings.key("deepgram"),
        base_url=f"{settings.base_url('deepgram')}/v1/listen",
        endpointing_ms=25,
        no_delay=True,
        mip_opt_out=True,  # keeps the caller's speech out of the vendor's training
        tags=[call_id],
        http_session=taps.hearing.session(),
    )


def _llm(model: Model, settings: VendorSettings, call_id: str, taps: Taps) -> llm.LLM[Any]:
    if model.vendor == "ollama" and settings.ollama_url:
        return openai.LLM.with_ollama(model=settings.ollama_model, base_url=settings.base_url("ollama"))
    # The keyless local stack thinks with the sandbox's brain, which answers to any name of the catalogue.
    name = "gpt-4o-mini" if model.vendor == "ollama" else model.name
    taps.thinking = ChatTap()
    return openai.LLM(
        model=name,
        client=AsyncClient(
            api_key=settings.key("openai"),
            base_url=settings.base_url("openai"),
            max_retries=0,  # the session retries
            http_client=taps.thinking.client(),
        ),
        safety_identifier=call_id,
        store=False,
    )


def _tts(model: Model, settings: VendorSettings, taps: Taps) -> tts.TTS[Any]:
    if model.vendor == "local":
        from tiers.local.tts import PiperTTS

        return PiperTTS()
    taps.voice = SocketTap()
    return cartesia.TTS(
        model=model.name,
        api_key=settings.key("cartesia"),
        base_url=settings.base_url("cartesia"),
        word_timestamps=True,
        http_session=taps.voice.session(),
    )
