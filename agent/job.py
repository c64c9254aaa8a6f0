"""One job: a call in a process of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from livekit import rtc
from livekit.agents import JobContext

from agent import persona
from agent.attributes import CallAttributes
from agent.call import Call
from agent.hold import Hold
from agent.invitation import Invitation
from agent.line import Line
from agent.money import routed
from agent.other_servers import other_servers
from agent.recording import play_recording
from agent.serving import Serving
from agent.settings import AgentSettings
from agent.tier_session import TierSession
from agent.transcript import transcribing
from agent.written import write
from mcp_tasks.client import Patience, TaskClient, TaskServerUnavailable
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token
from people.user import User
from routing.decision import Cause, Decision
from routing.service import RoutedCall
from tiers.catalogue import STACKS, Stack, is_sandboxed
from tiers.settings import VendorSettings
from tiers.watch import Failure, VendorPatience

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
        desk = Desk(ctx.room, invitation, settings, vendors, attributes, line)
        async with routed(invitation, user, settings, vendors, attributes, on_decision=desk.follow) as money:
            reason = await _answer(ctx, user, desk, money)
    finally:
        await line.close()
        log.info("call.ended", extra={"call_id": invitation.call_id, "reason": reason})
        await ctx.delete_room()
        ctx.shutdown(reason)


class Desk:
    """What one call is served with: makes its sessions, and hands the router's decisions to whatever serves."""

    def __init__(
        self,
        room: rtc.Room,
        invitation: Invitation,
        settings: AgentSettings,
        vendors: VendorSettings,
        attributes: CallAttributes,
        line: Line,
    ) -> None:
        self.room = room
        self.invitation = invitation
        self.settings = settings
        self.attributes = attributes
        self.line = line
        self._vendors = vendors
        self._serving: Serving | None = None
        self._money: RoutedCall | None = None

    def follow(self, decision: Decision, cause: Cause) -> None:
        """Hear the router."""
        if self._serving is not None:
            self._serving.follow(decision, cause)

    def stack_of(self, decision: Decision) -> Stack | None:
        """The stack that a decision means, with others in the place of what is not to be used."""
        if decision.stack is None:
            return None
        return STACKS[decision.stack].without(decision.without, self._vendors)

    async def show(self, decision: Decision, stack: Stack | None) -> None:
        """Show the room what serves the call, and why."""
        sandboxed = stack is not None and is_sandboxed(stack, self._vendors)
        await self.attributes.show_decision(decision, sandboxed=sandboxed)

    def session(
        self, stack: Stack, money: RoutedCall, on_failure: Callable[[Failure], None] = lambda _: None
    ) -> TierSession:
        """Make a session for a stack; nothing is dialled before it starts."""
        return TierSession(
            stack,
            self._vendors,
            call_id=self.invitation.call_id,
            today=datetime.now(UTC).date(),
            on_usage=money.meter,
            on_failure=on_failure,
            on_worked=money.worked,
            patience=VendorPatience().times(self.settings.watch_patience),
        )

    def serving(self, stack: Stack, money: RoutedCall) -> Serving:
        """Serve with a stack, and from then on with whatever the router says."""
        self._serving = Serving(
            self.line,
            stack,
            make=lambda stack, on_failure: self.session(stack, money, on_failure),
            stack_of=self.stack_of,
            show=self.show,
            tells=money,
            hold=Hold(self.room),
            better_after_seconds=self.settings.better_after_seconds,
            renew_after_seconds=self.settings.renew_after_seconds,
        )
        return self._serving


async def _answer(ctx: JobContext, user: User, desk: Desk, money: RoutedCall) -> str:
    decision, invitation = await money.open(), desk.invitation
    stack = desk.stack_of(decision)
    log.info(
        "call.decided",
        extra={
            "call_id": invitation.call_id,
            "channel": invitation.channel,
            "tier": decision.tier,
            "stack": decision.stack,
            "without": list(decision.without),
        },
    )
    await desk.show(decision, stack)
    if stack is None:
        await desk.attributes.set_state("trouble")
        await write(ctx.room, persona.TROUBLE)
        await play_recording(ctx.room, "trouble")
        return "nothing_can_serve"
    if ctx.room.local_participant.attributes.get(BUSY_ATTRIBUTE) == "true":
        await desk.attributes.set_state("busy")
        await _say_busy(invitation, desk.session(stack, money), desk.line)
        return "busy"
    serving = desk.serving(stack, money)
    if money.decision is not decision:  # there was another one meanwhile
        serving.follow(money.decision, Cause.VENDOR)
    return await _serve(ctx, user, desk, serving)


async def _who(invitation: Invitation) -> User:
    async with People(PeopleSettings().database_url) as people:
        user = await people.user_by_id(invitation.subject)
    if user is None:
        raise LookupError("the call was dispatched for a user who does not exist")
    return user


async def _serve(ctx: JobContext, user: User, desk: Desk, serving: Serving) -> str:
    people_settings, invitation, settings = PeopleSettings(), desk.invitation, desk.settings

    async def token() -> str:
        return mint_tasks_token(user, people_settings)

    async with (
        TaskClient(settings.tasks_url, token, patience=TASKS_PATIENCE) as client,
        other_servers(settings.mcp_servers, user) as others,
        transcribing(invitation, user, people_settings) as transcript,
    ):
        call = Call(ctx.room, invitation, user, client, settings, desk.attributes, transcript, others=others)
        try:
            return await call.serve(serving)
        except TaskServerUnavailable:
            log.error("call.tasks_unavailable", extra={"call_id": invitation.call_id})
            return await call.apologise(persona.TASKS_DOWN, serving)
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
