"""Time that passes faster while nothing is computed, so that half an hour's call takes some minutes.

Waiting is sped up, working is not, be it the loop's or that of threads for it: a busy machine makes a rehearsal
longer, but hardly anybody in it notices. For a process of its own only, since `time` itself is replaced.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, Final, TypeVar

from typing_extensions import TypeVarTuple, Unpack, override

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_monotonic: Final = time.monotonic


class FastClock:
    """Seconds that pass `speed` times as fast as the wall's while the loop waits, and as fast while it works."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._ahead = 0.0
        self._epoch = time.time() - _monotonic()
        self.working = 0
        """How many threads work for the loop."""

    @property
    def speed(self) -> float:
        """As things are."""
        return 1.0 if self.working else self._speed

    def now(self) -> float:
        """On the scale of `time.monotonic`."""
        return _monotonic() + self._ahead

    def since_epoch(self) -> float:
        """On the scale of `time.time`."""
        return self._epoch + self.now()

    def waited(self, seconds: float, speed: float, *, at_most: float | None) -> None:
        """The loop waited for so many of the wall's seconds, and would not have waited longer than `at_most`."""
        passed = seconds * speed
        self._ahead += (passed if at_most is None else min(passed, at_most)) - seconds

    def replace_time(self) -> None:
        """Make the module `time` tell this clock's time. Call before anything keeps a function of it."""
        time.monotonic = time.perf_counter = self.now
        time.time = self.since_epoch


class _Selector(selectors.BaseSelector):
    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self._inner = selectors.DefaultSelector()

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began, speed = _monotonic(), self._clock.speed
        ready = self._inner.select(None if timeout is None else timeout / speed)
        self._clock.waited(_monotonic() - began, speed, at_most=timeout)
        return ready

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    @override
    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    @override
    def close(self) -> None:
        self._inner.close()


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by a fast clock."""

    def __init__(self, clock: FastClock) -> None:
        self._fast = clock
        super().__init__(_Selector(clock))

    @override
    def time(self) -> float:
        return self._fast.now()

    @override
    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        self._fast.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _: asyncio.Future[Any]) -> None:
        self._fast.working -= 1
