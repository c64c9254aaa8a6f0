"""Whether the caller heard a line of ours: a question that was cut off asks nothing."""

from __future__ import annotations

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle

from agent.phrase_match import words


def was_heard(speech: SpeechHandle, text: str, *, verbatim: bool) -> bool:
    """Whether a line that has ended was played to the end of its words. `verbatim`: it is said as it was given."""
    if speech.exception() is not None:
        return False
    if verbatim and not speech.interrupted:
        return True
    heard = " ".join(
        item.text_content or "" for item in speech.chat_items if isinstance(item, llm.ChatMessage)
    )
    # A speech-to-speech model is only asked to say our line: what counts is what it said.
    return words(text) == words(heard)[-len(words(text)) :]
