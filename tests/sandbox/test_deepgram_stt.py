"""The stand-in for Deepgram's listening, with told words, over real sockets: the protocol, exactly."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1 import types as sdk
from livekit import rtc
from livekit.agents import APIStatusError, stt
from livekit.agents.types import APIConnectOptions
from livekit.plugins import deepgram

from cli.conformance.types import deepgram_listening
from sandbox.app import Running, serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES

pytestmark = pytest.mark.unit

RATE = 16_000
KINDS, _ = deepgram_listening()


def beep(seconds: float = 1.0, rate: int = RATE) -> bytes:
    samples = np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate) * 3000
    return samples.astype("<i2").tobytes()


def quiet(seconds: float = 1.0) -> bytes:
    return bytes(2 * round(seconds * RATE))


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def sandbox(desk) -> AsyncIterator[Running]:
    async with serve(desk) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Client:
    """A bare websocket client that checks every message against the vendor's types."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, kind: str, **more: object) -> None:
        await self.socket.send_json({"type": kind, **more})

    async def next(self, kind: str | None = None) -> dict:
        """The next message, or the next of a kind."""
        while True:
            message = await self.socket.receive_json(timeout=5)
            KINDS[message["type"]].model_validate(message)
            if kind in (None, message["type"]):
                return message

    async def rest(self) -> list[dict]:
        """All messages until the server closes."""
        messages = []
        async with asyncio.timeout(5):
            async for raw in self.socket:
                message = json.loads(raw.data)
                KINDS[message["type"]].model_validate(message)
                messages.append(message)
        return messages


@contextlib.asynccontextmanager
async def listening(http: aiohttp.ClientSession, sandbox: Running, **options: str) -> AsyncIterator[Client]:
    query = {"model": "nova-3", "encoding": "linear16", "sample_rate": str(RATE), "tag": "call-1"} | options
    headers = {"Authorization": "Token sandbox"}
    async with http.ws_connect(sandbox.url + "/deepgram/v1/listen", params=query, headers=headers) as socket:
        yield Client(socket)


def transcript(results: dict) -> str:
    return results["channel"]["alternatives"][0]["transcript"]


async def test_an_utterance_becomes_speech_started_and_a_final_result(desk, http, sandbox):
    desk.told.put("call-1", "Add buy milk, please.")
    async with listening(http, sandbox, vad_events="true", punctuate="true") as client:
        await client.socket.send_bytes(quiet(0.5) + beep(1.0) + quiet(0.5))
        started = await client.next()
        results = await client.next()
    assert started["type"] == "SpeechStarted"
    assert started["timestamp"] == pytest.approx(0.5, abs=0.05)
    assert results["is_final"]
    assert results["speech_final"]
    assert not results["from_finalize"]
    assert transcript(results) == "Add buy milk, please."
    words = results["channel"]["alternatives"][0]["words"]
    assert [word["word"] for word in words] == ["add", "buy", "milk", "please"]
    assert [word["punctuated_word"] for word in words] == ["Add", "buy", "milk,", "please."]


async def test_words_lie_where_the_sound_was(desk, http, sandbox):
    desk.told.put("call-1", "one two three")
    desk.told.put("call-1", "four")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(quiet(0.5) + beep(1.0) + quiet(1.0) + beep(0.5) + quiet(0.5))
        first, second = await client.next(), await client.next()
    for results, start, end in ((first, 0.5, 1.5), (second, 2.5, 3.0)):
        words = results["channel"]["alternatives"][0]["words"]
        assert words[0]["start"] == pytest.approx(start, abs=0.05)
        assert words[-1]["end"] == pytest.approx(end, abs=0.05)
        moments = [moment for word in words for moment in (word["start"], word["end"])]
        assert moments == sorted(moments)
        assert results["start"] <= words[0]["start"]
        assert results["start"] + results["duration"] >= words[-1]["end"]
    assert second["start"] == pytest.approx(first["start"] + first["duration"])


async def test_a_last_word_that_is_too_soft_to_be_speech_is_written_all_the_same(desk, http, sandbox):
    desk.told.put("call-1", "who listens to all of this", (2.0,))
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(quiet(0.5) + beep(1.4) + quiet(2.0))
        first, second = await client.next(), await client.next()
        await client.socket.send_bytes(quiet(0.5))
        await client.say("Finalize")
        last = await client.next()
    assert transcript(first) + " " + transcript(second) == "who listens to all of this"
    assert second["is_final"]
    assert transcript(last) == "", "once"
    assert second["start"] + second["duration"] == pytest.approx(2.6, abs=0.2)


