"""A line of ours that is over, as livekit leaves it."""

from __future__ import annotations

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle


def ended(said: str = "", *, interrupted: bool = False) -> SpeechHandle:
    """A line that is over, with the words that were heard of it."""
    speech = SpeechHandle.create()
    if interrupted:
        speech.interrupt()
    if said:
        speech._item_added([llm.ChatMessage(role="assistant", content=[said])])
    speech._mark_done()
    return speech
