"""Keeping a call whose caller is away: nothing at the vendors is open and no money is held, but nothing is forgotten."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from routing.decision import Decision

log = logging.getLogger("agent.parking")

UP_AGAIN_SECONDS: Final = 25.0
"""How long whoever comes back while their call is being parked may wait until it is served: dead vendors' sockets are
closed first, so that the last of what was used is booked, and then money and a session are found."""


class Serves(Protocol):
    """What serves the call."""

    async def park(self) -> None:
        """Close what is open at vendors, and keep what was said."""

    def awaited(self) -> None:
        """The caller is back before anything serves them: they hear that somebody is there."""

    async def take_up(self, decision: Decision) -> bool:
        """Go on from what was said; False where nothing can serve."""


class Lends(Protocol):
    """The call's money."""

    async def park(self) -> None:
        """Hold none."""

    async def take_up(self) -> Decision:
        """Decide anew, with money reserved."""


class Parking:
    """Parks a call and takes it up again, one after the other: a caller may come and go faster than sockets close."""

    def __init__(self, serving: Serves, money: Lends, *, call_id: str) -> None:
        self._call_id = call_id
        self._serving = serving
        self._money = money
        self._turn = asyncio.Lock()
        self._served = asyncio.Event()
        self._served.set()

    @property
    def parked(self) -> bool:
        """Whether the call is parked now."""
        return not self._served.is_set()

    async def served(self) -> None:
        """Wait until the call is served: what comes in from a caller who is just back must not be lost."""
        await self._served.wait()

    async def park(self) -> None:
        """Close the vendors' sockets, then give the money back: the last of what was used is booked first."""
        async with self._turn:
            if self.parked:
                return
            self._served.clear()
            await self._serving.park()
            await self._money.park()
            log.info("call.parked", extra={"call_id": self._call_id})

    async def give_back(self) -> None:
        """Hold no money any more: the call is over, and what was used is booked."""
        async with self._turn:
            if not self.parked:
                await self._money.park()

    async def take_up(self) -> bool:
        """Serve again, with whatever the router has for the call now; False where nothing can."""
        if self.parked:
            self._serving.awaited()  # sockets may be closed for 15 s yet
        async with self._turn:
            if not self.parked:
                return True
            decision = await self._money.take_up()
            if await self._serving.take_up(decision):
                self._served.set()
                log.info("call.taken_up", extra={"call_id": self._call_id, "stack": decision.stack})
            return not self.parked
