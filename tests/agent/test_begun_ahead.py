"""An answer that was begun before the turn was over, to a turn that the call itself deals with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import AgentSession, StopResponse, llm
from livekit.agents.voice.audio_recognition import _PreemptiveGenerationInfo
from typing_extensions import override

from agent.task_agent import TaskAgent

pytestmark = pytest.mark.unit


class Mind(llm.LLM[Any]):
    """Is never asked: the agent of these tests thinks by itself."""

    @override
    def chat(self, **_: Any) -> llm.LLMStream:
        raise AssertionError


class Thinking(TaskAgent):
    """Thinks until it is broken off."""

    def __init__(self, *, whole: str | None, is_for_us: bool) -> None:
        async def whole_turn(_text: str) -> str | None:
            return whole

        async def on_turn(_text: str | None) -> bool:
            return is_for_us

        listener: Any = SimpleNamespace(on_turn=on_turn)
        turns: Any = SimpleNamespace(
            whole_turn=whole_turn,
            on_turn_ended=lambda: None,
            on_turn_taken=lambda: None,
            on_turn_left=lambda _text: None,
        )
        parts: Any = None
        super().__init__(
            instructions="", tools=[], listener=listener, turns=turns, parts=parts, words=None, chat_ctx=None
        )
        self.thinks, self.is_broken_off = asyncio.Event(), asyncio.Event()

    @override
    async def llm_node(self, *_: Any) -> AsyncIterable[str]:
        self.thinks.set()
        try:
            await asyncio.Event().wait()
            yield ""
        finally:
            self.is_broken_off.set()


async def begun(agent: Thinking) -> AgentSession[None]:
    """A session of livekit's own that has begun to answer before the turn is over."""
    session: AgentSession[None] = AgentSession(llm=Mind())
    await session.start(agent, record=False)
    agent._get_activity_or_raise().on_preemptive_generation(_PreemptiveGenerationInfo("Goodbye.", 1.0, None))
    await asyncio.wait_for(agent.thinks.wait(), 5)
    return session


@pytest.mark.parametrize("whole", ["Goodbye.", None])
async def test_an_answer_that_nobody_will_hear_is_thought_no_further(whole: str | None) -> None:
    agent = Thinking(whole=whole, is_for_us=True)
    session = await begun(agent)
    with pytest.raises(StopResponse):
        await agent.on_user_turn_completed(
            agent.chat_ctx.copy(), llm.ChatMessage(role="user", content=["Goodbye."])
        )
    await asyncio.wait_for(agent.is_broken_off.wait(), 3)
    await session.aclose()


async def test_an_answer_to_a_turn_that_is_the_models_goes_on() -> None:
    agent = Thinking(whole="What is due?", is_for_us=False)
    session = await begun(agent)
    await agent.on_user_turn_completed(
        agent.chat_ctx.copy(), llm.ChatMessage(role="user", content=["What is due?"])
    )
    activity = agent._get_activity_or_raise()
    assert activity._preemptive_generation is not None
    assert not activity._preemptive_generation.speech_handle.interrupted
    await session.aclose()
