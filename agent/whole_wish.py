"""A wish for several things whose model calls one tool a reply: it is asked for the others before the caller is asked.

A call that is held asks for no answer of the model's. The rest of «complete A, B and C» would be neither done nor spoken
of, since what a yes releases is told by us. So the question waits for the model here, and is one question then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Final

from livekit.agents import FunctionToolsExecutedEvent

from agent.gate import Gate
from agent.phrase_match import consume, phrase_file, phrase_table, words

MORE: Final = (
    "If this wish of the caller's needs more calls, make them now, all in one reply. "
    "If not, say nothing: the question is asked by the system."
)


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

    def hear(self, event: FunctionToolsExecutedEvent, said: str) -> None:
        """Take the tools of one reply; `said`: the caller's words of this turn, as far as they are known."""
        pending = self._gate.pending
        if pending is None or len(event.function_calls) != 1 or event.has_tool_reply:
            return
        before, self._known = self._known, (pending.id, len(pending.actions))
        is_new = self._known != before and not pending.asked
        is_held = pending.actions[-1].tool == event.function_calls[0].name
        if is_new and is_held and is_of_several(said, pending.objects):
            output = event.function_call_outputs[0]
            output.output = json.dumps({**json.loads(output.output), "next": MORE})
            output.reply_required = True


@cache
def _several() -> dict[str, str]:
    return phrase_table(phrase_file("several"))
