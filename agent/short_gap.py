"""A line that was gone for a moment, and a call that went on: what we said meanwhile was heard by nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from livekit.agents import llm

from agent import persona
from agent.whoever_serves import WhoeverServes

BEFORE_SECONDS: Final = 1.0
"""A line is told of as lost a little after nothing came through it any more."""


class ShortGap:
    """Tells a caller who is back that there was a gap, and what we had answered in it.

    Without that a restart of the room server left callers in silence until they asked anew: 11 s after their last word in
    two runs of two (`voicetasks bench restarts`), and 2.3 s with it.
    """

    def __init__(self, ours: WhoeverServes, history: Callable[[], llm.ChatContext]) -> None:
        """`history`: what was said until now, with the moments it was said at (Unix time)."""
        self._ours = ours
        self._history = history
        self._lost_at: float | None = None

    def lost(self) -> None:
        """The line was lost without a word, just now."""
        self._lost_at = self._lost_at or time.time()

    def forget(self) -> None:
        """Whoever is back hears of it by other words."""
        self._lost_at = None

    async def back(self) -> None:
        """The caller is here again: say so in the next pause, unless they are answered before it."""
        if (lost_at := self._lost_at) is None:
            return
        self._lost_at, back_at = None, time.time()
        await self._ours.quiet()
        since = [said for said in _answers(self._history()) if said.created_at >= lost_at - BEFORE_SECONDS]
        if any(said.created_at > back_at for said in since):
            return
        again = since[-1].text_content if since else None
        await self._ours.say(f"{persona.CUT_OFF} {again}" if again else persona.CUT_OFF)


def _answers(history: llm.ChatContext) -> list[llm.ChatMessage]:
    return [each for each in history.messages() if each.role == "assistant" and each.text_content]
