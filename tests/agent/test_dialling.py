"""What the room server says of a call becomes how it went; a telephone that only rings gets no agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit import api

from agent.dialling import Dialler
from agent.outbound_rules import Outcome

pytestmark = pytest.mark.unit

NUMBER = "+14155550132"


class RoomServer:
    """Speaks LiveKit's API (Twirp); its answer to a call is a test's: a SIP status, a code, or picked up."""

    def __init__(
        self,
        *,
        status: int | None = None,
        code: str = "",
        hangs_up: bool = False,
        refuses: str = "",
        agent_at: int | None = 1,
    ) -> None:
        self._status, self._code, self._hangs_up = status, code, hangs_up
        self._refuses, self._agent_at = refuses, agent_at
        self.asked: list[str] = []
        self.dialled = api.CreateSIPParticipantRequest()
        self.dispatched = api.CreateAgentDispatchRequest()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.path.rsplit("/", 1)[-1]
        self.asked.append(method)
        body = await request.read()
        if method == "CreateSIPParticipant":
            self.dialled.ParseFromString(body)
            if self._hangs_up and request.transport is not None:
                request.transport.close()
            if self._status is not None or self._code:
                meta = {"sip_status_code": str(self._status)} if self._status is not None else {}
                error: dict[str, Any] = {"code": self._code or "unavailable", "msg": "no", "meta": meta}
                return web.json_response(error, status=503)
        if method == self._refuses:
            return web.json_response({"code": "resource_exhausted", "msg": "no"}, status=429)
        if method == "CreateDispatch":
            self.dispatched.ParseFromString(body)
        if method == "ListParticipants":
            return web.Response(body=self._there().SerializeToString(), content_type="application/protobuf")
        return web.Response(body=b"", content_type="application/protobuf")

    def _there(self) -> api.ListParticipantsResponse:
        """The telephone, and our agent from the look with the number `agent_at` on; None: none comes."""
        there = [api.ParticipantInfo(kind=api.ParticipantInfo.Kind.SIP)]
        if self._agent_at is not None and self.asked.count("ListParticipants") >= self._agent_at:
            there.append(api.ParticipantInfo(kind=api.ParticipantInfo.Kind.AGENT))
        return api.ListParticipantsResponse(participants=there)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Dialler]:
        app = web.Application()
        app.router.add_post("/{path:.*}", self.answer)
        async with (
            TestServer(app) as server,
            Dialler(str(server.make_url("")), "key", "s" * 32, trunk_id="ST_1", agent_within=0.5) as dialler,
        ):
            yield dialler


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, Outcome.BUSY),
        (603, Outcome.DECLINED),
        (404, Outcome.NO_SUCH_NUMBER),
        (480, Outcome.NO_ANSWER),
        (503, Outcome.LIMITED),
        (403, Outcome.REFUSED),
        (500, Outcome.FAILED),
    ],
)
async def test_each_sip_answer_is_told_and_leaves_no_room(status: int, outcome: Outcome) -> None:
    server = RoomServer(status=status)
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is outcome
    assert server.asked == ["CreateRoom", "CreateSIPParticipant", "DeleteRoom"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("resource_exhausted", Outcome.LIMITED),
        ("permission_denied", Outcome.REFUSED),
        ("deadline_exceeded", Outcome.UNKNOWN),
        ("canceled", Outcome.NO_ANSWER),  # it rang as long as we let it
        ("not_found", Outcome.FAILED),
    ],
)
async def test_the_room_servers_own_answers_too(code: str, outcome: Outcome) -> None:
    async with RoomServer(code=code).serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is outcome


async def test_what_failed_on_livekit_cloud_is_not_dialled_again_by_its_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livekit.api._failover.is_cloud", lambda _: True)
    server = RoomServer(code="unavailable")
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is Outcome.FAILED
    assert server.asked.count("CreateSIPParticipant") == 1


async def test_an_answer_that_never_came_may_have_been_a_call(unused_tcp_port: int) -> None:
    async with RoomServer(hangs_up=True).serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is Outcome.UNKNOWN
    async with Dialler(f"http://127.0.0.1:{unused_tcp_port}", "key", "s" * 32, trunk_id="ST_1") as dialler:
        assert await dialler.dial(NUMBER, "c1") is Outcome.FAILED, "nobody was asked"


async def test_once_it_is_picked_up_our_agent_is_sent_and_no_number_is_in_a_name() -> None:
    server = RoomServer()
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is None
    assert server.asked == ["CreateRoom", "CreateSIPParticipant", "CreateDispatch", "ListParticipants"]
    wanted = server.dialled
    assert (wanted.sip_call_to, wanted.sip_trunk_id, wanted.wait_until_answered) == (NUMBER, "ST_1", True)
    assert 0 < wanted.ringing_timeout.seconds <= 60
    assert 0 < wanted.max_call_duration.seconds <= 600
    assert NUMBER[1:] not in wanted.room_name + wanted.participant_identity
    assert server.dispatched.agent_name == "voicetasks"
    assert '"reminder": "c1"' in server.dispatched.metadata


async def test_who_picked_up_is_not_called_again_where_our_agent_could_not_be_sent() -> None:
    server = RoomServer(refuses="CreateDispatch")
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is Outcome.UNKNOWN
    assert server.asked[-1] == "DeleteRoom", "nobody is left in silence"


async def test_whom_no_agent_comes_to_is_not_left_in_silence_nor_called_again() -> None:
    server = RoomServer(agent_at=None)
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is Outcome.UNKNOWN
    assert server.asked[-1] == "DeleteRoom"


async def test_an_agent_may_take_a_moment_to_come() -> None:
    server = RoomServer(agent_at=3)
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is None
    assert "DeleteRoom" not in server.asked


async def test_a_call_is_not_cut_off_because_nobody_can_look_into_its_room() -> None:
    server = RoomServer(refuses="ListParticipants")
    async with server.serve() as dialler:
        assert await dialler.dial(NUMBER, "c1") is None
    assert "DeleteRoom" not in server.asked
