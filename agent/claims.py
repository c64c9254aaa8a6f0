"""Sentences that say something was done, held against what was done.

A language model sometimes answers «Done!» without having called a tool. Between the model and the voice each
sentence that claims an effect is compared with the tool results since the caller last spoke; without a success of
that kind behind it the sentence is not spoken. What can no longer become a claim need not wait for its sentence's end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Final

from livekit.agents import llm

from agent.claim_words import claims_of, may_be_begun
from agent.effects import Done, done_in
from agent.pieces import Pieces, sentences_of

NOTHING_DONE: Final = "I haven't changed anything yet. Could you tell me once more what you would like?"
NOT_ALL_DONE: Final = "I have to put that right: not all of it is done yet."

_ENDED: Final = re.compile(r"[.!?][\"'”’)]*\s*$")


def correction(done: Done) -> str:
    """What we say instead of a claim that is not true."""
    return NOT_ALL_DONE if done.happened else NOTHING_DONE


async def only_true_claims(
    chunks: AsyncIterable[Any], items: list[llm.ChatItem], *, early: bool = True
) -> AsyncIterator[llm.ChatChunk | str | Any]:
    """Pass a model's stream through, as a voice can be given it, without claims that no tool result supports.

    Chunks without text (tool calls, usage) pass at once. Text waits for the end of its sentence; the answer's first
    words do not, unless they may belong to a claim or `early` is not set.
    """
    done = done_in(items)
    pieces = Pieces(lambda words: may_be_begun(words, done), early=early)
    denied = acts = False
    async for chunk in chunks:
        text = chunk if isinstance(chunk, str) else _text_of(chunk)
        if not text or _calls_tools(chunk):
            acts = acts or _calls_tools(chunk)
            yield chunk
            continue
        for piece in pieces.take(text):
            if piece.ends and not _is_true(piece.sentence, done):
                denied = True
            else:
                yield piece.text
    for piece in pieces.rest():
        if not _is_true(piece.sentence, done):
            denied = True
        else:
            yield piece.text
    # A claim made ahead of a tool call is only early: the reply to the tool's result will tell.
    if denied and not acts:
        yield correction(done)


class ClaimWatch:
    """Listens to words that are already on their way to the caller, for a claim that nothing supports.

    A speech-to-speech model's history is no witness: the caller's words may be written into it long after the
    tools that they led to have run. `done` asks the call itself.
    """

    def __init__(self, done: Callable[[], Done]) -> None:
        self._done = done
        self._sentence = ""

    def hears_a_lie(self, piece: str) -> bool:
        """Take the next words; true as soon as a finished sentence claims an effect that did not happen."""
        *sentences, self._sentence = sentences_of(self._sentence + piece)
        if _ENDED.search(self._sentence):
            sentences.append(self._sentence)
        done = self._done()
        return not all(_is_true(sentence, done) for sentence in sentences)


def _is_true(sentence: str, done: Done) -> bool:
    return all(claim.is_true_of(done) for claim in claims_of(sentence))


def _text_of(chunk: Any) -> str:
    if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None:
        return chunk.delta.content or ""
    return ""


def _calls_tools(chunk: Any) -> bool:
    return isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and bool(chunk.delta.tool_calls)
