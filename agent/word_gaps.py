"""The white space between the words that a voice announces, as it stands in their text.

A plugin that gets a sentence in pieces knows nothing of the next piece while it gives the last word of one, and leaves
the space between them out (livekit-plugins-cartesia 1.8.9): «three tasksfor today» would stand in the history.
"""

from __future__ import annotations

from livekit.agents.types import TimedString


class WordGaps:
    """Follows the words of one text, in their order."""

    def __init__(self) -> None:
        self._at = 0
        """Where in the text the last word ended."""
        self._last = ""

    def before(self, word: TimedString, text: str) -> TimedString:
        """Give the next word, with a space before it where the text has one and nobody gave it."""
        bare = word.strip()
        found = text.find(bare, self._at) if bare else -1
        gap = text[self._at : found] if found >= 0 else ""
        open_ended = bool(self._last) and not self._last[-1].isspace() and not word[:1].isspace()
        self._last = word or self._last
        if found >= 0:
            self._at = found + len(bare)
        return _behind_a_space(word) if open_ended and gap.isspace() else word


def _behind_a_space(word: TimedString) -> TimedString:
    return TimedString(
        f" {word}",
        start_time=word.start_time,
        end_time=word.end_time,
        confidence=word.confidence,
        start_time_offset=word.start_time_offset,
        speaker_id=word.speaker_id,
    )
