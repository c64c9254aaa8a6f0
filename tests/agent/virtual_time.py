"""An event loop whose clock jumps to the next thing to do: minutes of waiting pass at once."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class _Jumping(selectors.DefaultSelector):
    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._jump(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """For code that waits by the loop's clock alone."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Jumping(self._jump))

    def _jump(self, seconds: float) -> None:
        self._now += seconds

    def time(self) -> float:
        return self._now

    def do(self, work: Callable[[], Any]) -> None:
        """Run a function in the loop, and what it sets off at once."""

        async def run() -> None:
            work()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        self.run_until_complete(run())

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until_complete(asyncio.sleep(seconds))
