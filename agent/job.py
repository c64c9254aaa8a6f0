"""One job: a call in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from livekit.agents import JobContext

from agent import persona, phone_prompts
from agent.attributes import CallAttributes
from agent.busy import all_lines_are_busy, say_busy, turn_away
from agent.call import Call
from agent.call_back import CallBack, CutOffCall
from agent.cut_off import CutOff
from agent.desk import Desk, Ownership
from agent.ending import HANDED_ON, NOBODY, TO_HAND_ON, Ending
from agent.erasure import erases
from agent.invitation import Invitation
from agent.kept_sounds import KeptSounds
from agent.line import Line
from agent.logs import tell_of_call
from agent.metrics.call_metrics import CallMetrics
from agent.money import routed
from agent.no_more_calls import OptOutKey, stops_calls
from agent.nothing_left import parting
from agent.other_servers import other_servers
from agent.parking import Parking
from agent.phone_door import (
    NobodyCanBeKnownError,
    NoLineError,
    admitted,
    invitation_from_room,
    invited,
    is_up,
)
from agent.phone_line import line_metered, wall_ms
from agent.prompt_beginnings import PromptBeginnings
from agent.recording import play_recording
from agent.reminder import opening, over, promised_calls
from agent.served import Served, connect
from agent.serving import Serving
from agent.settings import AgentSettings
from agent.text_chat import text_chat
from agent.thread import Keeper, Thread, Vault
from agent.tracing import follow
from agent.transcript import transcribing
from agent.unwritten import Unwritten
from agent.written import write
from mcp_tasks.client import Patience, TaskClient, TaskServerUnavailable
from people.database import BUSY_MS, DATABASE_AWAY
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token
from people.user import Role, User
from privacy.wished import Wished
from routing.decision import Decision
from routing.service import RoutedCall
from tiers.settings import VendorSettings

log = logging.getLogger("agent.job")

TASKS_PATIENCE: Final = Patience(reconnect=8.0)
"""A task server that restarts on a busy machine is back within it; a caller hears the hold sound meanwhile."""


PEOPLE_SECONDS: Final = 15.0
"""How long a call waits for the people's database: one that fails over to its stand-in is back within it."""
PEOPLE_AGAIN_SECONDS: Final = 0.5

TURNS_UNKNOWN: Final = 100
"""Turns that a dead worker may have begun without telling: none of their numbers, which make one request of two, is
used for another."""


async def answer(ctx: JobContext) -> None:
    """Take a dispatched call, unless it is served already. It ends here, or goes on with another worker."""
    settings = AgentSettings()
    invitation = invited(ctx.job.metadata) or await invitation_from_room(ctx)
    if invitation is None:
        log.info("call.nobody_there")
        await ctx.delete_room()
        ctx.shutdown("nobody_there")
        return
    tell_of_call(invitation.call_id)
    redis = connect(settings.redis_url)
    served = Served(
        redis,
        call_id=invitation.call_id,
        room=ctx.job.room.name,
        metadata=invitation.model_dump_json(),
        dead_after_seconds=settings.dead_after_seconds,
    )
    beginnings, sounds = PromptBeginnings(redis), KeptSounds(redis)
    try:
        if (begun := await served.begin()) is None:
            log.warning("call.served_already", extra={"call_id": invitation.call_id})
            ctx.shutdown("served_already")
            return
        reason: Ending = "leaving"  # when we are cancelled
        metrics = CallMetrics(invitation.channel)
        ours = Ownership(redis, served, begun, metrics, beginnings, sounds)
        follow(ctx, invitation.call_id)
        try:
            reason = await _serve_it(ctx, invitation, settings, ours)
        except Exception:
            reason = "failed"
            raise
        finally:
            log.info("call.ended", extra={"call_id": invitation.call_id, "reason": reason})
            metrics.ended(reason)
            if reason in TO_HAND_ON:
                await served.let_go()
            elif reason != "taken_over":
                if not await served.end():
                    # We stood still and were put out: whoever has the call closes its room and tells of its reminder.
                    log.warning("call.ended_elsewhere", extra={"call_id": invitation.call_id})
                else:
                    await ctx.delete_room()
                    if reason not in NOBODY:
                        await over(invitation, PeopleSettings(), Unwritten(redis))
            try:
                if ours.closing is not None:
                    await ours.closing
            finally:
                ctx.shutdown(reason)
    finally:
        await served.stop()
        await sounds.aclose()
        await beginnings.aclose()
        await redis.aclose()


