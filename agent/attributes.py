"""What our participant shows of itself to the room: tier, stack, why, and the state of things."""

from __future__ import annotations

import json

from livekit import rtc

from routing.cause import cause_of
from routing.decision import Cause, Decision


class CallAttributes:
    """Our participant's attributes. They say nothing about the caller."""

    def __init__(self, room: rtc.Room, *, call_id: str, taken_over: bool = False) -> None:
        """`taken_over`: another worker had the call, so that what it has cost is not known before its next charge."""
        self._room = room
        self._call_id = call_id
        self._begins = {} if taken_over else {"voicetasks.cost_microdollars": "0"}
        self._shown: Decision | None = None
        self._cause = Cause.START
        self._is_last = False

    async def show_decision(self, decision: Decision, *, sandboxed: bool, sees: bool) -> None:
        """Show which stack serves the call, what made it change last, and why each other one lost.

        `sees`: a screen that is shared can be looked at.
        """
        if self._shown is None or _served(decision) != _served(self._shown):
            self._cause = cause_of(self._shown, decision)
        self._shown = decision
        begins, self._begins = self._begins, {}
        reasons = [reason.sentence for reason in decision.reasons]
        await self._set(
            {
                "voicetasks.call_id": self._call_id,
                "voicetasks.tier": decision.tier or "",
                "voicetasks.stack": decision.stack or "",
                "voicetasks.cause": self._cause.value,
                "voicetasks.reason": decision.reason,
                "voicetasks.reasons": json.dumps(reasons),
                "voicetasks.sandbox": "true" if sandboxed else "false",
                "voicetasks.sight": "true" if sees else "false",
                **begins,
            }
        )

    async def set_state(self, state: str) -> None:
        """Show the state: initializing, listening, thinking, speaking or busy. Nothing where the last one was shown."""
        if not self._is_last:
            await self._set({"voicetasks.state": state})

    async def set_last_state(self, state: str) -> None:
        """Show why the call ends: trouble, out_of_money or switched_off. It stays, whatever is still said."""
        self._is_last = True
        await self._set({"voicetasks.state": state})

    async def set_cost(self, microdollars: int) -> None:
        """Show what the call has cost so far, µ$."""
        await self._set({"voicetasks.cost_microdollars": str(microdollars)})

    async def _set(self, attributes: dict[str, str]) -> None:
        if self._room.isconnected():
            await self._room.local_participant.set_attributes(attributes)


def _served(decision: Decision) -> tuple[str | None, frozenset[str]]:
    return decision.stack, frozenset(decision.without)
