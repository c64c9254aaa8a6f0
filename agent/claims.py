"""Sentences that say something was done, held against what was done.

A language model sometimes answers «Done!» without having called a tool. Between the model and the voice each
sentence that claims an effect is compared with the tool results since the caller last spoke; without a success
behind it the sentence is not spoken. What can no longer become a claim need not wait for its sentence's end.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final

from livekit.agents import llm

from agent.claim_words import claims_an_effect, may_become_a_claim
from agent.pieces import Pieces, sentences_of

NOTHING_DONE: Final = "I haven't changed anything yet. Could you tell me once more what you would like?"

_ENDED: Final = re.compile(r"[.!?][\"'”’)]*\s*$")


def has_effect(items: Iterable[llm.ChatItem]) -> bool:
    """Whether a tool changed something since the caller last spoke."""
    changed = False
    for item in items:
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            changed = False
        elif isinstance(item, llm.FunctionCallOutput) and not item.is_error:
            changed = changed or is_change(_parsed(item.output))
    return changed


async def only_true_claims(
    chunks: AsyncIterable[Any], items: list[llm.ChatItem], *, early: bool = True
) -> AsyncIterator[llm.ChatChunk | str | Any]:
    """Pass a model's stream through, as a voice can be given it, without claims that no tool result supports.

    Chunks without text (tool calls, usage) pass at once. Text waits for the end of its sentence; the answer's first
    words do not, unless they may belong to a claim or `early` is not set.
    """
    supported = has_effect(items)
    pieces = Pieces(lambda words: supported or not may_become_a_claim(words), early=early)
    denied = acts = False
    async for chunk in chunks:
        text = chunk if isinstance(chunk, str) else _text_of(chunk)
        if not text or _calls_tools(chunk):
            acts = acts or _calls_tools(chunk)
            yield chunk
            continue
        for piece in pieces.take(text):
            if not supported and piece.ends and claims_an_effect(piece.sentence):
                denied = True
            else:
                yield piece.text
    for piece in pieces.rest():
        if not supported and claims_an_effect(piece.sentence):
            denied = True
        else:
            yield piece.text
    # A claim made ahead of a tool call is only early: the reply to the tool's result will tell.
    if denied and not acts:
        yield NOTHING_DONE


class ClaimWatch:
    """Listens to words that are already on their way to the caller, for a claim that nothing supports.

    A speech-to-speech model's history is no witness: the caller's words may be written into it long after the
    tools that they led to have run. `supported` asks the call itself.
    """

    def __init__(self, supported: Callable[[], bool]) -> None:
        self._supported = supported
        self._sentence = ""

    def hears_a_lie(self, piece: str) -> bool:
        """Take the next words; true as soon as a finished sentence claims an effect that did not happen."""
        *sentences, self._sentence = sentences_of(self._sentence + piece)
        if _ENDED.search(self._sentence):
            sentences.append(self._sentence)
        return any(claims_an_effect(sentence) for sentence in sentences) and not self._supported()


def _text_of(chunk: Any) -> str:
    if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None:
        return chunk.delta.content or ""
    return ""


def _calls_tools(chunk: Any) -> bool:
    return isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and bool(chunk.delta.tool_calls)


def is_change(result: Mapping[str, Any]) -> bool:
    """Whether a tool's structured result says that something was changed (or had been, when it is repeated)."""
    return "error" not in result and (bool(result.get("changed")) or "undone" in result)


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        result = json.loads(output)
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}
