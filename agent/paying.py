"""A session gives the caller what the one before it owed: a question, the rest of a sentence, an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from livekit.agents import llm

from agent.conversation import Conversation
from agent.owed import Leftover
from agent.ring import Ring
from agent.tier_session import TierSession

TURN_SECONDS: Final = 4.0
"""In what was replayed a turn ends by then, or there was none."""
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
    if conversation.puts_question():
        return True
    if left.rest:
        session.say(left.rest)
        return True
    if not left.owes_answer and not results:
        return False
    if ring.is_open and await _turn_comes(session):
        return True  # it answers what came before as well
    if left.heard:
        session.reply(instructions=GO_ON.format(heard=left.heard))
    else:
        session.reply()
    return True


async def _turn_comes(session: TierSession) -> bool:
    """Whether a turn ends in what was replayed."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await session.turn_ended.wait()
    except TimeoutError:
        return session.session.user_state == "speaking"
    return True
