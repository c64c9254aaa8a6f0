"""The first words of a worker that goes on with a call which another one began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent import persona
from agent.cut_off import CutOff
from agent.thread import Thread
from agent.whoever_serves import WhoeverServes

HEARS_SECONDS: Final = 0.5
"""So long a session that has just begun may take to hear that somebody speaks: what was said before it comes all at once."""


async def go_on_from(
    thread: Thread, cut_off: CutOff | None, *, turn: Callable[[], int], ours: WhoeverServes
) -> None:
    """Say that we are here again, unless a recording has, and answer what the caller is owed. Who has talked on meanwhile
    is answered anyway.
    """
    told = cut_off is not None and await cut_off.was_said()
    await ours.quiet(rest=HEARS_SECONDS)  # who says it again already is answered to that
    if thread.history is None:
        await ours.say(persona.THREAD_LOST_TOO if told else persona.THREAD_LOST)
        return
    if turn() != thread.turn:
        return
    if not told:
        await ours.say(persona.CUT_OFF)
    if thread.owes_answer:
        await ours.reply()
