"""What happened in a call, for its story: who spoke when, turns, tools, confirmations, swaps, faults. No words.

Moments and milliseconds under the random id of the journal. They say how somebody lives, so an erasure deletes them,
and after some weeks they go by themselves (`routing.story.forgetting`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

What = Literal[
    "spoke",
    "turn",
    "answered",
    "tool",
    "confirmation",
    "swap",
    "fault",
    "correction",
    "away",
    "back",
    "ended",
]
"""`spoke`: `who` (caller or assistant) for `ms`, from `at` on. `turn`: the caller's `turn` began, `by` voice, text,
key or click. `answered`: `ms` after the caller's last word, and the `parts` of it. `correction`: a sentence that
claimed what no tool did was broken off. `away` and `back`: the caller's line was lost and came again."""

GATHER_SECONDS: Final = 2.0
"""What happens within it shares an entry of the journal: a live call's story is behind by no more."""
AT_ONCE: Final = 50
MOST: Final = 4_000
"""Happenings that are kept of a call; of some hours of talk that is all of them."""
ALWAYS: Final = frozenset(("swap", "fault", "ended"))
"""Kept past that, up to as many again: they are few unless much is wrong."""


class Happenings:
    """Gathers them and gives them to `write`, off the voice path. `now_ms` is the journal's time, Unix ms."""

    def __init__(self, write: Callable[[Mapping[str, Any]], None], now_ms: Callable[[], int]) -> None:
        self._write = write
        self._now_ms = now_ms
        self._waiting: list[dict[str, Any]] = []
        self._count = 0
        self._left_out = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def tell(self, what: What, *, since_ms: int = 0, **more: Any) -> None:
        """Hear of one. `since_ms`: it began so many ms ago. Never waits and never raises."""
        if self._closed:
            return
        if self._count >= (2 * MOST if what in ALWAYS else MOST):
            self._left_out += 1
            return
        self._count += 1
        self._waiting.append({"what": what, "at": self._now_ms() - since_ms, **more})
        if len(self._waiting) >= AT_ONCE:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)

    def close(self) -> None:
        """Have the rest written; nothing is heard from now on."""
        self.flush()
        self._closed = True

    def flush(self) -> None:
        """Have what waits written now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            written, self._waiting = self._waiting, []
            self._write({"events": written} | ({"left_out": self._left_out} if self._left_out else {}))
