"""The realtime stand-in's faults over real sockets, as its client sees them."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.scripts import ScriptedCall, ScriptedReply

pytestmark = pytest.mark.unit

SERVICE = "openai-realtime"
GONE = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
LONG = (
    "I have added it to your list, and I will tell you about it tomorrow morning at nine, as you asked me to."
)
NO_EAR_FOR_TURNS = {
    "type": "realtime",
    "audio": {"input": {"turn_detection": None, "transcription": {"model": "gpt-4o-mini-transcribe"}}},
}
"""The client ends turns itself."""
DELETE = ScriptedReply(tool_calls=[ScriptedCall(name="delete_task", arguments='{"task_id": "1234"}')])


class Session:
    """A bare client of one session."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def until(self, kind: str) -> dict[str, Any]:
        while (event := await self.socket.receive_json(timeout=10))["type"] != kind:
            pass
        return event

    async def ask(self) -> None:
        await self.socket.send_json({"type": "response.create", "event_id": "mine"})

    async def nothing_comes(self) -> None:
        with pytest.raises(TimeoutError):
            await self.socket.receive(timeout=0.3)

    async def is_not_heard(self) -> None:
        """No transcription comes."""
        with contextlib.suppress(TimeoutError):
            while event := await self.socket.receive_json(timeout=0.3):
                assert "transcription" not in event["type"]

    async def breaks_off(self) -> list[dict[str, Any]]:
        """The events up to where the socket ends without a close frame."""
        events = []
        while (message := await self.socket.receive(timeout=10)).type == aiohttp.WSMsgType.TEXT:
            events.append(message.json())
        assert message.type in GONE
        assert self.socket.close_code in (None, 1006)
        return events


@pytest.fixture
async def session(running: Running, http: aiohttp.ClientSession) -> AsyncIterator[Session]:
    async with connected(running, http) as session:
        yield session


@contextlib.asynccontextmanager
async def connected(running: Running, http: aiohttp.ClientSession) -> AsyncIterator[Session]:
    url = f"{running.url}/openai/v1/realtime?model=gpt-realtime&tag=call"
    async with http.ws_connect(url, headers={"authorization": "Bearer sandbox"}) as socket:
        session = Session(socket)
        await session.until("session.created")
        yield session


async def status_of(running: Running, http: aiohttp.ClientSession) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connected(running, http):
            pass
    return refused.value.status


@pytest.mark.parametrize(("kind", "status"), [("refuse", 503), ("cut", 503), ("unauthorized", 401)])
async def test_a_new_session_is_refused_and_counted(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str, status: int
) -> None:
    desk.faults.set(SERVICE, kind)
    assert await status_of(running, http) == status
    assert (desk.connections.ever(SERVICE), desk.connections.refused(SERVICE)) == (1, 1)
    desk.faults.clear()
    async with connected(running, http):
        assert desk.connections.refused(SERVICE) == 1


async def test_refusing_leaves_live_sessions_alone(session: Session, desk: Desk) -> None:
    desk.faults.set(SERVICE, "refuse")
    await session.ask()
    assert (await session.until("response.done"))["response"]["status"] == "completed"


