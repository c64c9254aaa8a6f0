"""The stand-in for ElevenLabs' speaking, with the tone for a voice, over real sockets: the protocol, exactly."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError
from livekit.agents.types import APIConnectOptions
from livekit.plugins import elevenlabs
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.app import Running, serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tiers.local.voice import VoiceError

pytestmark = pytest.mark.unit

KEY = {"xi-api-key": "sandbox"}
MODEL = "eleven_flash_v2_5"
QUERY = f"model_id={MODEL}&output_format=pcm_24000&inactivity_timeout=180&auto_mode=true&sync_alignment=true"
ONCE = APIConnectOptions(max_retry=0, timeout=1)
TEXT = "I have added buy milk. It is due tomorrow. Anything else?"


def vendors_name(name: str) -> str:
    """Its fields are in camel case, but for the one that clients send, too."""
    return name if name == "context_id" else to_camel(name)


class Vendors(BaseModel):
    """A message of the vendor's: exactly these fields, in its own spelling."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=vendors_name)


class Alignment(Vendors):
    """From the vendor's reference."""

    chars: list[str]
    char_start_times_ms: list[int]
    char_durations_ms: list[int]


class Audio(Vendors):
    """The vendor's AudioOutputMulti."""

    audio: str
    alignment: Alignment | None
    normalized_alignment: Alignment | None
    context_id: str


class Final(Vendors):
    """The vendor's FinalOutputMulti."""

    is_final: bool
    context_id: str


class Failure(Vendors):
    """What clients report of the vendor's errors."""

    message: str
    error: str
    code: int = Field(ge=1000)
    context_id: str | None = None


