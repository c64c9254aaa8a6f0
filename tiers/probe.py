"""A small real request to one service, which shows whether it is well again: from the handshake to a finished answer.

It costs a small fraction of a cent and is charged to no call. The messages are those of the vendors' references, as
their plugins send them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tiers.cartesia_protocol import VERSION as CARTESIA_VERSION
from tiers.catalogue import MODELS, SIGHT
from tiers.faults import Fault
from tiers.settings import VendorSettings

if TYPE_CHECKING:
    import aiohttp

ANSWER_SECONDS: Final = 3.0
"""How long a vendor may take to greet, and then to answer."""
OWN_ANSWER_SECONDS: Final = 9.0
"""The same on machines of our own, which may have to load the model first."""

LABEL: Final = "probe"
"""What the vendors' usage reports call it, where they take a label."""
WORDS: Final = "Hi."
LEAST_TOKENS: Final = 16
"""Fewer are refused by models that think before they answer."""
_VOICES: Final = frozenset({"cartesia", "elevenlabs", "deepgram-tts"})


class _FaultError(Exception):
    """The service answered that something is wrong."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.label)
        self.fault = fault


async def probe(service: str, settings: VendorSettings) -> Fault | None:
    """Try a service by its name; None when it is well. Never raises for what a vendor does.

    Ears and voices of our own are not dialled and have nothing to probe: the next call will tell.
    """
    fault = await _tried(service, settings)
    if fault is Fault.BAD_REQUEST and service in _VOICES:
        return (
            Fault.VENDOR_DOWN
        )  # the words are ours: what is refused is the model or the voice that calls ask for
    return fault


async def _tried(service: str, settings: VendorSettings) -> Fault | None:
    import aiohttp
    from livekit.agents import APIStatusError

    from tiers.diagnosis import classify

    attempt = _PROBES.get(service)
    if attempt is None:
        return None
    try:
        async with aiohttp.ClientSession() as http:
            await attempt(http, settings)
    except _FaultError as error:
        return error.fault
    except aiohttp.ClientResponseError as error:  # a refused handshake is one, too
        return classify(APIStatusError("refused", status_code=error.status))
    except (aiohttp.ClientError, OSError):  # a timeout is one
        return Fault.VENDOR_DOWN
    except (ValueError, LookupError, TypeError):  # garbage, or not what the reference says
        return Fault.VENDOR_DOWN
    return None


async def _openai_realtime(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://platform.openai.com/docs/api-reference/realtime: a reply of a few words in text.

    The greeting alone would not do: an account without credit is greeted like any other.
    """
    query = {"model": _model("gpt-realtime")}
    if settings.is_stand_in("openai"):
        query["tag"] = LABEL
    url = f"{settings.base_url('openai')}/realtime"
    async with _socket(http, url, {"Authorization": f"Bearer {settings.key('openai')}"}, query) as socket:
        await _until(socket, _realtime_says("session.created"))
        reply = {
            "output_modalities": ["text"],
            "instructions": f"Say {WORDS}",
            "max_output_tokens": LEAST_TOKENS,
        }
        await socket.send_json({"type": "response.create", "response": reply})
        await _until(socket, _realtime_says("response.done"))


def _realtime_says(kind: str) -> Callable[[dict[str, Any]], bool]:
    def look(event: dict[str, Any]) -> bool:
        if event["type"] == "error":
            _wrong(event["error"])
        if event["type"] == kind == "response.done" and event["response"]["status"] == "failed":
            _wrong(event["response"]["status_details"])
        return bool(event["type"] == kind)

    return look


