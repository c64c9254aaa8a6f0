"""A look into the room of a telephone call, with the room server's own key: nobody in it sees who looks.

It shows what a telephone cannot: the agent's attributes and the words of both sides.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, Self

import aiohttp
from livekit import api, rtc

from cli.caller.agent_view import AgentView
from cli.caller.changes import Changes
from cli.caller.errors import NobodyAnsweredError
from cli.caller.transcript import TOPIC, Segment, Transcript
from cli.room_server import room_server

FIND_SECONDS: Final = 8.0
LOOK_AGAIN_SECONDS: Final = 0.1
SIP_CALL_ID: Final = "sip.callIDFull"
"""The Call-ID of the INVITE, as LiveKit's bridge shows it."""


class LookIn:
    """What happens in the room of one call. Use as an async context manager; `find` begins."""

    def __init__(
        self, environment: Mapping[str, str], changes: Changes, show: Callable[[Segment], None]
    ) -> None:
        self.agent = AgentView(changes)
        self.transcript = Transcript(changes, self.agent.is_one, show)
        self.room_name = ""
        self._server = room_server(environment)
        self._room = rtc.Room()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._room.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def find(self, sip_call_id: str) -> None:
        """Look into the room of the call with this Call-ID. Raises NobodyAnsweredError where there is none."""
        try:
            async with (
                asyncio.timeout(FIND_SECONDS),
                api.LiveKitAPI(*self._server, failover=False) as client,
            ):
                while not (name := await _room_of(client, sip_call_id)):  # noqa: ASYNC110 (it is elsewhere)
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
            self.room_name = name
            await self._enter(name)
        except (TimeoutError, api.ServerError, aiohttp.ClientError, rtc.ConnectError) as error:
            raise NobodyAnsweredError(
                f"the call is up, but its room is not found at {self._server.url} ({type(error).__name__})"
            ) from error

    async def _enter(self, name: str) -> None:
        room, agent = self._room, self.agent
        token = (
            api.AccessToken(self._server.key, self._server.secret)
            .with_identity(f"look_{secrets.token_hex(6)}")
            .with_kind("agent")  # not counted among the participants, so that the room is not full
            .with_grants(
                api.VideoGrants(
                    room_join=True, room=name, hidden=True, can_publish=False, can_publish_data=False
                )
            )
            .to_jwt()
        )

        def changed(_changed: dict[str, str], participant: rtc.Participant) -> None:
            if participant.identity == agent.identity:
                agent.update(participant.attributes)

        def left(participant: rtc.RemoteParticipant) -> None:
            agent.left(participant.identity)
            self.transcript.left(participant.identity)

        room.on("participant_connected", agent.joined)
        room.on("participant_disconnected", left)
        room.on("participant_attributes_changed", changed)
        room.register_text_stream_handler(
            TOPIC, lambda reader, identity: self._start(self.transcript.read(reader, identity))
        )
        await room.connect(self._server.url, token, rtc.RoomOptions(auto_subscribe=False))
        for participant in room.remote_participants.values():
            agent.joined(participant)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="look_in.read")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _room_of(client: api.LiveKitAPI, sip_call_id: str) -> str:
    """The room that a call is in; empty while there is none."""
    for room in reversed((await client.room.list_rooms(api.ListRoomsRequest())).rooms):
        there = await client.room.list_participants(api.ListParticipantsRequest(room=room.name))
        if any(each.attributes.get(SIP_CALL_ID) == sip_call_id for each in there.participants):
            return str(room.name)
    return ""