class Client:
    """A bare websocket client that checks every message."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def tell(self, context: str = "one", **more: object) -> None:
        await self.socket.send_json({"context_id": context} | more)

    async def speak(self, *texts: str, context: str = "one", close: bool = True) -> None:
        """As the plugin does: a blank first, sentences with a space at their end, and a close."""
        await self.tell(context, text=" ", voice_settings={})
        for text in texts:
            await self.tell(context, text=f"{text} ", flush=True)
        if close:
            await self.tell(context, close_context=True)

    async def next(self) -> dict[str, Any]:
        message = await self.socket.receive_json(timeout=5)
        kind = Final if "isFinal" in message else Failure if "error" in message else Audio
        kind.model_validate(message)
        return message

    async def until(self, kind: str) -> list[dict[str, Any]]:
        messages = [await self.next()]
        while kind not in messages[-1]:
            messages.append(await self.next())
        return messages

    async def closed(self) -> int | None:
        while (await self.socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        return self.socket.close_code


@contextlib.asynccontextmanager
async def speaking(
    http: aiohttp.ClientSession, running: Running, query: str = QUERY
) -> AsyncIterator[Client]:
    url = f"{running.url}/elevenlabs/v1/text-to-speech/someone/multi-stream-input?{query}"
    async with http.ws_connect(url, headers=KEY) as socket:
        yield Client(socket)


def sound(messages: list[dict[str, Any]]) -> np.ndarray:
    data = b"".join(base64.b64decode(each["audio"]) for each in messages if "audio" in each)
    return np.frombuffer(data, np.int16)


async def test_a_context_is_spoken_and_ends_when_it_is_closed(http, running):
    async with speaking(http, running) as client:
        await client.speak("I added review the proposal for Friday.")
        messages = await client.until("isFinal")
    assert {each["context_id"] for each in messages} == {"one"}
    assert 1.5 < len(sound(messages)) / 24_000 < 5


async def test_characters_follow_the_sound_over_the_whole_context(http, running):
    async with speaking(http, running) as client:
        await client.speak("Done.", "Anything else?")
        messages = await client.until("isFinal")
    times = [each["alignment"] for each in messages if each.get("alignment")]
    assert "".join(char for each in times for char in each["chars"]) == "Done. Anything else? "
    starts = [start for each in times for start in each["charStartTimesMs"]]
    assert starts == sorted(starts)
    end = times[-1]["charStartTimesMs"][-1] + times[-1]["charDurationsMs"][-1]
    assert end == pytest.approx(len(sound(messages)) / 24, abs=2)


async def test_text_without_a_flush_is_spoken_by_the_sentence(http, running):
    async with speaking(http, running) as client:
        for text in ("Done", ". Any", "thing "):
            await client.tell(text=text)
        message = await client.next()
    assert "".join(message["alignment"]["chars"]) == "Done. "


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100])
async def test_the_sound_has_the_rate_and_pitch_that_were_asked_for(http, running, rate):
    async with speaking(http, running, f"model_id={MODEL}&output_format=pcm_{rate}") as client:
        await client.speak("A tone of two hundred and twenty hertz.")
        pcm = sound(await client.until("isFinal"))
    spectrum = np.abs(np.fft.rfft(pcm[:rate], rate))
    assert int(spectrum.argmax()) == pytest.approx(220, abs=1)


async def test_contexts_do_not_mix(http, running):
    async with speaking(http, running) as client:
        await client.speak("The first of two.", context="one")
        await client.speak("And the second.", context="two")
        over = [await client.until("isFinal"), await client.until("isFinal")]
    assert {messages[-1]["context_id"] for messages in over} == {"one", "two"}


async def test_a_sixth_context_ends_the_socket(http, running):
    async with speaking(http, running) as client:
        for number in range(6):
            await client.speak(context=f"context-{number}", close=False)
        (failure,) = await client.until("error")
        assert failure["error"] == "max_active_conversations"
        assert await client.closed() == 1008


@pytest.mark.parametrize("text", ["no json", "[]", '{"text": 5}', '{"text": "%s"}' % ("a" * 40_001)])
async def test_what_is_no_message_ends_the_socket(http, running, text):
    async with speaking(http, running) as client:
        await client.socket.send_str(text)
        assert (await client.next())["error"] == "invalid_request"
        assert await client.closed() == 1008


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthorized", "invalid_api_key"),
        ("quota", "quota_exceeded"),
        ("rate-limit", "too_many_concurrent_requests"),
    ],
)
async def test_what_is_wrong_with_the_account_is_told_in_the_open_socket_of_no_context_and_ends_it(
    desk, http, running, kind, error
):
    desk.faults.set("elevenlabs", kind)
    async with speaking(http, running) as client:
        await client.speak("Okay.")
        failure = await client.next()
        assert (failure["error"], failure["code"]) == (error, 1008)
        assert "context_id" not in failure
        assert await client.closed() == 1008
    assert desk.invoice.rows() == []
    url = f"{running.url}/elevenlabs/v1/text-to-speech/someone/stream"
    async with http.post(url, json={"text": "Okay.", "model_id": MODEL}, headers=KEY) as answer:
        assert (answer.status, (await answer.json())["detail"]["status"]) == (
            429 if kind == "rate-limit" else 401,
            error,
        )


async def test_a_client_may_end_the_socket(http, running):
    async with speaking(http, running) as client:
        await client.tell(close_socket=True)
        assert await client.closed() == 1000


async def test_a_websocket_that_nothing_is_asked_of_is_closed(http):
    async with serve(Desk(time_scale=1_000)) as running, speaking(http, running) as client:
        assert await client.closed() == 1008


@pytest.mark.parametrize(
    "query", ["model_id=imaginary", "output_format=mp3_22050_32", "inactivity_timeout=900"]
)
async def test_a_wrong_query_is_refused(http, running, query):
    url = f"{running.url}/elevenlabs/v1/text-to-speech/someone/multi-stream-input?{query}"
    async with http.get(url, headers=KEY) as answer:
        assert answer.status in (400, 422)
        assert (await answer.json())["detail"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"text-to-speech/someone/multi-stream-input?{QUERY}"),
        ("POST", "text-to-speech/someone/stream"),
        ("GET", "voices"),
    ],
)
async def test_no_key_is_a_401(http, running, method, path):
    async with http.request(method, f"{running.url}/elevenlabs/v1/{path}") as answer:
        assert answer.status == 401
        assert (await answer.json())["detail"]["status"] == "invalid_api_key"


async def test_a_voice_that_fails_is_an_error_of_its_context(desk, http, running):
    class Broken:
        sample_rate = 22_050

        async def speak(self, text, *, voice=None):
            raise VoiceError("the voice process ended")
            yield b""

        async def aclose(self):
            pass

    desk.voice = Broken()
    async with speaking(http, running) as client:
        await client.speak("Okay.")
        failure = await client.next()
    assert (failure["error"], failure["context_id"]) == ("internal_error", "one")


class TestBill:
    async def test_every_character_is_billed_as_it_is_received_and_a_blank_is_free(self, desk, http, running):
        async with speaking(http, running) as client:
            await client.speak("I added milk.", "Okay?")
            await client.until("isFinal")
        rows = desk.invoice.rows()
        assert {(row.vendor, row.model) for row in rows} == {("elevenlabs", MODEL)}
        assert sum(row.units["characters"] for row in rows) == 14 + 6
        assert sum(row.microdollars for row in rows) == 1_000

    async def test_the_plain_stream_says_what_it_counted(self, desk, http, running):
        url = f"{running.url}/elevenlabs/v1/text-to-speech/someone/stream?output_format=pcm_24000"
        async with http.post(url, json={"text": "Okay. Goodbye.", "model_id": MODEL}, headers=KEY) as answer:
            assert (answer.status, answer.headers["character-cost"]) == (200, "14")
            assert 0.5 < len(await answer.read()) / 48_000 < 3
        assert [row.units for row in desk.invoice.rows()] == [{"characters": 14}]

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": ""}', '{"text": "a", "model_id": "x"}'])
    async def test_a_wrong_request_is_refused_and_free(self, desk, http, running, body):
        url = f"{running.url}/elevenlabs/v1/text-to-speech/someone/stream"
        async with http.post(url, data=body, headers=KEY) as answer:
            assert answer.status in (400, 422)
        assert desk.invoice.rows() == []


@pytest.fixture
async def voice(http, running) -> AsyncIterator[elevenlabs.TTS]:
    made = elevenlabs.TTS(
        model=MODEL,
        api_key="sandbox",
        base_url=f"{running.url}/elevenlabs/v1",
        encoding="pcm_24000",
        http_session=http,
    )
    yield made
    await made.aclose()


async def spoken(voice: elevenlabs.TTS, text: str = TEXT, options: APIConnectOptions = ONCE) -> float:
    """Seconds of sound that the plugin makes of a text."""
    async with voice.stream(conn_options=options) as stream:
        stream.push_text(text)
        stream.end_input()
        return sum([event.frame.duration async for event in stream])


class TestThePlugin:
    async def test_it_speaks_a_stream_with_word_times_and_uses_its_socket_again(self, desk, voice):
        async with voice.stream(conn_options=ONCE) as stream:
            stream.push_text(TEXT)
            stream.end_input()
            events = [event async for event in stream]
        words = [word for event in events for word in event.frame.userdata.get("lk.timed_transcripts", [])]
        assert "".join(words).split() == TEXT.split()
        assert [word.start_time for word in words] == sorted(word.start_time for word in words)
        assert 2 < sum(event.frame.duration for event in events) < 8
        assert 0.3 < await spoken(voice, "Goodbye.") < 2
        assert desk.connections.ever("elevenlabs") == 1

    async def test_it_speaks_without_a_stream_and_lists_the_voices(self, voice):
        async with voice.synthesize("Okay, goodbye.") as stream:
            assert (await stream.collect()).duration > 0.5
        assert [each.name for each in await voice.list_voices()] == ["Sandbox"]

    async def test_it_goes_on_after_ten_interruptions(self, desk, voice):
        for _ in range(10):
            stream = voice.stream(conn_options=ONCE)
            stream.push_text(TEXT)
            stream.flush()
            await asyncio.wait_for(anext(aiter(stream)), 5)
            await stream.aclose()
        assert 0.3 < await spoken(voice, "Goodbye.") < 2

    async def test_a_socket_that_the_vendor_closed_meanwhile_costs_nothing_but_a_handshake(self, desk, voice):
        await spoken(voice, "Okay.")
        desk.faults.set("elevenlabs", "cut", times=1)
        assert 0.3 < await spoken(voice, "Goodbye.", APIConnectOptions(max_retry=1, timeout=2)) < 2

    @pytest.mark.parametrize("kind", ["unauthorized", "quota", "rate-limit"])
    async def test_it_is_let_in_with_a_bad_account_and_then_says_no_more_than_that_its_socket_closed(
        self, desk, voice, kind
    ):
        desk.faults.set("elevenlabs", kind)
        with pytest.raises(APIStatusError) as refused:
            await spoken(voice)
        assert (refused.value.status_code, refused.value.body) == (1008, None)
        assert desk.connections.refused("elevenlabs") == 0
        assert desk.invoice.rows() == []

    @pytest.mark.parametrize("kind", ["refuse", "cut", "cut-mid-stream"])
    async def test_it_cannot_speak_with_a_vendor_that_is_down(self, desk, voice, kind):
        desk.faults.set("elevenlabs", kind)
        with pytest.raises((APIConnectionError, APIStatusError)):
            await spoken(voice)

    async def test_it_waits_for_ever_when_its_socket_is_closed_before_it_asked_for_anything(
        self, desk, voice
    ):
        """Its own patience does not cover that, so ours has to: whoever uses it bounds the wait for sound."""
        desk.faults.set("elevenlabs", "accept-then-close")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3 * ONCE.timeout):
                await spoken(voice)

    async def test_it_waits_in_vain_for_a_vendor_that_says_nothing(self, desk, voice):
        desk.faults.set("elevenlabs", "silent")
        with pytest.raises(APIStatusError, match="Could not synthesize"):  # it hides its own timeout
            await spoken(voice)
        assert desk.invoice.rows()  # what arrived is billed

    @pytest.mark.parametrize("kind", ["garbage", "error-after-audio", "server-error", "stall-mid-stream"])
    async def test_it_gives_up_what_it_cannot_read_or_is_told_to(self, desk, voice, kind):
        desk.faults.set("elevenlabs", kind)
        with pytest.raises(APIError):
            await spoken(voice)

    async def test_a_slow_vendor_is_heard_in_the_end(self, desk, voice):
        desk.faults.set("elevenlabs", "slow", delay=0.5)
        began = asyncio.get_running_loop().time()
        await spoken(voice, "Okay.")
        assert asyncio.get_running_loop().time() - began >= 0.5


async def test_the_seed_profile_takes_its_time_before_the_first_sound(desk, http, running):
    desk.profile = PROFILES["seed"]
    async with speaking(http, running) as client:
        began = asyncio.get_running_loop().time()
        await client.speak("Okay.")
        await client.next()
        assert asyncio.get_running_loop().time() - began >= 0.08
