"""Sentences that say something was done, held against what was done.

A language model sometimes answers «Done!» without having called a tool. Between the model and the voice each
sentence that claims an effect is compared with the tool results since the caller last spoke; without a success
behind it the sentence is not spoken.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final

from livekit.agents import llm

NOTHING_DONE: Final = "I haven't changed anything yet. Could you tell me once more what you would like?"

_DID: Final = (
    r"(?:added|created|saved|scheduled|deleted|removed|erased|cleared|completed|finished|marked|ticked|checked off"
    r"|updated|changed|renamed|moved|rescheduled|postponed|undone|undid|restored|cancelled|canceled)"
)
_CLAIM: Final = re.compile(
    rf"\b(?:i|we)(?:'ve| have|'d| had)?(?: just| now| also| already)? {_DID}\b"
    rf"|\b(?:is|are|was|were|has been|have been|been) (?:now |just |successfully |both )*{_DID}\b"
    rf"|^(?:ok(?:ay)?|sure|great|alright|all right|perfect|yes)?[,.! ]*(?:all |both |it's |it is |that's |that is )*"
    rf"(?:done|all set|taken care of|{_DID})\b(?! (?:tasks?|items?|yesterday|on|at|in)\b)",
    re.IGNORECASE,
)
_DENIAL: Final = re.compile(
    r"\b(?:not|n't|nothing|no|never|unable|failed|couldn't|cannot|can't|if|would|shall|should|want)\b|n't\b",
    re.IGNORECASE,
)
_ENDED: Final = re.compile(r"[.!?][\"'”’)]*\s*$")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])(?:[\"'”’)]*)\s+|\n+")


def claims_an_effect(sentence: str) -> bool:
    """Whether a sentence of ours says that something was changed. Questions and denials do not."""
    plain = sentence.strip().replace("’", "'")
    if plain.endswith("?") or _DENIAL.search(plain):
        return False
    return _CLAIM.search(plain) is not None


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
    chunks: AsyncIterable[Any], items: list[llm.ChatItem]
) -> AsyncIterator[llm.ChatChunk | str | Any]:
    """Pass a model's stream through, sentence by sentence, without claims that no tool result supports.

    Chunks without text (tool calls, usage) pass at once. Text waits for the end of its sentence, which the voice
    waits for as well.
    """
    supported = has_effect(items)
    held = ""
    denied = acts = False
    async for chunk in chunks:
        text = chunk if isinstance(chunk, str) else _text_of(chunk)
        if not text or _calls_tools(chunk):
            acts = acts or _calls_tools(chunk)
            yield chunk
            continue
        held += text
        *sentences, held = sentences_of(held)
        for sentence in sentences:
            if not supported and claims_an_effect(sentence):
                denied = True
            else:
                yield sentence
    if held.strip():
        if not supported and claims_an_effect(held):
            denied = True
        else:
            yield held
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


def sentences_of(text: str) -> list[str]:
    """Split a text into sentences with the white space that follows them; the last piece may be unfinished."""
    pieces: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return pieces


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
