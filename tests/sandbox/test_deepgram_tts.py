"""The stand-in for Deepgram's speaking, with the tone for a voice, over real sockets: the protocol, exactly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import numpy as np
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Flush, SpeakV1Flushed, SpeakV1Text
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError
from livekit.agents.types import APIConnectOptions
from livekit.plugins import deepgram

from cli.conformance.types import deepgram_speaking
from sandbox.app import Running, serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tiers.local.voice import VoiceError

pytestmark = pytest.mark.unit

KINDS, _ = deepgram_speaking()
KEY = {"authorization": "Token sandbox"}
QUERY = "model=aura-2-thalia-en&encoding=linear16&sample_rate=24000"
ONCE = APIConnectOptions(max_retry=0, timeout=1)
TEXT = "I have added buy milk. It is due tomorrow. Anything else?"


class Client:
    """A bare websocket client that checks every message against the vendor's types."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, *texts: str, flush: bool = True) -> None:
        for text in texts:
            await self.socket.send_json({"type": "Speak", "text": text})
        if flush:
            await self.socket.send_json({"type": "Flush"})

    async def tell(self, kind: str) -> None:
        await self.socket.send_json({"type": kind})

    async def until(self, kind: str) -> tuple[dict[str, Any], bytes]:
        """The next message of a kind, and the sound before it."""
        sound = b""
        while True:
            message = await self.socket.receive(timeout=5)
            if message.type is aiohttp.WSMsgType.BINARY:
                sound += message.data
                continue
            assert message.type is aiohttp.WSMsgType.TEXT, message
            told = message.json()
            KINDS[told["type"]].model_validate(told, strict=True)
            if told["type"] == kind:
                return told, sound

    async def closed(self) -> int | None:
        """How the vendor closed."""
        while (await self.socket.receive(timeout=5)).type in (
            aiohttp.WSMsgType.BINARY,
            aiohttp.WSMsgType.TEXT,
        ):
            pass
        return self.socket.close_code


@contextlib.asynccontextmanager
async def speaking(
    http: aiohttp.ClientSession, running: Running, query: str = QUERY
) -> AsyncIterator[Client]:
    async with http.ws_connect(f"{running.url}/deepgram/v1/speak?{query}", headers=KEY) as socket:
        yield Client(socket)


def seconds(sound: bytes, rate: int = 24_000) -> float:
    return len(sound) / 2 / rate


async def test_a_text_becomes_sound_and_a_flush_says_where_it_ends(http, running):
    async with speaking(http, running) as client:
        first, _ = await client.until("Metadata")
        await client.say("I added review the proposal ", "for Friday.")
        before, sound = await client.until("Flushed")
        await client.say("Goodbye.")
        after, rest = await client.until("Flushed")
    assert first["model_name"] == "aura-2-thalia-en"
    assert (before["sequence_id"], after["sequence_id"]) == (0, 1)
    assert 1.5 < seconds(sound) < 5
    assert 0.3 < seconds(rest) < 2


async def test_a_sentence_is_spoken_before_the_flush(http, running):
    async with speaking(http, running) as client:
        await client.say("Done. ", "And then", flush=False)
        await client.until("Metadata")
        assert (await client.socket.receive(timeout=5)).type is aiohttp.WSMsgType.BINARY


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 32_000, 48_000])
async def test_the_sound_has_the_rate_and_pitch_that_were_asked_for(http, running, rate):
    async with speaking(http, running, f"model=aura-2-thalia-en&sample_rate={rate}") as client:
        await client.say("A tone of two hundred and twenty hertz.")
        _, sound = await client.until("Flushed")
    spectrum = np.abs(np.fft.rfft(np.frombuffer(sound, np.int16)[:rate], rate))
    assert int(spectrum.argmax()) == pytest.approx(220, abs=1)


async def test_a_clear_forgets_what_waits_and_the_socket_goes_on(desk, http, running):
    desk.profile = PROFILES["instant"].model_copy(update={"tts": PROFILES["seed"].llm})
    async with speaking(http, running) as client:
        await client.say("Never to be heard.", flush=False)
        await client.tell("Clear")
        _, sound = await client.until("Cleared")
        assert sound == b""
        await client.say("Okay.")
        _, sound = await client.until("Flushed")
    assert 0.2 < seconds(sound) < 1