async def _openai_chat(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://platform.openai.com/docs/api-reference/chat/create."""
    more = {"safety_identifier": LABEL, "store": False}
    await _chat(http, settings, "openai", _model("gpt-4o-mini"), ANSWER_SECONDS, more)


async def _ollama(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """The same protocol."""
    await _chat(http, settings, "ollama", settings.ollama_model, OWN_ANSWER_SECONDS, {})


async def _chat(
    http: aiohttp.ClientSession,
    settings: VendorSettings,
    vendor: str,
    model: str,
    seconds: float,
    more: Mapping[str, Any],
) -> None:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": WORDS}],
        "max_completion_tokens": LEAST_TOKENS,
        **more,
    }
    url = f"{settings.base_url(vendor)}/chat/completions"
    headers = {"Authorization": f"Bearer {settings.key(vendor) or vendor}"}
    async with asyncio.timeout(seconds), http.post(url, json=body, headers=headers) as answer:
        said = await answer.json(content_type=None)
        if answer.status >= 400:
            _refused(answer.status, said)
        if not said["choices"]:
            raise ValueError("an answer without a choice")


async def _deepgram_stt(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://developers.deepgram.com/docs/close-stream: closing is answered by what the stream was."""
    query = {"model": _model("nova-3"), "encoding": "linear16", "sample_rate": "16000", "tag": LABEL}
    url = f"{settings.base_url('deepgram')}/v1/listen"
    async with _socket(http, url, {"Authorization": f"Token {settings.key('deepgram')}"}, query) as socket:
        await socket.send_json({"type": "CloseStream"})
        await _until(socket, lambda message: message.get("type") == "Metadata")


async def _deepgram_tts(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://developers.deepgram.com/docs/tts-websocket."""
    query = {
        "model": f"{_model('aura-2')}-thalia-en",
        "encoding": "linear16",
        "sample_rate": "24000",
        "tag": LABEL,
    }
    url = f"{settings.base_url('deepgram')}/v1/speak"
    async with _socket(http, url, {"Authorization": f"Token {settings.key('deepgram')}"}, query) as socket:
        await socket.send_json({"type": "Speak", "text": WORDS})
        await socket.send_json({"type": "Flush"})
        await _until(socket, lambda message: message.get("type") == "Flushed")
        await socket.send_json({"type": "Close"})


async def _cartesia(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://docs.cartesia.ai/api-reference/tts/websocket. An error comes in the guise of an end."""
    from livekit.plugins.cartesia.models import TTSDefaultVoiceId

    url = f"{settings.base_url('cartesia')}/tts/websocket"
    headers = {"X-API-Key": settings.key("cartesia")}
    async with _socket(http, url, headers, {"cartesia_version": CARTESIA_VERSION}) as socket:
        await socket.send_json(
            {
                "context_id": LABEL,
                "model_id": _model("sonic-3"),
                "transcript": WORDS,
                "voice": {"mode": "id", "id": TTSDefaultVoiceId},
                "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
                "language": "en",
                "continue": False,
            }
        )
        await _until(socket, _cartesia_done)


def _cartesia_done(message: dict[str, Any]) -> bool:
    if message.get("type") == "error":
        _refused(int(message.get("status_code", 500)), message)
    return bool(message.get("done"))


async def _elevenlabs(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input."""
    from livekit.plugins.elevenlabs.tts import DEFAULT_VOICE_ID

    url = f"{settings.base_url('elevenlabs')}/text-to-speech/{DEFAULT_VOICE_ID}/multi-stream-input"
    query = {"model_id": _model("eleven_flash_v2_5"), "output_format": "pcm_24000"}
    async with _socket(http, url, {"xi-api-key": settings.key("elevenlabs")}, query) as socket:
        await socket.send_json({"text": " ", "context_id": LABEL})
        await socket.send_json({"text": f"{WORDS} ", "context_id": LABEL, "flush": True})
        await socket.send_json({"context_id": LABEL, "close_context": True})
        await _until(socket, _elevenlabs_final)
        await socket.send_json({"close_socket": True})


def _elevenlabs_final(message: dict[str, Any]) -> bool:
    if message.get("error"):
        _wrong(message)
    return bool(message.get("isFinal") or message.get("is_final"))


async def _gemini_live(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """https://ai.google.dev/api/live: the first sound of an answer, which ends with the socket."""
    said = {"turns": [{"role": "user", "parts": [{"text": WORDS}]}], "turnComplete": True}
    marked = {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
    await _gemini(http, settings, "gemini-3.8-live", marked, {"clientContent": said})


async def _gemini_sight(http: aiohttp.ClientSession, settings: VendorSettings) -> None:
    """The same of the model that looks at screens, asked as it is asked there."""
    await _gemini(http, settings, SIGHT.name, {}, {"realtimeInput": {"text": WORDS}})


async def _gemini(
    http: aiohttp.ClientSession,
    settings: VendorSettings,
    model: str,
    more: Mapping[str, Any],
    turn: Mapping[str, Any],
) -> None:
    """Set up a session and have one turn answered: a vendor may set up every session and answer in none."""
    method = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    url = f"{settings.base_url('google')}/ws/{method}"
    async with _socket(http, url, {"x-goog-api-key": settings.key("google")}, {}) as socket:
        generation = {"responseModalities": ["AUDIO"], "maxOutputTokens": LEAST_TOKENS}
        setup = {"model": f"models/{_model(model)}", "generationConfig": generation, **more}
        await socket.send_json({"setup": setup})
        await _gemini_says(socket, lambda message: "setupComplete" in message)
        await socket.send_json(turn)
        await _gemini_says(socket, _gemini_answers)


def _gemini_answers(message: dict[str, Any]) -> bool:
    """Whether an answer begins, or is over before it began: of so few tokens a model may have thought them all."""
    return not {"modelTurn", "turnComplete"}.isdisjoint(message.get("serverContent", {}))


async def _gemini_says(
    socket: aiohttp.ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]
) -> None:
    """Read messages, which come as text or as bytes, until the wanted one. What is wrong is told by a closing's reason."""
    from tiers.vision_fault import by_reason

    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            message = await socket.receive()
            if not isinstance(message.data, str | bytes):
                raise _FaultError(by_reason(str(message.extra)))
            if wanted(dict(json.loads(message.data))):
                return


_PROBES: Final[Mapping[str, Callable[[aiohttp.ClientSession, VendorSettings], Awaitable[None]]]] = {
    "openai-realtime": _openai_realtime,
    "openai-chat": _openai_chat,
    "ollama": _ollama,
    "deepgram-stt": _deepgram_stt,
    "deepgram-tts": _deepgram_tts,
    "cartesia": _cartesia,
    "elevenlabs": _elevenlabs,
    "gemini-live": _gemini_live,
    "gemini-sight": _gemini_sight,
}


def _model(name: str) -> str:
    return MODELS[name].on(datetime.now(UTC).date()).name


@asynccontextmanager
async def _socket(
    http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], query: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a websocket to a vendor, which has to greet in time, and close it without waiting for long."""
    import aiohttp

    patience = aiohttp.ClientWSTimeout(ws_close=1.0)
    async with asyncio.timeout(ANSWER_SECONDS):
        socket = await http.ws_connect(url, headers=headers, params=query, timeout=patience)
    try:
        yield socket
    finally:
        await socket.close()


async def _until(socket: aiohttp.ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Read messages until the wanted one. Sound between them is passed over; a socket that closes says why, or is down."""
    import aiohttp

    from tiers.diagnosis import by_end

    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                if wanted(dict(json.loads(message.data))):
                    return
            elif message.type is not aiohttp.WSMsgType.BINARY:
                raise _FaultError(by_end(str(message.extra or "")))


def _wrong(details: object) -> NoReturn:
    """Raise for an error that a vendor told by its own code."""
    from tiers.diagnosis import by_code

    raise _FaultError(by_code(json.dumps(details)))


def _refused(status: int, details: object) -> NoReturn:
    """Raise for an error that a vendor told by an HTTP status, and maybe by a code."""
    from livekit.agents import APIStatusError

    from tiers.diagnosis import classify

    raise _FaultError(classify(APIStatusError("refused", status_code=status, body=details)))