async def _serve_it(
    ctx: JobContext, invitation: Invitation, settings: AgentSettings, ours: Ownership
) -> Ending:
    """Find out who it is, decide what serves them, serve them; returns why it ended."""
    vendors = VendorSettings()
    line = Line(ctx.room, invitation.identity)
    await ctx.connect()
    # At once: a browser sends what was said until now the moment we are there, and it is lost if nobody waits for it.
    # (Before connecting, a RoomIO with a caller's identity cannot start.)
    await line.open()
    attributes = CallAttributes(ctx.room, call_id=invitation.call_id, taken_over=ours.begun.before > 0)
    try:
        # Until it is up nobody would hear us, and a call that is given up while it rings costs nothing.
        if invitation.channel == "phone":
            if not await is_up(ctx.room, invitation.identity):
                return "abandoned"
            if all_lines_are_busy(ctx.room):
                await attributes.set_state("busy")
                await turn_away(ctx.room, invitation.identity, phone_prompts.BUSY)
                return "busy"
            if not invitation.picked_up_ms:
                invitation = invitation.model_copy(update={"picked_up_ms": wall_ms()})
                ours.served.names(invitation.model_dump_json())
        ours.opt_out = OptOutKey(ctx.room, invitation)
        if not invitation.subject:
            line.ignore()
            await attributes.set_state("asking_who")
            try:
                known = await admitted(ctx.room, invitation, settings, ours.redis, on_known=ours.opt_out.open)
            except NobodyCanBeKnownError:
                return "people_unavailable"  # not their fault: a reminder counts as not told
            except NoLineError:
                await attributes.set_state("busy")
                return "busy"
            if known is None:
                return "not_admitted"
            invitation = known
            line.heed()
            ours.served.names(invitation.model_dump_json())
        else:
            ours.opt_out.open()
            ours.chat = text_chat(ctx.room, invitation, settings)
            ours.chat.open()
            if ours.begun.turn:
                ours.cut_off = CutOff(ctx.room)
                await ours.cut_off.begun()
        user = await _who(invitation)
        if user is None:
            await attributes.set_last_state("trouble")
            await asyncio.gather(write(ctx.room, persona.TROUBLE), play_recording(ctx.room, "trouble"))
            return "people_unavailable"
        ours.metrics.synthetic = user.role is Role.PROBE
        desk = Desk(ctx.room, invitation, settings, vendors, attributes, line, ours)
        async with routed(
            invitation,
            user,
            settings,
            vendors,
            attributes,
            on_decision=desk.follow,
            taken_over=ours.begun.before > 0,
            metrics=ours.metrics,
        ) as money:
            return await _answer(ctx, user, desk, money)
    finally:
        if ours.opt_out is not None:
            ours.opt_out.close()
            if ours.opt_out.is_unanswered and invitation.subject:
                # Nobody came to serve them, and they are called no more all the same.
                await Unwritten(ours.redis).keep_stop(invitation.subject, "key")
        if ours.cut_off is not None:
            await ours.cut_off.aclose()
        if ours.chat is not None:
            await ours.chat.close()
        await line.close()


async def _answer(ctx: JobContext, user: User, desk: Desk, money: RoutedCall) -> Ending:
    decision = await money.open()
    async with line_metered(
        ctx.room,
        desk.invitation,
        "none" if user.role is Role.PROBE else desk.settings.phone_carrier,  # a probe comes by no carrier
        meter=money.meter,
        stack=lambda: (desk.serves or money.decision.stack) if money.decision.stack else "",
    ):
        return await _decided(ctx, user, desk, money, decision)


async def _decided(ctx: JobContext, user: User, desk: Desk, money: RoutedCall, decision: Decision) -> Ending:
    stack, invitation = desk.stack_of(decision), desk.invitation
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
        last = parting(decision)
        await desk.attributes.set_last_state(last.state)
        await write(ctx.room, last.line)
        await play_recording(ctx.room, last.recording)
        return last.at_start
    if all_lines_are_busy(ctx.room):
        await desk.attributes.set_state("busy")
        await say_busy(invitation, desk.session(stack, money), desk.line)
        return "busy"
    serving = desk.serving(decision, stack, money)
    parking = Parking(serving, money, call_id=invitation.call_id)
    return await _serve(ctx, user, desk, serving, parking, money)


