"""The stand-in for Cartesia's speaking, with the tone for a voice, over real sockets: the protocol, exactly."""

import asyncio
import base64
import contextlib
import io
import json
import wave
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from cartesia import AsyncCartesia, AuthenticationError
from livekit.agents import APIStatusError
from livekit.agents.types import APIConnectOptions
from livekit.plugins import cartesia

from cli.conformance.types import cartesia_speaking
from sandbox.app import Running, serve
from sandbox.desk import Desk
from sandbox.profiles import PROFILES
from tiers.local.voice import VoiceError

pytestmark = pytest.mark.unit

KINDS, _ = cartesia_speaking()
KEY = {"X-API-Key": "sandbox", "Cartesia-Version": "2026-03-01"}
FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
VOICE = {"mode": "id", "id": "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"}

REQUEST = {"model_id": "sonic-3", "voice": VOICE, "output_format": FORMAT}
BODY = REQUEST | {"transcript": "Okay. Goodbye."}


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

    async def speak(self, transcript: str, context_id: str = "one", **more: object) -> None:
        await self.socket.send_json(REQUEST | {"transcript": transcript, "context_id": context_id} | more)

    async def next(self) -> dict:
        message = await self.socket.receive_json(timeout=5)
        KINDS[message["type"]].model_validate(message, strict=True)
        return message

    async def until(self, kind: str) -> list[dict]:
        """All messages up to and with the next of a kind."""
        messages = [await self.next()]
        while messages[-1]["type"] != kind:
            messages.append(await self.next())
        return messages


@contextlib.asynccontextmanager
async def speaking(http: aiohttp.ClientSession, sandbox: Running) -> AsyncIterator[Client]:
    url = sandbox.url + "/cartesia/tts/websocket?cartesia_version=2026-03-01"
    async with http.ws_connect(url, headers={"X-API-Key": "sandbox"}) as socket:
        yield Client(socket)


def sound(messages: list[dict]) -> np.ndarray:
    data = b"".join(base64.b64decode(each["data"]) for each in messages if each["type"] == "chunk")
    return np.frombuffer(data, np.int16)


def kinds(messages: list[dict]) -> list[str]:
    return [each["type"] for each in messages if each["type"] != "chunk"]