async def test_without_formatting_the_words_are_bare(desk, http, sandbox):
    desk.told.put("call-1", "Don't, Tom!")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep() + quiet())
        results = await client.next("Results")
    assert transcript(results) == "don't tom"
    assert "punctuated_word" not in results["channel"]["alternatives"][0]["words"][0]


@pytest.mark.parametrize(
    ("said", "written"),
    [("Mhm.", "Mhmm."), ("Mm-hmm, okay.", "Mhmm, okay."), ("mm-mm", "mm-mm"), ("Uh-huh.", "Uh-huh.")],
)
async def test_a_listeners_sounds_are_written_with_the_vendors_one_spelling(
    desk, http, sandbox, said, written
):
    desk.told.put("call-1", said)
    async with listening(http, sandbox, smart_format="true") as client:
        await client.socket.send_bytes(quiet(0.5) + beep() + quiet())
        assert transcript(await client.next("Results")) == written


async def test_speech_without_told_words_is_an_empty_result(http, sandbox):
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep() + quiet())
        assert transcript(await client.next("Results")) == ""


async def test_words_come_only_to_the_call_they_were_told_for(desk, http, sandbox):
    desk.told.put("call-2", "not for you")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep() + quiet())
        assert transcript(await client.next("Results")) == ""


async def test_finalize_ends_the_utterance_at_once(desk, http, sandbox):
    desk.told.put("call-1", "half a sentence")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep())
        await client.say("Finalize")
        results = await client.next("Results")
    assert results["from_finalize"]
    assert results["is_final"]
    assert transcript(results) == "half a sentence"


async def test_finalize_with_nothing_said_is_answered(http, sandbox):
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(quiet())
        await client.say("Finalize")
        results = await client.next("Results")
    assert results["from_finalize"]
    assert transcript(results) == ""


async def test_close_stream_gives_the_rest_then_the_summary_then_closes(desk, http, sandbox):
    desk.told.put("call-1", "the last words")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(quiet(0.5) + beep())
        await client.say("CloseStream")
        messages = await client.rest()
        code = client.socket.close_code
    assert [message["type"] for message in messages] == ["Results", "Metadata"]
    assert transcript(messages[0]) == "the last words"
    assert messages[1]["duration"] == 1.5
    assert messages[1]["channels"] == 1
    assert messages[1]["request_id"] == messages[0]["metadata"]["request_id"]
    assert code == aiohttp.WSCloseCode.OK


async def test_an_empty_binary_message_ends_the_stream_too(http, sandbox):
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(b"")
        assert [message["type"] for message in await client.rest()] == ["Metadata"]


async def test_utterance_end_follows_the_silence_that_was_asked_for(desk, http, sandbox):
    desk.told.put("call-1", "that is all")
    async with listening(http, sandbox, utterance_end_ms="1000", interim_results="true") as client:
        await client.socket.send_bytes(beep(1.0) + quiet(0.5))
        await client.next("Results")
        await client.socket.send_bytes(quiet(1.0))
        ended = await client.next()
    assert ended["type"] == "UtteranceEnd"
    assert ended["last_word_end"] == pytest.approx(1.0, abs=0.05)


async def test_endpointing_off_finds_words_but_no_end(desk, http, sandbox):
    desk.told.put("call-1", "and so on")
    async with listening(http, sandbox, endpointing="false") as client:
        await client.socket.send_bytes(beep() + quiet())
        results = await client.next("Results")
    assert results["is_final"]
    assert not results["speech_final"]


async def test_longer_endpointing_keeps_a_sentence_with_a_pause_whole(desk, http, sandbox):
    desk.told.put("call-1", "buy milk and tea")
    async with listening(http, sandbox, endpointing="800") as client:
        await client.socket.send_bytes(beep() + quiet(0.6) + beep() + quiet(1.0))
        results = await client.next("Results")
    assert transcript(results) == "buy milk and tea"
    assert results["channel"]["alternatives"][0]["words"][-1]["end"] == pytest.approx(2.6, abs=0.05)


async def test_long_silence_is_told_by_empty_results(http, sandbox):
    async with listening(http, sandbox, vad_events="true") as client:
        await client.socket.send_bytes(quiet(11.0))
        first, second = await client.next(), await client.next()
    assert [transcript(first), transcript(second)] == ["", ""]
    assert first["is_final"]
    assert not first["speech_final"]


async def test_a_speech_without_end_is_cut_into_results(desk, http, sandbox):
    desk.told.put("call-1", "the first part")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep(26.0))
        results = await client.next("Results")
    assert transcript(results) == "the first part"
    assert not results["speech_final"]


