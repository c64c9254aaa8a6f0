"""A wish for several things whose model calls one tool a reply: it is asked for the others before the caller is asked.

A call that is held asks for no answer of the model's. The rest of «complete A, B and C» would be neither done nor spoken
of, since what a yes releases is told by us. So the question waits for the model here, and is one question then.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Final

from livekit.agents import FunctionToolsExecutedEvent

from agent.gate import Gate
from agent.pauses import LOOK_SECONDS
from agent.phrase_match import consume, phrase_file, phrase_table, words
from agent.tier_session import TierSession

MORE: Final = (
    "If this wish of the caller's needs more calls, make them now, all in one reply. "
    "If not, say nothing: the question is asked by the system."
)

MORE_SECONDS: Final = 6.0
"""How long a question may wait for a model that has fallen silent."""
RESTS: Final = 2
"""So many looks at a session that does nothing any more show that it has nothing to do."""
RESTS_BEFORE: Final = 10
"""The same of one that has not begun to do anything: what a tool gave may be on its way to its vendor for a while."""


def is_of_several(said: str, titles: Iterable[str]) -> bool:
    """Whether words of the caller's ask for more than one thing, but for the words of these titles."""
    left = f" {' '.join(words(said))} "
    for title in titles:
        left = left.replace(f" {' '.join(words(title))} ", " ")
    return bool(consume(left.split(), _several())[0])


class WholeWish:
    """Has a model go on where it has called for one of several things. What it repeats is not asked for again."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._known = ("", 0)
        """The question that was held last, and for how many actions."""
        self.waits = False
        """Whether a model was asked for more and has not said that there is none."""

    def hear(self, event: FunctionToolsExecutedEvent, said: str) -> None:
        """Take the tools of one reply; `said`: the caller's words of this turn, as far as they are known."""
        pending, self.waits = self._gate.pending, False
        if pending is None or len(event.function_calls) != 1 or event.has_tool_reply:
            return
        before, self._known = self._known, (pending.id, len(pending.actions))
        is_new = self._known != before and not pending.asked
        is_held = pending.actions[-1].tool == event.function_calls[0].name
        if is_new and is_held and is_of_several(said, pending.objects):
            output = event.function_call_outputs[0]
            output.output = json.dumps({**json.loads(output.output), "next": MORE})
            output.reply_required = self.waits = True

    async def is_whole(self, session: TierSession) -> None:
        """Wait until the model has nothing more to call. One that speaks listens for a moment between two calls."""
        looks, most = 0, RESTS_BEFORE
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MORE_SECONDS):
                while looks < most and self.waits:
                    await asyncio.sleep(LOOK_SECONDS)
                    looks = looks + 1 if session.is_at_rest else 0
                    most = most if session.is_at_rest else RESTS


@cache
def _several() -> dict[str, str]:
    return phrase_table(phrase_file("several"))
