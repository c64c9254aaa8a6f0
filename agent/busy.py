"""A caller beyond the worker's slots is told that all lines are busy, and let go.

By telephone a recording says so at once: there nobody has shown yet who they are, and no vendor is dialled or paid, and
no money held, to say no. A spare slot is free again after some seconds.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from livekit import rtc

from agent import persona
from agent.effects import Done
from agent.handset import HungUpError, RoomHandset
from agent.invitation import Invitation
from agent.last_words import say_last
from agent.line import Line
from agent.slots import BUSY_ATTRIBUTE
from agent.tier_session import TierSession

log = logging.getLogger("agent.busy")

BUSY_SECONDS: Final = 15.0


def all_lines_are_busy(room: rtc.Room) -> bool:
    """Whether the worker was full when it took this call."""
    return room.local_participant.attributes.get(BUSY_ATTRIBUTE) == "true"


async def turn_away(room: rtc.Room, identity: str, prompt: str) -> None:
    """Tell a telephone by a recording why it is not served. Ends sooner where it hangs up."""
    with suppress(HungUpError):
        async with RoomHandset(room, identity) as handset:
            await handset.tell(prompt)


async def say_busy(invitation: Invitation, session: TierSession, line: Line) -> None:
    """Tell a browser's caller by a session's voice."""
    try:
        async with asyncio.timeout(BUSY_SECONDS):
            await session.start(line, instructions="", tools=[], listener=_Deaf())
            await say_last(session, persona.BUSY)
    except TimeoutError:
        log.warning("call.busy_not_heard", extra={"call_id": invitation.call_id})
    finally:
        line.detach()
        await session.aclose()


class _Deaf:
    """Hears nothing: the caller is only told something."""

    async def on_turn(self, _text: str | None) -> bool:
        return True

    def awaits_answer(self) -> bool:
        return False

    def is_asking(self) -> bool:
        return False

    def done(self) -> Done:
        return Done()

    def on_false_claim(self) -> None: ...