async def test_mulaw_at_8_khz_is_heard(desk, http, sandbox):
    desk.told.put("call-1", "by phone")
    loud, silent = bytes([0x10, 0x90] * 4_000), b"\xff" * 8_000
    async with listening(http, sandbox, encoding="mulaw", sample_rate="8000") as client:
        await client.socket.send_bytes(loud + silent)
        assert transcript(await client.next("Results")) == "by phone"
        await client.say("CloseStream")
        assert (await client.rest())[-1]["duration"] == 2.0


async def test_samples_may_be_torn_between_messages(desk, http, sandbox):
    desk.told.put("call-1", "torn")
    sound = quiet(0.5) + beep() + quiet()
    async with listening(http, sandbox) as client:
        for first in range(0, len(sound), 1_601):
            await client.socket.send_bytes(sound[first : first + 1_601])
        results = await client.next("Results")
    assert transcript(results) == "torn"
    assert results["channel"]["alternatives"][0]["words"][0]["start"] == pytest.approx(0.5, abs=0.05)


async def test_configure_is_acknowledged(http, sandbox):
    async with listening(http, sandbox) as client:
        await client.say("Configure", keyterms=["milk"])
        assert (await client.next())["keyterms"] == ["milk"]


@pytest.mark.parametrize("text", ["not json", "[]", '{"no": "type"}', '{"type": "Dance"}', '{"type": 1}'])
async def test_a_text_that_is_no_message_is_an_error_and_the_stream_goes_on(desk, http, sandbox, text):
    desk.told.put("call-1", "still here")
    async with listening(http, sandbox) as client:
        await client.socket.send_str(text)
        assert (await client.next())["variant"] == "SchemaError"
        await client.socket.send_bytes(beep() + quiet())
        assert transcript(await client.next("Results")) == "still here"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token "}, {"Authorization": "Basic abc"}])
async def test_no_key_is_the_vendors_401(http, sandbox, headers):
    async with http.get(sandbox.url + "/deepgram/v1/listen?model=nova-3", headers=headers) as answer:
        assert answer.status == 401
        body = await answer.json()
        assert body == {
            "err_code": "INVALID_AUTH",
            "err_msg": "Invalid credentials.",
            "request_id": answer.headers["dg-request-id"],
        }
        assert answer.headers["dg-error"] == "Invalid credentials."


async def test_a_bad_query_is_the_vendors_400(http, sandbox):
    url = sandbox.url + "/deepgram/v1/listen?model=nova-3&encoding=opus&sample_rate=16000"
    async with http.get(url, headers={"Authorization": "Token x"}) as answer:
        assert answer.status == 400
        assert (await answer.json())["err_code"] == "Bad Request"


async def test_the_handshake_carries_the_request_id(http, sandbox):
    async with listening(http, sandbox) as client:
        request_id = client.socket._response.headers["dg-request-id"]
        await client.say("Finalize")
        assert (await client.next())["metadata"]["request_id"] == request_id


