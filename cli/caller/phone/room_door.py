"""A telephone without a bridge: a participant that looks as the bridge's would, let in with the room server's key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import aiohttp
from livekit import api

from cli.caller.errors import NobodyAnsweredError
from cli.caller.web_door import Ticket
from cli.room_server import room_server
from sip.trunk import AGENT_NAME, METADATA

EMPTY_SECONDS: Final = 30
TOKEN_LIFE: Final = timedelta(hours=1)


async def phone_ticket(environment: Mapping[str, str], number: str, pin: str = "") -> Ticket:
    """Make a room with the agent on its way, and the way into it for a telephone of this number.

    Raises NobodyAnsweredError without a room server.
    """
    url, key, secret = room_server(environment)
    call = f"phone_{secrets.token_hex(6)}"
    dispatch = api.RoomAgentDispatch(agent_name=AGENT_NAME, metadata=METADATA)
    try:
        async with api.LiveKitAPI(url, key, secret, failover=False) as client:
            await client.room.create_room(
                api.CreateRoomRequest(name=call, agents=[dispatch], empty_timeout=EMPTY_SECONDS)
            )
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        raise NobodyAnsweredError(f"no LiveKit server answers at {url}: is the demo running?") from error
    shown = {"sip.phoneNumber": number, "sip.callID": call, "sip.callStatus": "active"}
    token = (
        api.AccessToken(key, secret)
        .with_identity(f"sip_{call}")
        .with_kind("sip")
        .with_ttl(TOKEN_LIFE)
        .with_attributes(shown)
        .with_grants(api.VideoGrants(room_join=True, room=call, can_update_own_metadata=True))
    )
    return Ticket(call, url, token.to_jwt(), call, pin)