async def test_a_text_becomes_chunks_of_sound_and_done(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("I added review the proposal for Friday.")
        messages = await client.until("done")
    assert kinds(messages) == ["done"]
    assert len(messages) > 5
    assert {each["context_id"] for each in messages} == {"one"}
    assert 1.5 < len(sound(messages)) / 24_000 < 5


async def test_it_comes_faster_than_it_is_heard(http, sandbox):
    async with speaking(http, sandbox) as client:
        began = asyncio.get_running_loop().time()
        await client.speak("A sentence that is long enough to take a while. " * 10)
        messages = await client.until("done")
        took = asyncio.get_running_loop().time() - began
    assert took < len(sound(messages)) / 24_000 / 2


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
async def test_the_sound_has_the_rate_and_pitch_that_were_asked_for(http, sandbox, rate):
    async with speaking(http, sandbox) as client:
        await client.speak(
            "A tone of two hundred and twenty hertz.", output_format=FORMAT | {"sample_rate": rate}
        )
        pcm = sound(await client.until("done"))
    spectrum = np.abs(np.fft.rfft(pcm[:rate], rate))
    assert int(spectrum.argmax()) == pytest.approx(220, abs=1)


async def test_float_samples_are_the_same_sound(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("Okay.", "whole")
        whole = sound(await client.until("done"))
        await client.speak("Okay.", "float", output_format=FORMAT | {"encoding": "pcm_f32le"})
        messages = await client.until("done")
    data = b"".join(base64.b64decode(each["data"]) for each in messages if each["type"] == "chunk")
    assert np.frombuffer(data, "<f4") == pytest.approx(whole / 32768, abs=1e-4)


async def test_word_times_follow_the_sound_over_the_whole_context(http, sandbox):
    async with speaking(http, sandbox) as client:
        options = {"add_timestamps": True, "max_buffer_delay_ms": 0}
        await client.speak("I added buy milk. ", **options, **{"continue": True})
        await client.speak("Anything else? ", **options, **{"continue": True})
        await client.speak(" ", **options, **{"continue": False})
        messages = await client.until("done")
    stamps = [each["word_timestamps"] for each in messages if each["type"] == "timestamps"]
    assert [word for each in stamps for word in each["words"]] == [
        "I",
        "added",
        "buy",
        "milk.",
        "Anything",
        "else?",
    ]
    moments = [
        moment
        for each in stamps
        for start, end in zip(each["start"], each["end"], strict=True)
        for moment in (start, end)
    ]
    assert moments == sorted(moments)
    assert moments[0] == 0
    assert moments[-1] == pytest.approx(len(sound(messages)) / 24_000, abs=0.01)


async def test_tokens_are_put_together_into_sentences(http, sandbox):
    async with speaking(http, sandbox) as client:
        for token in ("Done", ". Any", "thing ", "else", "?"):
            await client.speak(token, add_timestamps=True, **{"continue": True})
        await client.speak("", add_timestamps=True)
        messages = await client.until("done")
    words = [each["word_timestamps"]["words"] for each in messages if each["type"] == "timestamps"]
    assert words == [["Done."], ["Anything", "else?"]]


async def test_text_that_ends_nowhere_is_spoken_after_the_buffer_delay(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("half a sentence", max_buffer_delay_ms=50, **{"continue": True})
        assert (await client.next())["type"] == "chunk"


async def test_a_flush_separates_the_sound_before_from_the_sound_after(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("Stay hungry,", **{"continue": True})
        await client.speak("", flush=True, **{"continue": True})
        before = await client.until("flush_done")
        await client.speak("stay foolish.", **{"continue": True})
        await client.speak("")
        after = await client.until("done")
    assert before[-1]["flush_id"] == 1
    assert {each["flush_id"] for each in before} == {1}
    assert {each["flush_id"] for each in after if each["type"] == "chunk"} == {2}


async def test_contexts_do_not_mix(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("The first of two.", "one")
        await client.speak("And the second.", "two")
        finished: dict[str, list[str]] = {"one": [], "two": []}
        while not all(each[-1:] == ["done"] for each in finished.values()):
            message = await client.next()
            finished[message["context_id"]].append(message["type"])
    assert all(each.count("done") == 1 and each[0] == "chunk" for each in finished.values())


async def test_a_cancelled_context_sends_nothing_more(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak("half a sentence", "one", **{"continue": True})
        await client.socket.send_json({"context_id": "one", "cancel": True})
        await client.speak("Another.", "two")
        messages = await client.until("done")
        await client.socket.send_json({"context_id": "nobody", "cancel": True})
    assert {each["context_id"] for each in messages} == {"two"}


async def test_nothing_to_say_is_an_error_that_is_done(http, sandbox):
    async with speaking(http, sandbox) as client:
        await client.speak(" ")
        message = await client.next()
    assert (message["type"], message["done"], message["status_code"]) == ("error", True, 400)
    assert message["context_id"] == "one"


@pytest.mark.parametrize(
    "wrong",
    [
        {"output_format": FORMAT | {"sample_rate": 11}},
        {"output_format": FORMAT | {"encoding": "opus"}},
        {"output_format": FORMAT | {"container": "wav"}},
        {"transcript": 5},
        {"transcript": "a" * 5_001},
        {"voice": None},
        {"model_id": "imaginary"},
        {"max_buffer_delay_ms": 60_000},
    ],
)
async def test_a_wrong_request_is_an_error_of_its_context_and_the_socket_goes_on(http, sandbox, wrong):
    async with speaking(http, sandbox) as client:
        await client.socket.send_json(REQUEST | {"transcript": "Okay.", "context_id": "one"} | wrong)
        message = await client.next()
        assert (message["type"], message["status_code"], message["context_id"]) == ("error", 400, "one")
        assert message["error_code"]
        assert message["request_id"]
        await client.speak("Okay.", "two")
        assert kinds(await client.until("done")) == ["done"]


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '"x"'])
async def test_what_is_no_message_is_an_error(http, sandbox, text):
    async with speaking(http, sandbox) as client:
        await client.socket.send_str(text)
        message = await client.next()
    assert (message["type"], message["status_code"]) == ("error", 400)
    assert "context_id" not in message


async def test_too_many_contexts_are_a_429(http, sandbox):
    async with speaking(http, sandbox) as client:
        for number in range(65):
            await client.speak("half", f"context-{number}", **{"continue": True})
        message = await client.next()
    assert (message["status_code"], message["error_code"]) == (429, "concurrency_limited")
    assert message["context_id"] == "context-64"


async def test_a_voice_that_fails_is_a_500_of_its_context(desk, http, sandbox):
    class Broken:
        sample_rate = 22_050

        async def speak(self, text, *, voice=None):
            raise VoiceError("the voice process ended")
            yield b""

        async def aclose(self):
            pass

    desk.voice = Broken()
    async with speaking(http, sandbox) as client:
        await client.speak("Okay.")
        message = await client.next()
    assert (message["type"], message["status_code"], message["context_id"]) == ("error", 500, "one")


@pytest.mark.parametrize("path", ["/tts/websocket", "/tts/bytes"])
async def test_no_key_is_a_401(http, sandbox, path):
    method = "GET" if path.endswith("websocket") else "POST"
    async with http.request(
        method, f"{sandbox.url}/cartesia{path}", headers={"Cartesia-Version": "2026-03-01"}
    ) as answer:
        assert answer.status == 401
        body = await answer.json()
    assert body["title"] == "Unauthorized"
    assert body["request_id"] == answer.headers["cartesia-request-id"]


async def test_a_version_before_structured_errors_is_told_title_and_message_without_a_code(http, sandbox):
    url = sandbox.url + "/cartesia/tts/websocket?cartesia_version=2025-04-16"
    async with http.ws_connect(url, headers=KEY) as socket:  # the query goes before the header
        await socket.send_json(BODY | {"context_id": "one", "model_id": "imaginary"})
        told = await socket.receive_json(timeout=5)
    assert told == {
        "type": "error",
        "context_id": "one",
        "status_code": 400,
        "error": "Model not found: There is no model 'imaginary'.",
        "done": True,
    }
    old = KEY | {"Cartesia-Version": "2025-04-16"}
    async with http.post(
        sandbox.url + "/cartesia/tts/bytes", json=BODY | {"transcript": " "}, headers=old
    ) as no:
        assert (no.status, await no.text()) == (400, "Invalid transcript: The transcript is empty.")


async def test_no_version_is_a_400(http, sandbox):
    async with http.post(sandbox.url + "/cartesia/tts/bytes", headers={"X-API-Key": "x"}) as answer:
        assert answer.status == 400


async def test_an_idle_websocket_is_closed_after_five_minutes(http):
    async with serve(Desk(time_scale=1_000)) as sandbox, speaking(http, sandbox) as client:
        closed = await client.socket.receive(timeout=5)
    assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


class TestBytes:
    async def test_raw_sound_is_streamed(self, desk, http, sandbox):
        async with http.post(sandbox.url + "/cartesia/tts/bytes", json=BODY, headers=KEY) as answer:
            assert answer.status == 200
            pcm = np.frombuffer(await answer.read(), np.int16)
        assert 0.5 < len(pcm) / 24_000 < 3
        assert [row.units for row in desk.invoice.rows()] == [{"characters": 14}]

    async def test_a_wav_file_says_its_rate(self, http, sandbox):
        body = BODY | {"output_format": {"container": "wav", "encoding": "pcm_s16le", "sample_rate": 16_000}}
        async with http.post(sandbox.url + "/cartesia/tts/bytes", json=body, headers=KEY) as answer:
            with wave.open(io.BytesIO(await answer.read())) as file:
                assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
                assert file.getnframes() > 8_000

    @pytest.mark.parametrize("wrong", [{"transcript": " "}, {"model_id": "imaginary"}, {"output_format": {}}])
    async def test_a_wrong_request_is_a_400_and_free(self, desk, http, sandbox, wrong):
        async with http.post(sandbox.url + "/cartesia/tts/bytes", json=BODY | wrong, headers=KEY) as answer:
            assert answer.status == 400
            assert (await answer.json())["error_code"]
        assert desk.invoice.rows() == []


class TestBill:
    async def test_characters_are_billed_as_they_are_received_without_the_padding(self, desk, http, sandbox):
        async with speaking(http, sandbox) as client:
            await client.speak("I added buy milk. ", **{"continue": True})
            await client.speak(" ")
            await client.until("done")
        (row,) = desk.invoice.rows()
        assert (row.vendor, row.model, row.units) == ("cartesia", "sonic-3", {"characters": 17})
        assert row.microdollars == 850

    async def test_what_was_never_heard_is_billed_too(self, desk, http, sandbox):
        async with speaking(http, sandbox) as client:
            await client.speak("half a sentence", **{"continue": True})
            await client.socket.send_json({"context_id": "one", "cancel": True})
            await desk.invoice.grown(1)
        assert desk.invoice.rows()[0].units == {"characters": 15}


async def test_the_seed_profile_takes_its_time_before_the_first_sound(desk, http, sandbox):
    desk.profile = PROFILES["seed"]
    async with speaking(http, sandbox) as client:
        began = asyncio.get_running_loop().time()
        await client.speak("Okay.")
        await client.next()
        assert asyncio.get_running_loop().time() - began >= 0.08


def plugin(http, sandbox, **options) -> cartesia.TTS:
    settings = {"api_key": "sandbox", "model": "sonic-3", "word_timestamps": True} | options
    return cartesia.TTS(base_url=sandbox.url + "/cartesia", http_session=http, **settings)


async def test_the_unmodified_plugin_speaks_a_stream_with_word_times(desk, http, sandbox):
    voice = plugin(http, sandbox)
    stream = voice.stream()
    stream.push_text("I added buy milk for Friday. Anything else?")
    stream.end_input()
    events = [event async for event in stream]
    words = [word for event in events for word in event.frame.userdata.get("lk.timed_transcripts", [])]
    assert "".join(words).split() == ["I", "added", "buy", "milk", "for", "Friday.", "Anything", "else?"]
    assert [word.start_time for word in words] == sorted(word.start_time for word in words)
    assert 1 < sum(event.frame.duration for event in events) < 6
    await stream.aclose()
    await voice.aclose()
    assert sum(row.units["characters"] for row in desk.invoice.rows()) == 42


async def test_the_unmodified_plugin_speaks_without_a_stream(http, sandbox):
    voice = plugin(http, sandbox)
    async with voice.synthesize("Okay, goodbye.") as stream:
        frame = await stream.collect()
    assert frame.sample_rate == 24_000
    assert frame.duration > 0.5
    await voice.aclose()


async def test_the_unmodified_plugin_says_401_when_there_is_no_key(http, sandbox):
    voice = plugin(http, sandbox, api_key=" ")
    stream = voice.stream(conn_options=APIConnectOptions(max_retry=0))
    stream.push_text("Okay.")
    stream.end_input()
    with pytest.raises(APIStatusError) as refused:
        await anext(aiter(stream))
    assert refused.value.status_code == 401
    await stream.aclose()
    await voice.aclose()


class TestTheVendorsSdk:
    @pytest.fixture
    async def client(self, sandbox) -> AsyncIterator[AsyncCartesia]:
        url = sandbox.url + "/cartesia"
        async with AsyncCartesia(
            api_key="sandbox", base_url=url, websocket_base_url=url.replace("http", "ws")
        ) as client:
            yield client

    async def test_it_speaks_in_a_context(self, client):
        async with client.tts.websocket_connect() as connection:
            context = connection.context(
                model_id="sonic-latest", voice=VOICE, output_format=FORMAT, add_timestamps=True
            )
            for transcript in ("Stay hungry, ", "stay foolish."):
                await context.push(transcript)
            await context.push("", flush=True)
            await context.no_more_inputs()
            events = [event async for event in context.receive()]
        kinds = [event.type for event in events]
        assert kinds[0] == "timestamps"
        assert kinds[-2:] == ["flush_done", "done"]
        assert sum(len(event.audio) for event in events if event.type == "chunk") > 24_000

    async def test_it_gets_bytes(self, client):
        response = await client.tts.generate(
            model_id="sonic-3", output_format=FORMAT, transcript="Okay.", voice=VOICE
        )
        assert len(await response.read()) > 10_000

    async def test_it_knows_our_401(self, client):
        with pytest.raises(AuthenticationError):
            await client.with_options(default_headers={"Authorization": "Basic nothing"}).tts.generate(
                model_id="sonic-3", output_format=FORMAT, transcript="Okay.", voice=VOICE
            )


def test_every_kind_of_message_the_stand_in_sends_is_checked_here():
    from sandbox import cartesia_messages as messages

    sent = [
        messages.chunk("c", 1, b"\0\0", 1.5),
        messages.timestamps("c", 1, []),
        messages.flush_done("c", 1),
        messages.done("c"),
        messages.error(400, "code", "Title", "message", "request", "c"),
    ]
    assert {message["type"] for message in sent} == KINDS.keys()
    for message in sent:
        KINDS[message["type"]].model_validate(json.loads(json.dumps(message)), strict=True)
