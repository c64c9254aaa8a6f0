"""A language model's answer, carried through the failure of the model: another one goes on where the caller is.

What follows a failure is a bridge and a whole answer, without the sentences that were said already. A sentence in which
the model failed may have been begun aloud; it is broken off there, and said anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, Final

from livekit.agents import APIError, llm

from agent.claims import only_true_claims
from agent.openings import OPENINGS
from agent.phrase_match import words
from agent.pieces import whole_sentences

MOST_TRIES: Final = 4
"""A model once more after a rate limit or an empty answer, and each of its alternatives."""
BRIDGE: Final = "One moment. "

Chunks = AsyncIterable[Any]


async def thinking(
    ask: Callable[[], Chunks],
    items: list[llm.ChatItem],
    another_mind: Callable[[APIError, int], Awaitable[bool]],
) -> AsyncIterator[Any]:
    """Give the answer that `ask` streams; after an error ask again where `another_mind` says that it helps.

    A turn that is answered with nothing at all counts as an error: a call of a tool that breaks off at the limit of
    tokens never comes out of the plugin (livekit-plugins-openai 1.8.9), and the caller would hear silence. Raises what
    the model raised when nothing helps.
    """
    said: list[str] = []
    begun = bridged = acted = False
    for attempt in range(MOST_TRIES):
        already = [words(each) for each in said if each.strip() not in OPENINGS]
        empty = _is_unanswered(items)
        spoken = ""
        try:
            # What was said already is known by whole sentences.
            async for chunk in only_true_claims(ask(), items, early=not begun):
                empty = empty and not _says_something(chunk)
                if isinstance(chunk, str):
                    if bridged and not spoken and chunk.strip() in OPENINGS:
                        continue  # the answer has begun
                    if already and words(chunk) == already[0]:
                        already.pop(0)
                        continue
                    already.clear()
                    spoken += chunk
                    begun = True
                elif isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and chunk.delta.tool_calls:
                    acted = True
                yield chunk
            if empty and attempt > 0:
                raise APIError("the model answered with nothing", retryable=True)
        except APIError as error:
            said += whole_sentences(spoken)
            if acted:  # the call is whole; what it leads to is asked for next
                return
            if attempt + 1 == MOST_TRIES or not await another_mind(error, attempt):
                raise
            if begun and not bridged:
                bridged = True
                yield BRIDGE
        else:
            if not empty:
                return


def _is_unanswered(items: list[llm.ChatItem]) -> bool:
    """Whether a turn of the caller stands last: after a tool a model may have nothing to add."""
    last = next((item for item in reversed(items) if item.type != "agent_config_update"), None)
    return isinstance(last, llm.ChatMessage) and last.role == "user"


def _says_something(chunk: Any) -> bool:
    if isinstance(chunk, str):
        return bool(chunk.strip())
    delta = chunk.delta if isinstance(chunk, llm.ChatChunk) else None
    return delta is not None and bool(delta.tool_calls or (delta.content or "").strip())
