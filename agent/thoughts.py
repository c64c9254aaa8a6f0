"""A language model's answer, carried through the failure of the model: another one goes on where the caller is.

A half sentence never reaches the voice, so what follows a failure is a bridge and a whole answer, without the
sentences that were said already.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, Final

from livekit.agents import APIError, llm

from agent.claims import only_true_claims
from agent.phrase_match import words

MOST_TRIES: Final = 4
"""A model once more after a rate limit, and each of its alternatives."""
BRIDGE: Final = "One moment. "

Chunks = AsyncIterable[Any]


async def thinking(
    ask: Callable[[], Chunks],
    items: list[llm.ChatItem],
    another_mind: Callable[[APIError, int], Awaitable[bool]],
) -> AsyncIterator[Any]:
    """Give the answer that `ask` streams; after an error ask again where `another_mind` says that it helps.

    Raises what the model raised when nothing helps.
    """
    said: list[str] = []
    bridged = acted = False
    for attempt in range(MOST_TRIES):
        already = [words(each) for each in said]
        try:
            async for chunk in only_true_claims(ask(), items):
                if isinstance(chunk, str):
                    if already and words(chunk) == already[0]:
                        already.pop(0)
                        continue
                    already.clear()
                    said.append(chunk)
                elif isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and chunk.delta.tool_calls:
                    acted = True
                yield chunk
        except APIError as error:
            if acted:  # the call is whole; what it leads to is asked for next
                return
            if attempt + 1 == MOST_TRIES or not await another_mind(error, attempt):
                raise
            if said and not bridged:
                bridged = True
                yield BRIDGE
        else:
            return
