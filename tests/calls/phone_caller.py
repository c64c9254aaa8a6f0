"""A telephone in a room, as the bridge puts one there: a participant of kind SIP with its attributes, and keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from livekit import api
from pydantic import SecretStr

from tests.calls.room_caller import Caller


class Telephone(Caller):
    """One telephone that calls."""

    async def press(self, keys: str) -> None:
        for key in keys:
            code = "0123456789*#".index(key)
            await self.room.local_participant.publish_dtmf(code=code, digit=key)

    @property
    def is_over(self) -> bool:
        """Whether the room is gone."""
        return not self.room.isconnected()


def secret(demo: Any, name: str) -> SecretStr:
    """One of the demo's own secrets."""
    lines = (demo.data_dir / "secrets.env").read_text().splitlines()
    return SecretStr(dict(line.split("=", 1) for line in lines if "=" in line)[name].strip("'\""))


def _keys(demo: Any) -> tuple[str, str, str]:
    key, hidden = (secret(demo, name) for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
    return f"ws://127.0.0.1:{demo.ports['livekit']}", key.get_secret_value(), hidden.get_secret_value()


@asynccontextmanager
async def telephone(
    demo: Any, number: str | None, *, reminder: str = "", **attributes: str
) -> AsyncIterator[Telephone]:
    """Call from a number, as the carrier says it; picked up, with nobody known yet. `reminder`: we called there."""
    url, key, hidden = _keys(demo)
    name = uuid4().hex[:12]
    room, said = f"phone_{name}", {"sip.callID": f"SCL_{name}", "sip.callStatus": "active"} | attributes
    if number is not None:
        said["sip.phoneNumber"] = number
    grants = api.VideoGrants(room_join=True, room=room, can_update_own_metadata=False)
    token = (
        api.AccessToken(key, hidden)
        .with_identity(f"sip_{name}")
        .with_kind("sip")
        .with_attributes(said)
        .with_grants(grants)
        .to_jwt()
    )
    caller = Telephone({"call_id": said["sip.callID"], "room": room, "url": url, "token": token})
    async with api.LiveKitAPI(url, key, hidden) as livekit:
        await livekit.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=30))
        await caller.enter()
        dispatch = api.CreateAgentDispatchRequest(
            agent_name="voicetasks",
            room=room,
            metadata=json.dumps({"channel": "phone", "reminder": reminder}),
        )
        await livekit.agent_dispatch.create_dispatch(dispatch)
    try:
        yield caller
    finally:
        await asyncio.wait_for(caller.leave(), 10)
