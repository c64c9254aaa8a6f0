"""How far a call has come, as it goes from one worker to another: what it takes over there, and what it leaves here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from agent.owed import unsaid
from agent.swap import paired, with_earlier
from agent.thread import Thread
from agent.tools import Toolbox
from agent.turn_taking import TurnTaking

if TYPE_CHECKING:
    from agent.serving import Serving

LEAVING_SECONDS: Final = 5.0
"""How long a call that is to be handed over waits for a pause. A turn that ends later is in nobody's history, and its
caller has to say it again: on a machine with nothing to spare the end of one was told of 2.2 s after its last word, and a
wait of 3 s was too short (measured).
"""
HANDED_OVER_SECONDS: Final = 2.5
"""How long a call that is handed over waits for what a tool answers, behind the wait for a pause: its worker is gone 8 s
after it was told to hand over."""


class HandingOn:
    """One call's way from a worker and to another. `serving`: what serves it here, once something does."""

    def __init__(self, toolbox: Toolbox, turns: TurnTaking, serving: Callable[[], Serving | None]) -> None:
        self._toolbox = toolbox
        self._turns = turns
        self._serving = serving
        self._came: Thread | None = None
        """How far another worker had come, until a session of ours has begun."""
        self._leaves_since: float | None = None
        self.is_done = False
        """The call is handed over: another worker serves it."""

    def goes_on_from(self, thread: Thread) -> None:
        """Take up what another worker had come to."""
        self._came, self._turns.number = thread, thread.turn
        self._toolbox.requests.goes_on_from(thread.requests)
        self._toolbox.changes.goes_on_from(thread.changes)

    def begun(self) -> None:
        """A session of ours has begun: from now on it knows how far the call is."""
        self._came = None

    def leaves(self) -> None:
        """The call waits for a pause, to be handed over in it."""
        self._leaves_since = time.monotonic()

    @property
    def thread(self) -> Thread:
        """How far the call has come."""
        if self._came is not None:
            return self._came
        serving = self._serving()
        return Thread(
            self._turns.number,
            serving.session.history if serving is not None else None,
            self._toolbox.requests.known(),
            self._toolbox.changes.known(),
        )

    async def hand_over(self) -> Thread:
        """Serve no more; gives how far the call has come, for another worker, with what tools did that no answer tells.

        Waits 2.5 s at most for those that run, and less after a wait for a pause: 6.3 s for both. What of an answer was
        not heard is not in it, so that it is given anew.
        """
        self.is_done = True
        waited = time.monotonic() - self._leaves_since if self._leaves_since is not None else 0.0
        within = min(HANDED_OVER_SECONDS, LEAVING_SECONDS + HANDED_OVER_SECONDS / 2 - waited)
        await self._toolbox.finish(within=max(0.0, within))
        self._toolbox.close()
        # A turn that ended from now on would be in nobody's history.
        serving = self._serving()
        left = await serving.leave() if serving is not None else None
        if left is not None:
            left.end()
        thread = self.thread
        if left is None or thread is self._came:
            return thread
        history, goes_on = left.history, self._toolbox.runs_for_model
        if left.owes_answer or left.rest or goes_on:
            history = unsaid(history, whole=goes_on)
        history = with_earlier(history, self._toolbox.done_earlier())
        return replace(thread, history=paired(history, *self._toolbox.done(), *self._toolbox.untold()))
