"""The pace at which a vendor streams tokens."""

from __future__ import annotations

from sandbox.clock import Clock


class Pace:
    """Tokens that follow each other so many seconds apart, whatever the stand-in's own work on each takes."""

    def __init__(self, clock: Clock, gap: float) -> None:
        self._clock = clock
        self._gap = gap
        self._due: float | None = None

    async def next(self) -> None:
        """Wait until the next token is due. The first one is at once: the time to it is the profile's own."""
        now = self._clock.now()
        self._due = now if self._due is None else self._due + self._gap
        await self._clock.sleep(self._due - now)
