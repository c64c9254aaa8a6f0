"""What one call is served with: whose it is, its room and line, and whatever makes sessions for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from livekit import rtc
from redis.asyncio import Redis

from agent.attributes import CallAttributes
from agent.cut_off import CutOff
from agent.hold import Hold
from agent.invitation import Invitation
from agent.kept_sounds import KeptSounds
from agent.line import Line
from agent.logs import tell_of_stack
from agent.metrics.call_metrics import CallMetrics
from agent.no_more_calls import OptOutKey
from agent.prompt_beginnings import PromptBeginnings
from agent.screen import Screen, Sees
from agent.served import Begun, Served
from agent.serving import Serving
from agent.settings import AgentSettings
from agent.text_chat import TextChat
from agent.tier_session import TierSession
from routing.cause import cause_of
from routing.decision import Cause, Decision
from routing.service import RoutedCall
from tiers.catalogue import SIGHT, STACKS, Stack, is_sandboxed
from tiers.settings import VendorSettings
from tiers.watch import Failure, VendorPatience

if TYPE_CHECKING:
    from tiers.vision import Vision


@dataclass
class Ownership:
    """The call is ours, as all workers know through Redis."""

    redis: Redis
    served: Served
    begun: Begun
    metrics: CallMetrics
    beginnings: PromptBeginnings
    sounds: KeptSounds
    cut_off: CutOff | None = None
    """Says that we were cut off, where another worker had the call."""
    chat: TextChat | None = None
    """Keeps what is typed for the call, where its caller was known before it began."""
    opt_out: OptOutKey | None = None
    """Heard the key that ends our calls since it is known who is there."""
    closing: asyncio.Task[None] | None = None
    """Writes the last of the transcript: room, money and vendors do not wait for a disk."""


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
        ours: Ownership,
    ) -> None:
        self.ours = ours
        self.room = room
        self.invitation = invitation
        self.settings = settings
        self.attributes = attributes
        self.line = line
        self._vendors = vendors
        self._serving: Serving | None = None

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
        tell_of_stack(stack.name if stack is not None else None)
        self.ours.metrics.decided(decision, stack.name if stack is not None else None)
        sandboxed = stack is not None and is_sandboxed(stack, self._vendors)
        await self.attributes.show_decision(decision, sandboxed=sandboxed, sees=self.has_sight)

    def session(
        self, stack: Stack, money: RoutedCall, on_failure: Callable[[Failure], None] = lambda _: None
    ) -> TierSession:
        """Make a session for a stack; nothing is dialled before it starts."""
        self.ours.beginnings.ask()

        def failed(failure: Failure) -> None:
            self.ours.metrics.vendor_failed(failure)
            on_failure(failure)

        return TierSession(
            stack,
            self._vendors,
            call_id=self.invitation.call_id,
            today=datetime.now(UTC).date(),
            on_usage=money.meter,
            on_usage_lost=self.ours.metrics.usage_lost,
            on_failure=failed,
            on_worked=money.worked,
            is_given_up=money.is_given_up,
            patience=VendorPatience().times(self.settings.watch_patience),
            narrow=self.invitation.channel == "phone",
            beginnings=self.ours.beginnings,
            sounds=self.ours.sounds,
        )

    @property
    def serves(self) -> str:
        """The stack that serves, which what is decided need not do yet; empty before any does."""
        return self._serving.session.stack.name if self._serving is not None else ""

    @property
    def has_sight(self) -> bool:
        """Whether there is a screen that may be shared, and a vendor's key to look at it with."""
        return self.invitation.channel != "phone" and bool(self._vendors.key(SIGHT.vendor))

    def sees(self, money: RoutedCall) -> Sees | None:
        """Make what makes the call's sight; None without any."""
        if not self.has_sight:
            return None

        def vision() -> Vision:
            from tiers.vision import (
                Vision,
            )  # the vendor's library takes a while: the worker has had it read ahead

            return Vision(
                self._vendors,
                call_id=self.invitation.call_id,
                stack=lambda: self.serves,
                on_usage=money.meter,
                on_failure=lambda fault: money.beside_failed(SIGHT.service, fault),
                on_worked=lambda: money.sight_worked(SIGHT.service),
                is_given_up=lambda: money.is_given_up(SIGHT.service),
            )

        return partial(
            Screen,
            self.room,
            caller_identity=self.invitation.identity,
            vision=vision,
            funds=lambda: money.sight_funds,
            patience=self.settings.watch_patience,
        )

    def serving(self, decision: Decision, stack: Stack, money: RoutedCall) -> Serving:
        """Serve with the stack that a decision means, and from then on with whatever the router says.

        What it has decided anew since then is followed for its own reason: some can wait.
        """
        self._serving = Serving(
            self.line,
            stack,
            make=lambda stack, on_failure: self.session(stack, money, on_failure),
            stack_of=self.stack_of,
            show=self.show,
            tells=money,
            hold=Hold(self.room, lambda: self.line.is_spoken_into),
            better_after_seconds=self.settings.better_after_seconds,
            renew_after_seconds=self.settings.renew_after_seconds,
            happenings=money.outcomes.happenings,
        )
        if money.decision is not decision:
            self._serving.follow(money.decision, cause_of(decision, money.decision))
        return self._serving
