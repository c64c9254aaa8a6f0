"""Which gaps of a call the hold sound covers: a swap that owes something, and an answer that is late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.hold import THINKING_SECONDS, Hold
from agent.tier_session import TierSession


class Gaps:
    """The gaps of one call; without a hold sound none of them is covered."""

    def __init__(self, hold: Hold | None) -> None:
        self._hold = hold
        self._is_awaited = False
        """The caller of a parked call is back, and nothing serves them yet."""

    def cover(self) -> None:
        """A gap begins in which something is owed to the caller."""
        if self._hold is not None:
            self._hold.cover()

    def end(self) -> None:
        """Our voice is there, or nothing is owed: no more of the sound, unless somebody is back and waits."""
        if self._hold is not None and not self._is_awaited:
            self._hold.end()

    def awaited(self) -> None:
        """The caller of a parked call is back: the gap lasts until `taken_up`, whatever the session that leaves tells."""
        self._is_awaited = True
        self.cover()

    def taken_up(self) -> None:
        """Something serves them again or never will: the gap ends as any other."""
        self._is_awaited = False

    def follow(self, session: TierSession, *, serves: Callable[[], bool]) -> None:
        """Cover what a session's answers keep the caller waiting, while `serves`, until its voice is there."""
        if (hold := self._hold) is None:
            return

        def on_state(event: Any) -> None:
            over = event.old_state == "thinking" and not session.owes
            if event.old_state == "speaking" and event.new_state == "thinking":
                on_thought()  # «Sure.», and a tool runs
            if event.new_state == "speaking" or over:
                self.end()

        def on_thought() -> None:
            if serves() and session.stack.has_voice:
                hold.cover(THINKING_SECONDS)

        session.on("agent_state_changed", on_state)
        session.on_thought = on_thought
        session.while_speaking(hold.end)

    async def aclose(self) -> None:
        """Cover nothing any more and give the track back."""
        if self._hold is not None:
            await self._hold.aclose()
