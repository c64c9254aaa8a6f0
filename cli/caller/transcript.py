"""Both sides of the conversation in words, from the room's `lk.transcription` text streams.

livekit-agents 1.8.9 sends the agent's words as one stream a segment, piece by piece, closed with
`lk.transcription_final`; the caller's words come as a new stream for each version of a segment, sent in the
caller's own name.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from livekit import rtc

from cli.caller.changes import Changes

TOPIC = "lk.transcription"
SEGMENT_ID = "lk.segment_id"
FINAL = "lk.transcription_final"
MAX_SEGMENT = 20_000


@dataclass
class Segment:
    """A stretch of words by one side."""

    id: str
    by_agent: bool
    opened_at: float
    """`time.monotonic()` of its first piece."""
    text: str = ""
    open: bool = True
    writer: str = ""
    """Who writes it, by identity."""


class Transcript:
    """All segments in the order they began."""

    def __init__(
        self, changes: Changes, is_agent: Callable[[str], bool], show: Callable[[Segment], None]
    ) -> None:
        """`is_agent`: whether an identity is an agent's, or was before another took the call over."""
        self.segments: list[Segment] = []
        self._changes = changes
        self._is_agent = is_agent
        self._show = show
        self._by_id: dict[tuple[bool, str], Segment] = {}

    async def read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        """Read one stream to its end. A stream that breaks off closes its segment with what came."""
        by_agent = self._is_agent(identity)
        segment_id = (reader.info.attributes or {}).get(SEGMENT_ID, reader.info.stream_id)
        segment = self._segment(by_agent, segment_id)
        segment.writer = identity
        so_far = ""
        try:
            async for piece in reader:
                so_far = (so_far + piece)[:MAX_SEGMENT]
                segment.text = so_far
                segment.open = True
                self._changes.notify()
        except rtc.StreamError:
            pass  # the room closed in the middle of it: what came is kept
        finally:
            reader.close()
            final = (reader.info.attributes or {}).get(FINAL, "true") == "true"
            segment.open = not final and not by_agent
            if final:
                self._show(segment)
            self._changes.notify()

    def words(self, *, by_agent: bool, since: float, until: float = float("inf")) -> str:
        """What one side said in segments that began in a span of time."""
        return " ".join(
            segment.text.strip()
            for segment in self.segments
            if segment.by_agent == by_agent and since < segment.opened_at <= until and segment.text.strip()
        )

    def begin_anew(self) -> None:
        """Forget what was said until now."""
        self.segments.clear()
        self._by_id.clear()

    def agent_is_writing(self) -> bool:
        """Whether a segment of the agent's is not complete yet."""
        return any(segment.by_agent and segment.open for segment in self.segments)

    def left(self, identity: str) -> None:
        """Somebody is gone, and completes nothing any more."""
        for segment in self.segments:
            if segment.writer == identity:
                segment.open = False
        self._changes.notify()

    def _segment(self, by_agent: bool, segment_id: str) -> Segment:
        key = (by_agent, segment_id)
        if key not in self._by_id:
            self._by_id[key] = Segment(segment_id, by_agent, time.monotonic())
            self.segments.append(self._by_id[key])
        return self._by_id[key]