async def test_a_close_speaks_what_is_left_and_ends_in_peace(http, running):
    async with speaking(http, running) as client:
        await client.say("One last word", flush=False)
        await client.tell("Close")
        sound = b""
        while (message := await client.socket.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
            sound += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
            if message.type is aiohttp.WSMsgType.CLOSED:
                break
    assert seconds(sound) > 0.5
    assert client.socket.close_code == 1000


async def test_more_flushes_than_the_vendor_takes_are_a_warning(http, running):
    async with speaking(http, running) as client:
        for _ in range(21):
            await client.tell("Flush")
        warning, _ = await client.until("Warning")
    assert "20" in warning["description"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", 1008),
        ('{"type": "Sing"}', 1008),
        ('{"type": "Speak"}', 1008),
        ('{"type": "Speak", "text": "%s"}' % ("a" * 2_001), 1009),
        (b"\0\0", 1003),
    ],
)
async def test_what_is_no_message_closes_the_socket(http, running, message, code):
    async with speaking(http, running) as client:
        await (client.socket.send_bytes if isinstance(message, bytes) else client.socket.send_str)(message)
        assert await client.closed() == code


@pytest.mark.parametrize("query", ["model=imaginary", "model=nova-3", "sample_rate=11", "encoding=opus"])
async def test_a_wrong_query_is_a_400(http, running, query):
    async with http.get(f"{running.url}/deepgram/v1/speak?{query}", headers=KEY) as answer:
        assert answer.status == 400
        assert (await answer.json())["err_msg"] == answer.headers["dg-error"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_key_is_a_401(http, running, method):
    async with http.request(method, f"{running.url}/deepgram/v1/speak?{QUERY}") as answer:
        assert answer.status == 401
        assert (await answer.json())["err_code"] == "INVALID_AUTH"


async def test_a_websocket_lasts_an_hour(http):
    async with serve(Desk(time_scale=1_000)) as running, speaking(http, running) as client:
        assert await client.closed() == 1000


async def test_a_voice_that_fails_is_an_internal_error(desk, http, running):
    class Broken:
        sample_rate = 22_050

        async def speak(self, text, *, voice=None):
            raise VoiceError("the voice process ended")
            yield b""

        async def aclose(self):
            pass

    desk.voice = Broken()
    async with speaking(http, running) as client:
        await client.say("Okay.")
        assert await client.closed() == 1011


class TestBill:
    async def test_every_character_is_billed_as_it_is_received(self, desk, http, running):
        async with speaking(http, running) as client:
            await client.say("I ", "added ", "milk. ")
            await client.until("Flushed")
        rows = desk.invoice.rows()
        assert {(row.vendor, row.model) for row in rows} == {("deepgram", "aura-2-thalia-en")}
        assert sum(row.units["characters"] for row in rows) == 14
        assert sum(row.microdollars for row in rows) == 420

    async def test_what_was_never_heard_is_billed_too(self, desk, http, running):
        async with speaking(http, running) as client:
            await client.say("half a sentence", flush=False)
            await client.tell("Clear")
            await client.until("Cleared")
        assert [row.units for row in desk.invoice.rows()] == [{"characters": 15}]

    async def test_the_post_says_what_it_counted(self, desk, http, running):
        url = f"{running.url}/deepgram/v1/speak?{QUERY}&container=none"
        async with http.post(url, json={"text": "Okay. Goodbye."}, headers=KEY) as answer:
            assert (answer.status, answer.headers["dg-char-count"]) == (200, "14")
            assert 0.5 < seconds(await answer.read()) < 3
        assert [row.units for row in desk.invoice.rows()] == [{"characters": 14}]

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": " "}', '{"text": "%s"}' % ("a" * 2_001)])
    async def test_a_wrong_post_is_a_400_and_free(self, desk, http, running, body):
        async with http.post(f"{running.url}/deepgram/v1/speak?{QUERY}", data=body, headers=KEY) as answer:
            assert answer.status == 400
        assert desk.invoice.rows() == []


@pytest.fixture
async def voice(http, running) -> AsyncIterator[deepgram.TTS]:
    made = deepgram.TTS(
        model="aura-2-thalia-en",
        api_key="sandbox",
        base_url=f"{running.url}/deepgram/v1/speak",
        http_session=http,
    )
    yield made
    await made.aclose()


async def spoken(voice: deepgram.TTS, text: str = TEXT, options: APIConnectOptions = ONCE) -> float:
    """Seconds of sound that the plugin makes of a text."""
    async with voice.stream(conn_options=options) as stream:
        stream.push_text(text)
        stream.end_input()
        return sum([event.frame.duration async for event in stream])


class TestThePlugin:
    async def test_it_speaks_a_stream_and_uses_its_socket_again(self, desk, voice):
        assert 2 < await spoken(voice) < 8
        assert 0.3 < await spoken(voice, "Goodbye.") < 2
        assert desk.connections.ever("deepgram-tts") == 1

    async def test_it_speaks_without_a_stream(self, voice):
        async with voice.synthesize("Okay, goodbye.") as stream:
            assert (await stream.collect()).duration > 0.5

    async def test_it_goes_on_after_an_interruption(self, desk, voice):
        stream = voice.stream(conn_options=ONCE)
        stream.push_text(TEXT * 3)
        stream.flush()
        await asyncio.wait_for(anext(aiter(stream)), 5)
        await stream.aclose()
        began = asyncio.get_running_loop().time()
        assert 0.3 < await spoken(voice, "Goodbye.") < 2
        assert asyncio.get_running_loop().time() - began < 2

    @pytest.mark.parametrize(
        ("kind", "status"),
        [("unauthorized", 401), ("quota", 402), ("rate-limit", 429), ("server-error", 500)],
    )
    async def test_it_says_with_what_status_it_was_refused(self, desk, voice, kind, status):
        desk.faults.set("deepgram-tts", kind)
        with pytest.raises(APIStatusError) as refused:
            await spoken(voice)
        assert refused.value.status_code == status
        assert desk.connections.refused("deepgram-tts") == 1
        assert desk.invoice.rows() == []

    @pytest.mark.parametrize("kind", ["refuse", "cut", "accept-then-close", "cut-mid-stream"])
    async def test_it_cannot_speak_with_a_vendor_that_is_down(self, desk, voice, kind):
        desk.faults.set("deepgram-tts", kind)
        with pytest.raises((APIConnectionError, APIStatusError)):
            await spoken(voice)

    @pytest.mark.parametrize("kind", ["silent", "stall-mid-stream"])
    async def test_it_waits_in_vain_for_a_vendor_that_says_nothing_more(self, desk, voice, kind):
        desk.faults.set("deepgram-tts", kind)
        with pytest.raises(APITimeoutError):
            await spoken(voice)

    @pytest.mark.parametrize("kind", ["garbage", "error-after-audio"])
    async def test_it_gives_up_what_it_cannot_read_or_is_told_to(self, desk, voice, kind):
        desk.faults.set("deepgram-tts", kind)
        with pytest.raises(APIError):
            await spoken(voice)

    async def test_a_cut_ends_the_sockets_that_are_open(self, desk, voice):
        await spoken(voice, "Okay.")
        desk.faults.set("deepgram-tts", "cut", times=1)
        assert 0.3 < await spoken(voice, "Goodbye.", APIConnectOptions(max_retry=1, timeout=2)) < 2


# The SDK still names things that the websockets package has deprecated.
@pytest.mark.filterwarnings("ignore:websockets.* is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:remove second argument of ws_handler:DeprecationWarning")
class TestTheVendorsSdk:
    @pytest.fixture
    async def client(self, running) -> AsyncIterator[AsyncDeepgramClient]:
        url = running.url + "/deepgram"
        environment = DeepgramClientEnvironment(
            base=url, production=url.replace("http", "ws"), agent=url, agent_rest=url
        )
        async with httpx.AsyncClient() as http:
            yield AsyncDeepgramClient(api_key="sandbox", environment=environment, httpx_client=http)

    async def test_it_speaks_over_the_websocket(self, client):
        async with client.speak.v1.connect(
            model="aura-2-thalia-en", encoding="linear16", sample_rate="24000"
        ) as connection:
            await connection.send_text(SpeakV1Text(type="Speak", text="Okay. Goodbye."))
            await connection.send_flush(SpeakV1Flush(type="Flush"))
            sound = 0
            async for message in connection:
                if isinstance(message, SpeakV1Flushed):
                    break
                sound += len(message) if isinstance(message, bytes) else 0
        assert sound > 24_000

    async def test_it_gets_bytes_and_knows_our_400(self, client):
        sound = client.speak.v1.audio.generate(
            text="Okay.", model="aura-2-thalia-en", encoding="linear16", container="none", sample_rate=24_000
        )
        assert len(b"".join([piece async for piece in sound])) > 10_000
        with pytest.raises(ApiError) as refused:
            _ = [piece async for piece in client.speak.v1.audio.generate(text="Okay.", model="aura-9-x-en")]
        assert refused.value.status_code == 400
