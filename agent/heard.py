"""Whether the caller heard a line of ours: a question that was cut off asks nothing, and a reminder reminds nobody."""

from __future__ import annotations

from typing import TypeAlias

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle

from agent.followed import Followed
from agent.phrase_match import words

Spoken: TypeAlias = SpeechHandle | Followed


def was_heard(speech: Spoken, text: str, *, verbatim: bool) -> bool:
    """Whether a line that has ended was played to the end of its words. `verbatim`: it is said as it was given."""
    if _failed(speech):
        return False
    if verbatim and not speech.interrupted:
        return True
    # A speech-to-speech model is only asked to say our line: what counts is what it said.
    said = words(_heard(speech))
    return words(text) == said[-len(words(text)) :]


def was_heard_within(speech: Spoken, line: str, *, verbatim: bool) -> bool:
    """Whether of a speech that has ended one line was heard, whatever became of the rest. `verbatim` as above."""
    if _failed(speech):
        return False
    if not speech.interrupted:
        # A speech-to-speech model that spoke to its end put the line in words of its own.
        return verbatim or bool(_heard(speech))
    return f" {' '.join(words(line))} " in f" {' '.join(words(_heard(speech)))} "


def _failed(speech: Spoken) -> bool:
    """Whether nothing came of it. A line whose voice failed ends like a good one, but leaves nothing in the history."""
    return speech.exception() is not None or not speech.chat_items


def _heard(speech: Spoken) -> str:
    return " ".join(
        item.text_content or "" for item in speech.chat_items if isinstance(item, llm.ChatMessage)
    )
