"""A turn whose answer was broken off before its first sound, behind which nothing is said: it is answered after all.

A cough does that, and so do the caller's own last words where the detector of speech hears them later than they are
written. The library drops the answer then and waits for a turn, which never comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from agent.owed import Owed


class Unanswered:
    """Follows one session. After `seconds` in which nobody speaks, `ask` is called for what is owed and was dropped."""

    def __init__(
        self, session: AgentSession[Any], owed: Owed, *, ask: Callable[[], object], seconds: float
    ) -> None:
        self._session = session
        self._owed = owed
        self._ask = ask
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        session.on("speech_created", lambda event: event.speech_handle.add_done_callback(self._over))
        session.on("agent_state_changed", lambda _: self._look())
        session.on("user_state_changed", lambda _: self._look())

    def close(self) -> None:
        """Whoever owes it from now on is another."""
        self._closed = True
        self._look()

    def _over(self, speech: SpeechHandle) -> None:
        if speech.interrupted and self._owed.answer:
            self._owed.dropped = True
            self._look()

    @property
    def _is_forgotten(self) -> bool:
        return (
            self._owed.answer
            and self._owed.dropped
            and not self._closed
            and self._session.agent_state == "listening"
            and self._session.user_state != "speaking"
        )

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_forgotten:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._forgotten)

    def _forgotten(self) -> None:
        self._timer = None
        if self._is_forgotten and self._session.current_speech is None:
            self._ask()