async def _who(invitation: Invitation) -> User | None:
    """Whose call it is; None where the people's database stays away for longer than anybody waits."""
    try:
        async with (
            asyncio.timeout(PEOPLE_SECONDS),
            People(PeopleSettings().database_url, wait_ms=BUSY_MS) as people,
        ):
            while True:
                try:
                    user = await people.user_by_id(invitation.subject)
                    break
                except DATABASE_AWAY as error:
                    log.info("call.waits_for_people", extra={"error": type(error).__name__})
                    await asyncio.sleep(PEOPLE_AGAIN_SECONDS)
    except TimeoutError:
        log.error("call.people_unavailable", extra={"call_id": invitation.call_id})
        return None
    if user is None:
        raise LookupError("the call was dispatched for a user who does not exist")
    return user


async def _serve(
    ctx: JobContext, user: User, desk: Desk, serving: Serving, parking: Parking, money: RoutedCall
) -> Ending:
    people_settings, invitation, settings = PeopleSettings(), desk.invitation, desk.settings

    async def token() -> str:
        return mint_tasks_token(user, people_settings)

    async with (
        TaskClient(settings.tasks_url, token, patience=TASKS_PATIENCE) as client,
        other_servers(settings.mcp_servers, user) as others,
        contextlib.AsyncExitStack() as kept,
    ):
        transcript = await kept.enter_async_context(transcribing(invitation, user, people_settings))
        served, begun = desk.ours.served, desk.ours.begun
        vault = Vault(settings.takeover_key) if settings.takeover_key is not None else None
        call_back = CallBack(desk.ours.redis, vault, user.id)
        leaves = CutOffCall(call_back, transcript.is_allowed) if invitation.channel == "phone" else None
        keeper = Keeper(
            desk.ours.redis,
            vault,
            call_id=invitation.call_id,
            allowed=transcript.is_allowed,
        )
        call = Call(
            ctx.room,
            invitation,
            user,
            client,
            settings,
            desk.attributes,
            transcript,
            others=others,
            on_said=keeper.news,
            erases=erases(user, call_id=invitation.call_id, wished=Wished(desk.ours.redis)),
            outcomes=money.outcomes,
            metrics=desk.ours.metrics,
            sees=desk.sees(money),
            promises=await promised_calls(user, people_settings),
            stops_calls=stops_calls(user, people_settings, Unwritten(desk.ours.redis)),
            opt_out=desk.ours.opt_out,
            leaves=leaves,
            chat=desk.ours.chat,
        )
        thread = None
        if begun.before:
            thread = await keeper.found() or Thread(begun.turn and begun.turn + TURNS_UNKNOWN)
            log.info(
                "call.taken_over",
                extra={
                    "call_id": invitation.call_id,
                    "outcome": "without_thread" if thread.history is None else "with_thread",
                },
            )
        elif invitation.channel == "phone":
            call.greeting.go_on.thread = await call_back.found(allowed=await transcript.is_allowed())
        call.greeting.cut_off = desk.ours.cut_off
        served.as_served(call)
        keeper.start(lambda: call.thread)
        reason: Ending = "leaving"
        try:
            if thread is None or not thread.turn:  # nothing was asked yet: the call begins anew
                call.greeting.opening = await opening(
                    invitation, client, people_settings, Unwritten(desk.ours.redis)
                )
            reason = await call.serve(serving, parking=parking, thread=thread)
        except TaskServerUnavailable:
            log.error("call.tasks_unavailable", extra={"call_id": invitation.call_id})
            reason = await call.apologise(persona.TASKS_DOWN, serving)
        except Exception:
            reason = "failed"
            raise
        finally:
            try:
                if reason in TO_HAND_ON:
                    await keeper.flush(await call.handed_over())
                elif reason != "taken_over":
                    await keeper.forget()
                if leaves is not None and reason not in HANDED_ON:
                    await leaves.over(reason, call.thread)
            finally:  # whatever of it failed, or was cancelled once more
                await call.aclose()
        desk.ours.closing = asyncio.create_task(kept.pop_all().aclose(), name="transcript.close")
        return reason
