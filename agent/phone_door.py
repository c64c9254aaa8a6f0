"""A call that came by telephone. A dispatch rule sent us, the same for every call: who it is stands in the room."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from livekit import rtc
from livekit.agents import JobContext
from pydantic import ValidationError

from agent.handset import HungUpError, RoomHandset
from agent.invitation import Invitation, PhoneDispatch
from agent.phone_admission import PhoneAdmission
from agent.recording import play_recording
from agent.settings import AgentSettings
from people.database import DATABASE_AWAY
from people.settings import PeopleSettings
from people.store import People
from sip.attributes import CALL_ID, is_active
from sip.caller import read_caller

log = logging.getLogger("agent.phone_door")

COME_SECONDS: Final = 1.0
"""The bridge enters the room before we are sent for: who is not there has hung up."""
WATCHED: Final[tuple[rtc.room.EventTypes, ...]] = (
    "participant_attributes_changed",
    "participant_disconnected",
    "disconnected",
)
ADMIT_SECONDS: Final = 120.0
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


async def invitation_from_room(ctx: JobContext) -> Invitation | None:
    """Enter the room and find the telephone; None when it has hung up already. Whose it is shows `admitted`."""
    await ctx.connect()
    caller = await _caller(ctx.room)
    if caller is None:
        return None
    try:
        return Invitation(
            call_id=caller.attributes.get(CALL_ID, "") or ctx.job.id,
            subject="",
            channel="phone",
            identity=caller.identity,
        )
    except ValidationError:
        log.warning("phone.unreadable")  # without its values: the identity holds a number
        return None


async def admitted(room: rtc.Room, invitation: Invitation, settings: AgentSettings) -> Invitation | None:
    """Find out who calls, by keys alone; None when the caller did not show it or hung up.

    From then on the invitation names them: a worker that takes the call over asks no more.
    """
    people_settings = PeopleSettings()
    caller = room.remote_participants.get(invitation.identity)
    if caller is None:
        return None
    try:
        async with (
            asyncio.timeout(ADMIT_SECONDS),
            RoomHandset(room, invitation.identity) as handset,
            People(people_settings.database_url) as people,
        ):
            who = await PhoneAdmission(
                people,
                read_caller(caller.attributes, region=settings.phone_region),
                handset,
                settings.admission_rules,
                people_settings.tasks_token_secret,
            ).admit()
    except (HungUpError, TimeoutError):
        return None
    except DATABASE_AWAY as error:
        log.error("phone.nobody_can_be_known", extra={"error": type(error).__name__})
        await play_recording(room, "trouble")
        return None
    return invitation.model_copy(update={"subject": who.user_id}) if who is not None else None


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
