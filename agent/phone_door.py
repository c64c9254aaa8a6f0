"""A call that came by telephone. A dispatch rule sent us, the same for every call: who it is stands in the room."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from livekit import rtc
from livekit.agents import JobContext
from pydantic import ValidationError

from agent.invitation import Invitation, PhoneDispatch
from agent.settings import AgentSettings
from people.settings import PeopleSettings
from people.store import People
from sip.attributes import CALL_ID, NUMBER, is_active

log = logging.getLogger("agent.phone_door")

COME_SECONDS: Final = 1.0
"""The bridge enters the room before we are sent for: who is not there has hung up."""
WATCHED: Final[tuple[rtc.room.EventTypes, ...]] = (
    "participant_attributes_changed",
    "participant_disconnected",
    "disconnected",
)
RING_SECONDS: Final = 30.0
"""From our voice being there to the call being up."""


def invited(metadata: str) -> Invitation | None:
    """The invitation of a dispatch; None for one by telephone, which is found out in the room.

    Raises ValidationError for a dispatch that is neither.
    """
    try:
        return Invitation.model_validate_json(metadata)
    except ValidationError:
        PhoneDispatch.model_validate_json(metadata)
        return None


async def invitation_from_room(ctx: JobContext, settings: AgentSettings) -> Invitation | None:
    """Enter the room and find out who calls; None when they have hung up already."""
    await ctx.connect()
    caller = await _caller(ctx.room)
    if caller is None:
        return None
    number = caller.attributes.get(NUMBER, "")
    try:
        return Invitation(
            call_id=caller.attributes.get(CALL_ID, "") or ctx.job.id,
            subject=await _whose(number, settings),
            channel="phone",
            identity=caller.identity,
        )
    except ValidationError:
        log.warning("phone.unreadable")  # without its values: the identity holds a number
        return None


async def is_up(room: rtc.Room, identity: str) -> bool:
    """Wait until the call is answered and media flows; False when the caller gave up before."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bool] = loop.create_future()

    def look(*_: object) -> None:
        caller = room.remote_participants.get(identity)
        if answered.done():
            return
        if caller is None:
            answered.set_result(False)
        elif is_active(caller.attributes):
            answered.set_result(True)

    for event in WATCHED:
        room.on(event, look)
    try:
        look()
        async with asyncio.timeout(RING_SECONDS):
            return await answered
    except TimeoutError:
        return False
    finally:
        for event in WATCHED:
            room.off(event, look)


async def _caller(room: rtc.Room) -> rtc.RemoteParticipant | None:
    came: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

    def look(*_: object) -> None:
        for participant in room.remote_participants.values():
            if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP and not came.done():
                came.set_result(participant)

    room.on("participant_connected", look)
    try:
        look()
        async with asyncio.timeout(COME_SECONDS):
            return await came
    except TimeoutError:
        return None
    finally:
        room.off("participant_connected", look)


async def _whose(number: str, settings: AgentSettings) -> str:
    """The id of the person with this number; empty for one that nobody has linked.

    For now numbers are linked by a setting, and in a demo only: a caller's number is no proof of who they are.
    """
    email = settings.demo_phones.get(number) if number and PeopleSettings().demo else None
    if email is None:
        return ""
    async with People(PeopleSettings().database_url) as people:
        user = await people.user_by_email(email)
    return user.id if user is not None else ""
