"""Making a telephone ring, by LiveKit's SIP bridge, and sending our agent once it was picked up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from datetime import timedelta
from typing import Final, Protocol

import aiohttp
from google.protobuf.duration_pb2 import Duration
from livekit import api

from agent.outbound_rules import Outcome, outcome_of

log = logging.getLogger("agent.dialling")

RING_SECONDS: Final = 30
LONGEST_CALL: Final = timedelta(minutes=10)
AGENT_NAME: Final = "voicetasks"
EMPTY_SECONDS: Final = 60
AGENT_SECONDS: Final = 10.0
"""How long somebody who picked up may hear nothing. Where every worker refuses, no agent ever comes."""
LOOK_SECONDS: Final = 0.2
_TROUBLE: Final = (api.ServerError, aiohttp.ClientError, TimeoutError)
_BY_CODE: Final = {
    "canceled": Outcome.NO_ANSWER,  # it rang for `RING_SECONDS`: livekit/sip withdraws the call and has no SIP status
    "deadline_exceeded": Outcome.UNKNOWN,
    "resource_exhausted": Outcome.LIMITED,
    "unauthenticated": Outcome.REFUSED,
    "permission_denied": Outcome.REFUSED,
}
"""What the room server itself says when no answer of the other side's came."""


class Dials(Protocol):
    """Makes a telephone ring."""

    async def dial(self, number: str, call_id: str) -> Outcome | None:
        """Ring it; None when it was picked up and our agent came, else why not."""


class Dialler:
    """Dials by the trunk with this id. Use as an async context manager."""

    def __init__(
        self, url: str, key: str, secret: str, *, trunk_id: str, agent_within: float = AGENT_SECONDS
    ) -> None:
        # Towards LiveKit Cloud a client asks up to three times, and each may make the telephone ring.
        self._api = api.LiveKitAPI(url, key, secret, failover=False)
        self._trunk_id = trunk_id
        self._agent_within = agent_within

    async def __aenter__(self) -> Dialler:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._api.aclose()

    async def dial(self, number: str, call_id: str) -> Outcome | None:
        """Ring it; None when it was picked up and our agent came, else why not."""
        room = f"reminder-{call_id}"
        try:
            await self._api.room.create_room(
                api.CreateRoomRequest(name=room, empty_timeout=EMPTY_SECONDS, max_participants=2)
            )
        except _TROUBLE as error:
            log.warning("reminder.no_room", extra={"error": type(error).__name__})
            return Outcome.FAILED
        outcome = await self._ring(number, call_id, room) or await self._send_agent(call_id, room)
        if outcome is not None:
            with contextlib.suppress(*_TROUBLE):
                await self._api.room.delete_room(api.DeleteRoomRequest(room=room))
        return outcome

    async def _ring(self, number: str, call_id: str, room: str) -> Outcome | None:
        try:
            await self._api.sip.create_sip_participant(
                api.CreateSIPParticipantRequest(
                    sip_trunk_id=self._trunk_id,
                    sip_call_to=number,
                    room_name=room,
                    # The room server logs identities: the number is not in it.
                    participant_identity=f"sip_{call_id}",
                    wait_until_answered=True,
                    ringing_timeout=Duration(seconds=RING_SECONDS),
                    max_call_duration=Duration(seconds=int(LONGEST_CALL.total_seconds())),
                )
            )
        except api.ServerError as error:
            status = error.sip_status_code if isinstance(error, api.SipCallError) else None
            log.info("reminder.not_answered", extra={"status": status, "code": error.code})
            if status is not None:
                return outcome_of(status)
            return _BY_CODE.get(error.code, Outcome.FAILED)
        except aiohttp.ClientConnectorError:
            return Outcome.FAILED
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("reminder.unknown", extra={"error": type(error).__name__})
            return Outcome.UNKNOWN
        return None

    async def _send_agent(self, call_id: str, room: str) -> Outcome | None:
        """Send our agent to whoever picked up. Not before: a telephone that only rings takes no slot, costs nothing.

        They were called: whatever fails from here on is no reason to call them again.
        """
        try:
            await self._api.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(
                    agent_name=AGENT_NAME,
                    room=room,
                    metadata=json.dumps({"channel": "phone", "reminder": call_id}),
                )
            )
        except _TROUBLE as error:
            log.warning("reminder.not_sent", extra={"error": type(error).__name__})
            return Outcome.UNKNOWN
        if await self._is_left_alone(room):
            log.warning("reminder.no_agent")
            return Outcome.UNKNOWN
        return None

    async def _is_left_alone(self, room: str) -> bool:
        """Whether no agent came in time. False where nobody could look: that cuts no call off."""
        alone = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._agent_within):
                while True:
                    with contextlib.suppress(*_TROUBLE):
                        found = await self._api.room.list_participants(api.ListParticipantsRequest(room=room))
                        if any(each.kind == api.ParticipantInfo.Kind.AGENT for each in found.participants):
                            return False
                        alone = True
                    await asyncio.sleep(LOOK_SECONDS)
        return alone