async def test_a_cut_breaks_live_sessions_off_and_bills_what_was_generated(
    session: Session, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await session.ask()
    await session.until("response.output_audio.delta")
    desk.faults.set(SERVICE, "cut")
    await session.breaks_off()
    await asyncio.wait_for(desk.invoice.grown(1), 5)
    (row,) = desk.invoice.rows()
    assert row.status == "cancelled"
    assert 0 < row.units["audio_output_tokens"] < 60


async def test_an_accepted_session_is_closed_at_once(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "accept-then-close")
    url = f"{running.url}/openai/v1/realtime?model=gpt-realtime"
    for _ in range(3):
        async with http.ws_connect(url, headers={"authorization": "Bearer sandbox"}) as socket:
            assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE
            assert socket.close_code == 1011
    assert desk.connections.ever(SERVICE) == 3


async def test_a_silent_session_works_again_when_it_is_healed(session: Session, desk: Desk) -> None:
    desk.faults.set(SERVICE, "silent")
    await session.ask()
    await session.nothing_comes()
    desk.faults.clear()
    await session.until("response.done")


async def test_a_silent_session_still_pongs(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "silent")
    url = f"{running.url}/openai/v1/realtime?model=gpt-realtime"
    async with (
        http.ws_connect(url, headers={"authorization": "Bearer sandbox"}, autoping=False) as socket,
        asyncio.timeout(10),
    ):
        await socket.ping(b"still there?")
        while (message := await socket.receive()).type != aiohttp.WSMsgType.PONG:
            pass
        assert message.data == b"still there?"


async def test_silence_holds_a_reply_in_the_middle(session: Session, desk: Desk) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await session.ask()
    await session.until("response.output_audio.delta")
    desk.faults.set(SERVICE, "silent")
    await session.nothing_comes()
    desk.faults.clear()
    assert (await session.until("response.done"))["response"]["status"] == "completed"


async def test_words_that_were_told_are_left_by_a_silent_session_to_whoever_hears_the_turn_next(
    session: Session, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "silent")
    desk.told.put("call", "Add a task to buy milk.")
    await session.socket.send_json({"type": "session.update", "session": NO_EAR_FOR_TURNS})
    second = base64.b64encode(b"\0\x20" * 24_000).decode()
    await session.socket.send_json({"type": "input_audio_buffer.append", "audio": second})
    await session.socket.send_json({"type": "input_audio_buffer.commit"})
    await session.is_not_heard()
    await asyncio.wait_for(desk.invoice.grown(1), 10)
    assert await desk.told.next("call", 0, to_breath=True) == "Add a task to buy milk."


async def test_a_session_accepted_in_silence_stays_mute_and_costs_nothing(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "silent")
    url = f"{running.url}/openai/v1/realtime?model=gpt-realtime"
    async with http.ws_connect(url, headers={"authorization": "Bearer sandbox"}) as socket:
        await Session(socket).ask()
        await Session(socket).nothing_comes()
    await asyncio.wait_for(desk.invoice.grown(1), 5)
    assert desk.invoice.microdollars == 0


@pytest.mark.parametrize(
    ("kind", "type_", "code"),
    [
        ("failed-reply", "server_error", "server_error"),
        ("rate-limit", "tokens", "rate_limit_exceeded"),
        ("quota", "insufficient_quota", "insufficient_quota"),
    ],
)
async def test_a_failed_reply_is_created_and_done_with_no_output_and_no_charge(
    session: Session, desk: Desk, kind: str, type_: str, code: str
) -> None:
    desk.faults.set(SERVICE, kind, times=1)
    await session.ask()
    await session.until("response.created")
    response = (await session.until("response.done"))["response"]
    assert (response["status"], response["output"]) == ("failed", [])
    assert response["status_details"]["type"] == "failed"
    assert response["status_details"]["error"].items() >= {"type": type_, "code": code}.items()
    assert response["usage"]["total_tokens"] == 0
    assert desk.invoice.microdollars == 0
    if kind == "quota":
        assert (await session.socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE
        return
    await session.ask()
    assert (await session.until("response.done"))["response"]["status"] == "completed"


async def test_a_server_error_answers_the_request_by_an_error_event(session: Session, desk: Desk) -> None:
    desk.faults.set(SERVICE, "server-error")
    await session.ask()
    error = (await session.until("error"))["error"]
    assert (error["type"], error["event_id"]) == ("server_error", "mine")


async def test_an_incomplete_reply_ends_within_its_arguments(session: Session, desk: Desk) -> None:
    desk.scripts.add([DELETE])
    desk.faults.set(SERVICE, "incomplete-reply")
    await session.ask()
    response = (await session.until("response.done"))["response"]
    assert response["status"] == "incomplete"
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    (call,) = response["output"]
    assert call["status"] == "incomplete"
    assert call["arguments"]
    assert '{"task_id": "1234"}'.startswith(call["arguments"])
    assert call["arguments"] != '{"task_id": "1234"}'
    assert response["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("kind", ["stall-mid-stream", "cut-mid-stream"])
async def test_a_reply_breaks_off_after_its_first_words(session: Session, desk: Desk, kind: str) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    desk.faults.set(SERVICE, kind)
    await session.ask()
    events = []
    with contextlib.suppress(TimeoutError):
        while (message := await session.socket.receive(timeout=2)).type == aiohttp.WSMsgType.TEXT:
            events.append(message.json())
    kinds = {event["type"] for event in events}
    assert "response.output_audio.delta" in kinds
    assert not kinds & {"response.output_audio.done", "response.output_item.done", "response.done"}
    said = "".join(each["delta"] for each in events if each["type"].endswith("transcript.delta"))
    assert said.strip()
    assert LONG.startswith(said.strip())
    assert (message.type in GONE) == (kind == "cut-mid-stream")
    await session.socket.close()
    await asyncio.wait_for(desk.invoice.grown(1), 5)
    assert desk.invoice.rows()[0].units["audio_output_tokens"] > 0


async def test_a_session_expires_in_the_middle_of_a_reply_and_the_next_one_lives(
    session: Session, running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    await session.ask()
    await session.until("response.output_audio.delta")
    desk.faults.set(SERVICE, "session-expired")
    error = (await session.until("error"))["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "session_expired"
    assert (error["param"], error["event_id"]) == (None, None)
    while (message := await session.socket.receive(timeout=5)).type == aiohttp.WSMsgType.TEXT:
        pass
    assert message.type == aiohttp.WSMsgType.CLOSE
    async with connected(running, http) as successor:
        await successor.ask()
        await successor.until("response.done")


async def test_garbage_cannot_be_parsed(session: Session, desk: Desk) -> None:
    desk.faults.set(SERVICE, "garbage")
    await session.ask()
    with pytest.raises(ValueError, match="char"):
        await session.socket.receive_json(timeout=5)


async def test_a_cut_after_two_replies_comes_with_the_third(session: Session, desk: Desk) -> None:
    desk.faults.set(SERVICE, "cut", after=2)
    for _ in range(2):
        await session.ask()
        await session.until("response.done")
    await session.ask()
    await session.breaks_off()
