"""What the tests of the meter let a model be asked, and how far it gets with an answer."""

import asyncio

from livekit.agents import APIConnectOptions, llm
from livekit.agents.llm import function_tool

from sandbox.clock import Clock
from sandbox.pace import Pace
from tiers.cascade import Cascade, connecting

LONG = "On and on it goes, and still it goes on. " * 20
RULES = "You keep somebody's tasks. Say what you did, in few words, and never more than you know. " * 80
"""Long enough for a vendor to cache."""


@function_tool(
    raw_schema={
        "name": "create_task",
        "description": "Add a task.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}},
    }
)
async def create_task(raw_arguments: dict[str, object]) -> str:
    return "never run here"


class Breath(Pace):
    """The pace of a model that makes so many tokens and then none, until whoever asked has gone.

    A model that goes on is further by the time that it hears of an interruption, and on a busy machine as far as it
    likes: with this one no more is under way than a test lets be.
    """

    def __init__(self, tokens: int) -> None:
        super().__init__(Clock(), 0)
        self._left = tokens

    async def next(self) -> None:
        if self._left == 0:
            await asyncio.Event().wait()
        self._left -= 1


def asked(*said: str, rules: str = "You keep tasks.") -> llm.ChatContext:
    """A conversation, the caller first."""
    context = llm.ChatContext()
    context.add_message(role="system", content=rules)
    for number, text in enumerate(said):
        context.add_message(role="assistant" if number % 2 else "user", content=text)
    return context


def begin(
    economy: Cascade, context: llm.ChatContext, options: APIConnectOptions | None = None
) -> llm.LLMStream:
    return economy.llm.chat(
        chat_ctx=context, tools=[create_task], conn_options=options or connecting().llm_conn_options
    )


async def answered(economy: Cascade, context: llm.ChatContext) -> None:
    """Let the model answer to the end."""
    async with begin(economy, context) as stream:
        async for _ in stream:
            pass
