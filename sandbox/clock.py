"""The sandbox's clock: real time, or faster, so that an hour's call can be tested in a minute."""

import asyncio
import time


class Clock:
    """Time since the epoch in seconds, running `scale` times as fast as the wall's from when it was made."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("a clock's scale is above 0")
        self.scale = scale
        self._epoch = time.time()
        self._start = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch; never goes back."""
        return self._epoch + (time.monotonic() - self._start) * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock; no wait at all for zero or less."""
        if seconds > 0:
            await asyncio.sleep(seconds / self.scale)

    def real(self, seconds: float) -> float:
        """The wall's seconds that pass in `seconds` of this clock, for timeouts."""
        return seconds / self.scale
