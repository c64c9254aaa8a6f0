"""LiveKit rooms for calls: one caller each, our agent dispatched to it by name, a token with the least grants."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import aiohttp
from livekit import api
from livekit.protocol.models import ParticipantInfo

from sip.trunk import ROOM_PREFIX
from web.settings import WebSettings

AGENT_NAME = "voicetasks"
TOKEN_LIFE = timedelta(minutes=5)
_EMPTY_SECONDS = 6 * 3600
"""Longer than any call: the server counts it from the room's making, its own restarts included, and to it a room with
an agent alone is empty. With less it would close the room of a live call whose agent is back before its caller. For a
caller who never comes the agent waits 20 s and then closes the room itself."""
_DEPARTURE_SECONDS = 150
"""The caller's line was lost: a call stays parked for 120 s, and its room a little longer."""
_IDLE_SECONDS = 7.5
"""A connection that is not used for so long is closed. The look for unanswered calls, each 5 s, keeps one of them open for
whoever calls next; with aiohttp's 15 s it would keep all that were ever needed at once, since the oldest goes first."""
_MAX_CALLERS = 1
"""The server counts neither agents nor recorders, and the same identity replaces itself: this is the caller."""

UNREACHABLE = (api.ServerError, aiohttp.ClientError, TimeoutError)
"""What a method raises when the LiveKit server is away or refuses us."""


@dataclass(frozen=True)
class RoomStatus:
    """What is in a call's room."""

    status: Literal["waiting", "answered", "ended"]
    caller: str | None
    """The connection the caller has in it (the server's participant sid), if any: each entry is another one."""
    attributes: dict[str, str]
    """The agent's `voicetasks.…` attributes: tier, stack, reason and so on."""


def room_name(call_id: str) -> str:
    """Name the room of a call."""
    return f"call-{call_id}"


def _is_call(room: str) -> bool:
    return room.startswith(("call-", ROOM_PREFIX))


class Rooms:
    """Makes rooms and tokens. Methods that ask the server raise one of UNREACHABLE when it does not answer."""

    def __init__(self, settings: WebSettings) -> None:
        self._url = settings.livekit_url
        self._key = settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()
        self._session: aiohttp.ClientSession | None = None
        self._api: api.LiveKitAPI | None = None

    def _client(self) -> api.LiveKitAPI:
        if self._api is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=5),
            )
            self._api = api.LiveKitAPI(
                self._url, self._key, self._secret, session=self._session, failover=False
            )
        return self._api

    async def aclose(self) -> None:
        """Close the client."""
        if self._session is not None:
            await self._session.close()

    async def open(self, call_id: str, *, user_id: str, channel: str) -> None:
        """Make the room and dispatch our agent to it in one request."""
        metadata = {"call_id": call_id, "subject": user_id, "channel": channel, "identity": user_id}
        await self._client().room.create_room(
            api.CreateRoomRequest(
                name=room_name(call_id),
                empty_timeout=_EMPTY_SECONDS,
                departure_timeout=_DEPARTURE_SECONDS,
                max_participants=_MAX_CALLERS,
                agents=[api.RoomAgentDispatch(agent_name=AGENT_NAME, metadata=json.dumps(metadata))],
            )
        )

    def token(self, call_id: str, *, user_id: str) -> str:
        """Sign a caller's way in: this room, microphone and screen, and nothing about themselves to change."""
        grants = api.VideoGrants(
            room_join=True,
            room=room_name(call_id),
            can_publish=True,
            can_publish_sources=["microphone", "screen_share"],
            can_subscribe=True,
            can_publish_data=True,
            can_update_own_metadata=False,
        )
        token = api.AccessToken(self._key, self._secret).with_identity(user_id).with_ttl(TOKEN_LIFE)
        return token.with_grants(grants).to_jwt()

    async def status(self, call_id: str) -> RoomStatus:
        """Look into a call's room."""
        name = room_name(call_id)
        rooms = await self._client().room.list_rooms(api.ListRoomsRequest(names=[name]))
        if not rooms.rooms:
            return RoomStatus("ended", caller=None, attributes={})
        listed = await self._client().room.list_participants(api.ListParticipantsRequest(room=name))
        agents = [one for one in listed.participants if one.kind == ParticipantInfo.Kind.AGENT]
        callers = [one.sid for one in listed.participants if one.kind != ParticipantInfo.Kind.AGENT]
        attributes = {
            key.removeprefix("voicetasks."): value
            for agent in agents
            for key, value in agent.attributes.items()
            if key.startswith("voicetasks.")
        }
        return RoomStatus(
            status="answered" if agents else "waiting",
            caller=callers[0] if callers else None,
            attributes=attributes,
        )

    async def made_at(self) -> list[tuple[str, float]]:
        """Give every call's room, browser or telephone, and when it was made (Unix time)."""
        listed = await self._client().room.list_rooms(api.ListRoomsRequest())
        return [(room.name, float(room.creation_time)) for room in listed.rooms if _is_call(room.name)]

    async def who(self, room: str) -> tuple[int, int]:
        """Count the callers and the agents in a room."""
        listed = await self._client().room.list_participants(api.ListParticipantsRequest(room=room))
        agents = sum(one.kind == ParticipantInfo.Kind.AGENT for one in listed.participants)
        return len(listed.participants) - agents, agents

    async def ping(self) -> None:
        """Ask the server whether it knows us."""
        await self._client().room.list_rooms(api.ListRoomsRequest(names=["none"]))
