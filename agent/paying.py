"""A session gives the caller what the one before it owed: a question, the rest of a sentence, an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from livekit.agents import llm

from agent import persona
from agent.conversation import Conversation
from agent.owed import Leftover, asks_for_answer
from agent.ring import Ring
from agent.tier_session import TierSession

TURN_SECONDS: Final = 1.5
"""In what was replayed a turn ends so long after its words have come, or there was none."""
GO_ON: Final = (
    "Because of a technical problem your last answer was cut off. The caller heard only this much of it: "
    "«{heard}». Finish that answer without saying again what was heard, and without mentioning the problem."
)


async def pay(
    session: TierSession,
    left: Leftover,
    results: Sequence[llm.ChatItem],
    *,
    conversation: Conversation,
    ring: Ring,
) -> bool:
    """Give what is owed. `results`: tools that ended since, as calls and outputs. False where nothing was owed."""
    await session.remember(*results)
    asks = conversation.puts_question()
    if left.rest and (left.is_ours or not asks):  # said at once, and so before the question
        session.say(left.rest, followed=left.followed)
        return True
    if asks:
        return True
    if not left.owes_answer and not results:
        return False
    if ring.is_open and await _turn_comes(session):
        return True  # it answers what came before as well
    if left.heard:
        session.reply(instructions=GO_ON.format(heard=left.heard))
    elif asks_for_answer(session.history):
        session.reply()
    else:  # the turn that is owed an answer is lost
        session.say(persona.LOST_THE_THREAD)
    return True


async def _turn_comes(session: TierSession) -> bool:
    """Whether a turn ends in what was replayed."""
    try:
        async with asyncio.timeout(session.patience.words + TURN_SECONDS):
            await session.turn_ended.wait()
    except TimeoutError:
        return session.session.user_state == "speaking"
    return True