class TestPatience:
    """On a clock a hundred times as fast."""

    @pytest.fixture
    async def desk(self) -> Desk:
        return Desk(time_scale=100)

    async def test_ten_seconds_without_audio_or_keep_alive_close_with_net_0001(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            await client.socket.send_bytes(quiet(0.1))
            began = desk.clock.now()
            closed = await client.socket.receive(timeout=5)
            assert desk.clock.now() - began == pytest.approx(10, abs=5)
        assert closed.data == aiohttp.WSCloseCode.INTERNAL_ERROR
        assert "did not receive audio data or a text message" in closed.extra
        assert closed.extra.endswith("net0001")

    async def test_keep_alive_keeps_it_open(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            await client.socket.send_bytes(quiet(0.1))
            began = desk.clock.now()
            while desk.clock.now() < began + 25:
                await client.say("KeepAlive")
                await desk.clock.sleep(3)
            await client.say("Finalize")
            assert (await client.next())["from_finalize"]

    async def test_keep_alive_in_a_binary_frame_does_not(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            await client.socket.send_bytes(quiet(0.1))

            async def insist() -> None:
                while True:
                    await client.socket.send_bytes(b'{"type": "KeepAlive"}')
                    await desk.clock.sleep(2)

            insisting = asyncio.create_task(insist())
            closed = await client.socket.receive(timeout=5)
            insisting.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await insisting
        assert closed.extra.endswith("net0001")
        await desk.invoice.grown(1)
        assert desk.invoice.rows()[0].units == {"audio_seconds": 0.1}

    async def test_keep_alive_alone_for_thirty_seconds_closes_with_net_0000(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:

            async def insist() -> None:
                while True:
                    await client.say("KeepAlive")
                    await desk.clock.sleep(3)

            insisting = asyncio.create_task(insist())
            closed = await client.socket.receive(timeout=5)
            insisting.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await insisting
        assert closed.extra.endswith("net0000")


class TestBill:
    async def test_each_connection_is_billed_by_its_audio_when_it_ends(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            await client.socket.send_bytes(quiet(6.0))
            await client.say("CloseStream")
            await client.rest()
        await desk.invoice.grown(1)
        (row,) = desk.invoice.rows(tag="call-1")
        assert (row.vendor, row.model, row.units) == ("deepgram", "nova-3", {"audio_seconds": 6.0})
        assert row.microdollars == 770

    async def test_a_socket_that_was_cut_is_billed_too_and_nothing_stays_open(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            await client.socket.send_bytes(beep(2.0))
            await client.say("Configure")
            await client.next("ConfigureSuccess")
            assert desk.connections.count("deepgram-stt") == 1
            client.socket._response.connection.transport.abort()
            await desk.invoice.grown(1)
        assert desk.invoice.rows()[0].units == {"audio_seconds": 2.0}
        async with asyncio.timeout(5):
            while desk.connections.count():
                await asyncio.sleep(0)

    async def test_sound_that_came_and_was_not_heard_yet_is_billed(self, desk, http, sandbox):
        async with listening(http, sandbox) as client:
            for _ in range(20):
                await client.socket.send_bytes(beep(0.1))
            client.socket._response.connection.transport.close()
            async with asyncio.timeout(20):
                await desk.invoice.grown(1)
        assert desk.invoice.rows()[0].units == {"audio_seconds": 2.0}


async def test_the_seed_profile_takes_its_time(desk, http, sandbox):
    desk.profile = PROFILES["seed"]
    desk.told.put("call-1", "later")
    async with listening(http, sandbox) as client:
        await client.socket.send_bytes(beep() + quiet())
        began = asyncio.get_running_loop().time()
        assert transcript(await client.next("Results")) == "later"
        assert 0.1 < asyncio.get_running_loop().time() - began < 1.0


async def test_the_unmodified_plugin_hears(desk, http, sandbox):
    desk.told.put("call-7", "Add a task to review the proposal by Friday.")
    ear = deepgram.STT(
        model="nova-3",
        base_url=sandbox.url + "/deepgram/v1/listen",
        api_key="sandbox",
        http_session=http,
        tags=["call-7"],
    )
    stream = ear.stream()
    sound = quiet(0.3) + beep(1.0) + quiet(0.5)
    stream.push_frame(rtc.AudioFrame(sound, RATE, 1, len(sound) // 2))
    events = []
    async for event in stream:
        events.append(event)
        if event.type == stt.SpeechEventType.END_OF_SPEECH:
            break
    await stream.aclose()
    finals = [each for each in events if each.type == stt.SpeechEventType.FINAL_TRANSCRIPT]
    assert [each.alternatives[0].text for each in finals] == ["Add a task to review the proposal by Friday."]
    assert events[0].type == stt.SpeechEventType.START_OF_SPEECH
    await desk.invoice.grown(1)
    assert desk.invoice.rows(tag="call-7")


async def test_the_unmodified_plugin_says_401_when_there_is_no_key(http, sandbox):
    ear = deepgram.STT(base_url=sandbox.url + "/deepgram/v1/listen", api_key=" ", http_session=http)
    stream = ear.stream(conn_options=APIConnectOptions(max_retry=0))
    with pytest.raises(APIStatusError) as refused:
        await anext(aiter(stream))
    assert refused.value.status_code == 401
    await stream.aclose()


# The SDK still names things that the websockets package has deprecated.
@pytest.mark.filterwarnings("ignore:websockets.* is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:remove second argument of ws_handler:DeprecationWarning")
async def test_the_vendors_sdk_hears(desk, sandbox):
    desk.told.put("call-8", "what is on my list")
    address = sandbox.url.replace("http", "ws") + "/deepgram"
    environment = DeepgramClientEnvironment(
        base=sandbox.url, production=address, agent=address, agent_rest=sandbox.url
    )
    client = AsyncDeepgramClient(api_key="sandbox", environment=environment)
    async with client.listen.v1.connect(
        model="nova-3",
        encoding="linear16",
        sample_rate=RATE,
        tag="call-8",
        vad_events=True,
        interim_results=True,
    ) as connection:
        await connection.send_keep_alive()
        await connection.send_media(beep() + quiet())
        await connection.send_finalize()
        await connection.send_close_stream()
        messages = [message async for message in connection]
    assert [type(message) for message in messages] == [
        sdk.ListenV1SpeechStarted,
        sdk.ListenV1Results,
        sdk.ListenV1Results,
        sdk.ListenV1Metadata,
    ]
    assert messages[1].channel.alternatives[0].transcript == "what is on my list"
    assert messages[2].from_finalize
