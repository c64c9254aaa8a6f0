"""One job: a call in a process of its own."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from livekit.agents import JobContext

from agent import persona
from agent.attributes import CallAttributes
from agent.call import Call
from agent.invitation import Invitation
from agent.line import Line
from agent.money import routed
from agent.other_servers import other_servers
from agent.settings import AgentSettings
from agent.tier_session import TierSession
from agent.transcript import transcribing
from agent.written import write
from mcp_tasks.client import Patience, TaskClient, TaskServerUnavailable
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token
from people.user import User
from routing.service import RoutedCall
from tiers.catalogue import STACKS, is_sandboxed
from tiers.settings import VendorSettings

log = logging.getLogger("agent.job")

BUSY_ATTRIBUTE: Final = "voicetasks.busy"
"""Set on our participant when the worker was full: the job only says so."""

BUSY_SECONDS: Final = 15.0

TASKS_PATIENCE: Final = Patience(reconnect=4.0)
"""A task server that restarts is back within it; a caller hears «One moment» meanwhile."""


async def answer(ctx: JobContext) -> None:
    """Take a dispatched call: find out who it is, decide what serves it, serve it, leave nothing behind."""
    settings, vendors = AgentSettings(), VendorSettings()
    invitation = Invitation.model_validate_json(ctx.job.metadata)
    line = Line(ctx.room, invitation.identity)
    await ctx.connect()
    # At once: a browser sends what was said until now the moment we are there, and it is lost if nobody waits for it.
    # (Before connecting, a RoomIO with a caller's identity cannot start.)
    await line.open()
    attributes = CallAttributes(ctx.room, call_id=invitation.call_id)
    reason = "failed"
    try:
        user = await _who(invitation)
        async with routed(invitation, user, settings, vendors, attributes) as money:
            reason = await _answer(ctx, invitation, user, settings, vendors, attributes, line, money)
    finally:
        await line.close()
        log.info("call.ended", extra={"call_id": invitation.call_id, "reason": reason})
        await ctx.delete_room()
        ctx.shutdown(reason)


async def _answer(
    ctx: JobContext,
    invitation: Invitation,
    user: User,
    settings: AgentSettings,
    vendors: VendorSettings,
    attributes: CallAttributes,
    line: Line,
    money: RoutedCall,
) -> str:
    decision = await money.open()
    log.info(
        "call.decided",
        extra={
            "call_id": invitation.call_id,
            "channel": invitation.channel,
            "tier": decision.tier,
            "stack": decision.stack,
        },
    )
    stack = STACKS[decision.stack] if decision.stack else None
    await attributes.show_decision(decision, sandboxed=stack is not None and is_sandboxed(stack, vendors))
    if stack is None:
        await attributes.set_state("trouble")
        await write(ctx.room, persona.TROUBLE)
        return "nothing_can_serve"
    session = TierSession(
        stack,
        vendors,
        call_id=invitation.call_id,
        today=datetime.now(UTC).date(),
        on_usage=money.meter,
    )
    if ctx.room.local_participant.attributes.get(BUSY_ATTRIBUTE) == "true":
        await attributes.set_state("busy")
        await _say_busy(invitation, session, line)
        return "busy"
    return await _serve(ctx, invitation, user, settings, attributes, session, line)


async def _who(invitation: Invitation) -> User:
    async with People(PeopleSettings().database_url) as people:
        user = await people.user_by_id(invitation.subject)
    if user is None:
        raise LookupError("the call was dispatched for a user who does not exist")
    return user


async def _serve(
    ctx: JobContext,
    invitation: Invitation,
    user: User,
    settings: AgentSettings,
    attributes: CallAttributes,
    session: TierSession,
    line: Line,
) -> str:
    people_settings = PeopleSettings()

    async def token() -> str:
        return mint_tasks_token(user, people_settings)

    async with (
        TaskClient(settings.tasks_url, token, patience=TASKS_PATIENCE) as client,
        other_servers(settings.mcp_servers, user) as others,
        transcribing(invitation, user, people_settings) as transcript,
    ):
        call = Call(ctx.room, invitation, user, client, settings, attributes, line, transcript, others=others)
        try:
            return await call.serve(session)
        except TaskServerUnavailable:
            log.error("call.tasks_unavailable", extra={"call_id": invitation.call_id})
            return await call.apologise(persona.TASKS_DOWN)
        finally:
            await call.aclose()


async def _say_busy(invitation: Invitation, session: TierSession, line: Line) -> None:
    """Tell a caller beyond the worker's slots that all lines are busy, and let them go."""
    try:
        async with asyncio.timeout(BUSY_SECONDS):
            await session.start(line, instructions="", tools=[], listener=_Deaf())
            await session.say(persona.BUSY).wait_for_playout()
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

    def has_effect(self) -> bool:
        return False

    def on_false_claim(self) -> None: ...
