"""A call that came by telephone. A dispatch rule sent us, the same for every call: who it is stands in the room."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final, Protocol

from livekit import rtc
from livekit.agents import JobContext
from pydantic import ValidationError
from redis.asyncio import Redis

from agent.answering_machine import machine_listener
from agent.busy import turn_away
from agent.handset import HungUpError, RoomHandset
from agent.invitation import Invitation, PhoneDispatch
from agent.outbound_rules import Outcome
from agent.phone_admission import Admitted, OptedOutError, PhoneAdmission, is_opt_out
from agent.phone_lines import PhoneLines
from agent.phone_prompts import BUSY, NO_MORE, TOO_MANY, UNKEYED
from agent.recording import play_recording
from agent.reminder_call import ReminderCall
from agent.settings import AgentSettings
from agent.unwritten import Unwritten
from people.database import DATABASE_AWAY
from people.settings import PeopleSettings
from people.store import People
from sip.attributes import CALL_ID, is_active
from sip.caller import Caller, read_caller

log = logging.getLogger("agent.phone_door")

COME_SECONDS: Final = 1.0
"""The bridge enters the room before we are sent for: who is not there has hung up."""
WATCHED: Final[tuple[rtc.room.EventTypes, ...]] = (
    "participant_attributes_changed",
    "participant_disconnected",
    "disconnected",
)
ENTRY_SECONDS: Final = 90.0
"""From a question to the end of what is keyed as its answer: a long prompt, and a PIN at five seconds a digit."""
RING_SECONDS: Final = 30.0
"""From our voice being there to the call being up."""


class OnKnown(Protocol):
    """Hears that somebody has shown who they are."""

    def __call__(self, *, pressed: bool) -> None:
        """`pressed`: 9 was keyed behind it, which nobody has answered."""


class NobodyCanBeKnownError(Exception):
    """The people's database is away: whoever is there cannot show who they are."""


class NoLineError(Exception):
    """As many callers are being asked who they are as may be at once."""


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
            reminder=PhoneDispatch.model_validate_json(ctx.job.metadata).reminder,
        )
    except ValidationError:
        log.warning("phone.unreadable")  # without its values: the identity holds a number
        return None


async def admitted(
    room: rtc.Room,
    invitation: Invitation,
    settings: AgentSettings,
    redis: Redis,
    *,
    on_known: OnKnown = lambda *, pressed: None,
) -> Invitation | None:
    """Find out who is there, by keys alone; None when they did not show it, hung up, or have too many calls.

    `on_known` is told at once, since from then on no key is a PIN's. From then on the invitation names them: a worker that takes the call over asks no more. Raises
    NobodyCanBeKnownError where that is our fault, NoLineError where too many are being asked; they have been told.
    """
    people_settings = PeopleSettings()
    caller = room.remote_participants.get(invitation.identity)
    if caller is None:
        return None
    said, unwritten = read_caller(caller.attributes, region=settings.phone_region), Unwritten(redis)
    secret = people_settings.tasks_token_secret
    lines = PhoneLines(redis, secret, share=settings.asked_share, each=settings.calls_each)
    if not invitation.reminder and not await lines.may_ask(invitation.call_id, said.number):
        log.warning("phone.too_many_asked")
        await turn_away(room, invitation.identity, BUSY)
        raise NoLineError
    try:
        async with People(people_settings.database_url) as people:
            reminder = ReminderCall(people, invitation.reminder, said.number, people_settings, unwritten)
            who = await _known(room, invitation, settings, people, said, reminder, on_known)
    except DATABASE_AWAY as error:
        log.error("phone.nobody_can_be_known", extra={"error": type(error).__name__})
        await play_recording(room, "trouble")
        raise NobodyCanBeKnownError from error
    finally:
        if not invitation.reminder:
            await lines.asked(invitation.call_id, said.number)
    if who is None:
        return None
    if not await lines.may_have(invitation.call_id, who.user_id, we_called=bool(invitation.reminder)):
        log.info("phone.too_many_calls")
        await turn_away(room, invitation.identity, TOO_MANY)
        return None
    return invitation.model_copy(update={"subject": who.user_id})


async def _known(
    room: rtc.Room,
    invitation: Invitation,
    settings: AgentSettings,
    people: People,
    said: Caller,
    reminder: ReminderCall,
    on_known: OnKnown = lambda *, pressed: None,
) -> Admitted | None:
    secret = PeopleSettings().tasks_token_secret
    loop, in_time = asyncio.get_running_loop(), asyncio.timeout(ENTRY_SECONDS)

    def anew() -> None:
        in_time.reschedule(loop.time() + ENTRY_SECONDS)

    async with (
        RoomHandset(room, invitation.identity, on_ask=anew) as handset,
        machine_listener(room, invitation.identity, listens=reminder.is_one) as machine,
    ):
        admission = PhoneAdmission(
            people, said, handset, settings.admission_rules, secret, we_called=reminder.is_one
        )
        try:
            async with in_time:
                who = await admission.admit()
        except OptedOutError:
            await _no_more(reminder, handset)
            return None
        except HungUpError:
            if reminder.is_one and _wants_no_more(handset):
                await reminder.opted_out()
            else:
                await reminder.went(Outcome.MACHINE if machine.is_machine else Outcome.HUNG_UP)
            return None
        except TimeoutError:
            if not in_time.expired():  # the database's
                raise
            who = None
            if not (reminder.is_one and _wants_no_more(handset)):
                with suppress(HungUpError):
                    await handset.tell(UNKEYED)
        if who is None and reminder.is_one and _wants_no_more(handset):  # keyed behind the last question
            await _no_more(reminder, handset)
            return None
        if who is not None:
            on_known(pressed=_wants_no_more(handset))
    if who is None:
        await reminder.went(Outcome.MACHINE if machine.is_machine else Outcome.NO_PROOF)
        return None
    await reminder.proved(who.user_id)
    return who


def _wants_no_more(handset: RoomHandset) -> bool:
    """Whether 9 was keyed and waits for its end: few who press it and hang up key # too."""
    return any(is_opt_out(keyed) for keyed in handset.pending())


async def _no_more(reminder: ReminderCall, handset: RoomHandset) -> None:
    await reminder.opted_out()
    with suppress(HungUpError):  # it is written down: nobody has to hear it
        await handset.tell(NO_MORE)


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
