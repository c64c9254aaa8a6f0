"""What a telephone's line itself costs: its carrier bills each begun minute from picking up to hanging up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal

from livekit import rtc

from agent.invitation import Invitation
from routing.ending import ended
from tiers.usage import Usage

Carrier = Literal["twilio", "none"]
"""Whose prices hold for the line; `none`: nobody bills it."""

MINUTE_MS: Final = 60_000


def wall_ms() -> int:
    """Now, Unix ms."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def line_metered(
    room: rtc.Room,
    invitation: Invitation,
    carrier: Carrier,
    *,
    meter: Callable[[Usage], None],
    stack: Callable[[], str],
    now_ms: Callable[[], int] = wall_ms,
) -> AsyncIterator[None]:
    """Charge each minute of a telephone's line as it begins, to whatever serves then; other calls have none.

    Minutes are numbered from the picking up, also by a worker that takes the call over: none is charged twice. Charged
    are those at whose beginning the telephone is in the room.
    """
    if invitation.channel != "phone" or carrier == "none":
        yield
        return
    minutes = _Minutes(room, invitation, carrier, meter, stack, now_ms)
    minutes.charge()
    charging = asyncio.create_task(minutes.go_on(), name="phone.line")
    try:
        yield
    finally:
        await ended(charging)


class _Minutes:
    def __init__(
        self,
        room: rtc.Room,
        invitation: Invitation,
        carrier: Carrier,
        meter: Callable[[Usage], None],
        stack: Callable[[], str],
        now_ms: Callable[[], int],
    ) -> None:
        self._room = room
        self._identity = invitation.identity
        self._vendor = carrier
        self._model = "trunk-outbound" if invitation.reminder else "trunk-inbound"
        self._picked_up_ms = invitation.picked_up_ms or now_ms()
        self._meter = meter
        self._stack = stack
        self._now_ms = now_ms
        # Its last worker may have died before it charged the minute that was under way, and charged those before.
        self._charged = max(0, self._begun - 1) if invitation.again else 0

    @property
    def _begun(self) -> int:
        """The number of the present minute."""
        return (self._now_ms() - self._picked_up_ms) // MINUTE_MS

    def charge(self) -> None:
        """Charge what has begun and is not charged yet, those before anybody was known included."""
        if self._identity not in self._room.remote_participants:
            return  # hung up; or our own line to the room is away, and they are charged once it is back
        while self._charged <= self._begun:
            self._meter(
                Usage(
                    event_id=f"line:{self._charged}",
                    vendor=self._vendor,
                    model=self._model,
                    part="phone",
                    stack=self._stack(),
                    units={"phone_ms": MINUTE_MS},
                    certainty="actual",
                    outcome="ok",
                )
            )
            self._charged += 1

    async def go_on(self) -> None:
        """Charge each minute that begins, until cancelled."""
        while True:
            past_ms = (self._now_ms() - self._picked_up_ms) % MINUTE_MS
            await asyncio.sleep((MINUTE_MS - past_ms) / 1000)
            self.charge()
