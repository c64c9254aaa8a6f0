"""What is said while a tool takes its time, so that nobody hears a line that may be dead."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from livekit.agents import RunContext
from livekit.agents.voice import SpeechHandle

AFTER_SECONDS: Final = 1.5
"""Silence of the caller's and ours, while a tool runs, that is broken by a word."""
EVERY_SECONDS: Final = 6.5
"""And so long behind it, and as much silence again, by another: a slow write may take 20 s, the hold sound ends after 12."""
ONE_MOMENT: Final = "One moment."
STILL_AT_IT: Final = "I'm still on it."

Says = Callable[[str], SpeechHandle | None]
"""Says a line now, in the way of whatever serves; None where nothing can."""


@contextlib.asynccontextmanager
async def filled(ctx: RunContext[Any], say: Says, first: str = ONE_MOMENT) -> AsyncIterator[None]:
    """While the block lasts, break silences that are too long.

    livekit would say the line by the session's voice, and a model that speaks has none beside it.
    """

    def line(step: int) -> SpeechHandle | None:
        return say(STILL_AT_IT if step else first)

    async with ctx.with_filler(line, delay=AFTER_SECONDS, interval=EVERY_SECONDS):
        yield
