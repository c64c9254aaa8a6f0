"""The conversation in the history of a session's agent: read, added to, shortened, forgotten."""

from __future__ import annotations

import logging

from livekit.agents import llm

from agent.history import shortened
from agent.task_agent import TaskAgent

log = logging.getLogger("agent.session_history")


def conversation(agent: TaskAgent, asked: llm.ChatMessage | None) -> llm.ChatContext:
    """The conversation as the model knows it, without instructions.

    `asked`: a turn that the model is to answer; the library puts it into the history when the answer begins.
    """
    history = agent.chat_ctx.copy(exclude_instructions=True, exclude_handoff=True, exclude_config_update=True)
    if asked is not None:
        said = [item for item in history.messages() if item.role == "user"]
        if not said or said[-1].text_content != asked.text_content:
            history.items.append(asked)
    return history


async def remember(agent: TaskAgent, *items: llm.ChatItem) -> None:
    """Add to the history what happened without the model."""
    if not items:
        return
    history = agent.chat_ctx.copy()
    history.items.extend(items)
    await agent.update_chat_ctx(history)


async def forget(agent: TaskAgent) -> None:
    """Drop what was said until now: it is another conversation."""
    said = (llm.ChatMessage, llm.FunctionCall, llm.FunctionCallOutput)
    history = agent.chat_ctx.copy()
    history.items = [
        item
        for item in history.items
        if not isinstance(item, said)
        or (isinstance(item, llm.ChatMessage) and item.role in ("system", "developer"))
    ]
    await agent.update_chat_ctx(history)


async def shorten(agent: TaskAgent, *, keeps_spoken_turns: bool) -> None:
    """Put old turns into words where it pays; while a turn is on its way nothing is touched.

    `keeps_spoken_turns`: the model itself holds what the caller spoke.
    """
    if (shorter := shortened(agent.chat_ctx.items)) is None:
        return
    if keeps_spoken_turns:
        there = agent.realtime_llm_session.chat_ctx.items
        if there and agent.chat_ctx.get_by_id(there[-1].id) is None:
            return
    try:
        await agent.update_chat_ctx(llm.ChatContext(shorter))
    except llm.RealtimeError as error:
        # The vendor keeps what it had, which costs more and loses nothing.
        log.warning("history.not_shortened", extra={"error": type(error).__name__})
