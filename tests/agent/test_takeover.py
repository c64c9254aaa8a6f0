"""A lost call gets a new agent whether the old one is still in the room, is just leaving or is gone."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import api
from livekit.protocol.models import ParticipantInfo
from redis.exceptions import ConnectionError as RedisAwayError

from agent.served import Lost
from agent.takeover import _dispatch, _dispatch_all

pytestmark = pytest.mark.unit

CALL = Lost("c1", "call-c1", '{"call_id": "c1"}')
GONE = api.ServerError("unavailable", "no response from servers", status=503)


class Server:
    """A LiveKit server with one room: the caller, and an agent that can be put out, leaves at that moment or stays."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._here = agent != "gone"
        self.dispatched: list[Any] = []
        self.room = self.agent_dispatch = self
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()

    async def list_rooms(self, _: Any) -> Any:
        return SimpleNamespace(rooms=["call-c1"])

    async def list_participants(self, _: Any) -> Any:
        caller = ParticipantInfo(identity="ann", kind=ParticipantInfo.Kind.STANDARD)
        agent = ParticipantInfo(identity="agent-1", kind=ParticipantInfo.Kind.AGENT)
        return SimpleNamespace(participants=[caller, agent] if self._here else [caller])

    async def remove_participant(self, identity: api.RoomParticipantIdentity) -> None:
        assert identity.identity == "agent-1"
        self._here = self._agent == "stays"
        if self._agent != "can be put out":
            raise GONE

    async def create_dispatch(self, request: api.CreateAgentDispatchRequest) -> None:
        self.asked.set()
        await self.answers.wait()
        self.dispatched.append(request)


class Calls:
    """All calls, as far as what becomes of a lost one is told."""

    def __init__(self) -> None:
        self.again: list[str] = []
        self.is_away = False

    async def find_again(self, call_id: str) -> None:
        if self.is_away:
            raise RedisAwayError
        self.again.append(call_id)


async def taken_over(agent: str) -> tuple[Server, Calls]:
    server, calls = Server(agent), Calls()
    livekit: Any = server
    served: Any = calls
    await _dispatch(livekit, served, CALL, "voicetasks")
    return server, calls


@pytest.mark.parametrize("agent", ["can be put out", "just leaves", "gone"])
async def test_an_agent_is_dispatched_where_none_of_us_is_left(agent: str) -> None:
    server, calls = await taken_over(agent)
    (request,) = server.dispatched
    assert (request.room, json.loads(request.metadata)["again"]) == ("call-c1", True)
    assert calls.again == []


async def test_no_second_one_is_dispatched_beside_one_that_stays_and_the_call_is_tried_again() -> None:
    server, calls = await taken_over("stays")
    assert server.dispatched == []
    assert calls.again == ["c1"]


async def test_a_call_whose_finder_is_told_to_stop_is_found_by_another_at_once() -> None:
    server, calls = Server("can be put out"), Calls()
    server.answers.clear()
    one: Any = server
    served: Any = calls
    dispatching = asyncio.create_task(_dispatch_all(one, served, [CALL], "voicetasks"))
    await asyncio.wait_for(server.asked.wait(), 5)
    dispatching.cancel()
    await asyncio.wait({dispatching}, timeout=5)
    assert dispatching.cancelled()
    assert (server.dispatched, calls.again) == ([], ["c1"])


async def test_a_call_is_seen_to_also_where_redis_goes_away_for_another() -> None:
    server, calls = Server("gone"), Calls()
    calls.is_away = True
    server.answers.clear()
    unlucky = Lost("c2", "call-c2", '{"call_id": "c2"}')

    async def list_rooms(request: api.ListRoomsRequest) -> Any:
        if "call-c2" in request.names:
            raise GONE
        return SimpleNamespace(rooms=["call-c1"])

    server.list_rooms = list_rooms  # type: ignore[method-assign]
    one: Any = server
    served: Any = calls
    dispatching = asyncio.create_task(_dispatch_all(one, served, [unlucky, CALL], "voicetasks"))
    await asyncio.wait_for(server.asked.wait(), 5)
    await asyncio.sleep(0)
    assert not dispatching.done(), "the other one is still seen to"
    server.answers.set()
    with pytest.raises(RedisAwayError):
        await asyncio.wait_for(dispatching, 5)
    assert len(server.dispatched) == 1
