"""The words of turns that were committed to a speech-to-speech vendor, which writes each down when it pleases.

They may come before anybody asks for them: livekit commits a turn first and then breaks off what is being said.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

_KEPT: Final = 16
"""Turns whose words are kept; nobody asks for older ones."""

_WRITTEN: Final = "conversation.item.input_audio_transcription."


class CommittedTurns:
    """Follows one session's commits and what comes of them, as OpenAI's Realtime API (GA) tells it.

    The vendor gives a commit's item id in the order of the commits, and the words by item id.
    """

    def __init__(self) -> None:
        self._sent = self._acknowledged = 0
        self._turn: int | None = None
        """The newest turn, by the number of its commit; None where nothing of it was sent."""
        self._items: OrderedDict[int, str] = OrderedDict()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._changed = asyncio.Event()

    def over(self) -> None:
        """A turn is over; its sound may be committed now."""
        self._turn = None

    def sent(self) -> None:
        """The turn's sound was committed."""
        self._sent += 1
        self._turn = self._sent

    def server_event(self, event: Mapping[str, Any]) -> None:
        """Take an event of the vendor's."""
        kind = str(event.get("type", ""))
        if kind == "session.created":  # a new connection knows nothing of older commits
            self._acknowledged = self._sent
        elif kind == "input_audio_buffer.committed":
            self._acknowledge(str(event.get("item_id", "")))
        elif kind == "error" and (event.get("error") or {}).get("code") == "input_audio_buffer_commit_empty":
            self._acknowledge("")
        elif kind in (_WRITTEN + "completed", _WRITTEN + "failed"):
            self._texts[str(event.get("item_id", ""))] = str(event.get("transcript") or "")
        else:
            return
        for kept in (self._items, self._texts):
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        self._changed.set()

    def _acknowledge(self, item: str) -> None:
        self._acknowledged += 1
        self._items[self._acknowledged] = item
        if not item:
            self._texts[item] = ""

    async def words(self, within: float) -> str:
        """The newest turn's words; empty where nothing was said or nobody wrote it down in so many seconds."""
        turn = self._turn
        try:
            async with asyncio.timeout(within):
                while turn is not None and self._items.get(turn) not in self._texts:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return ""
        return self._texts[self._items[turn]] if turn is not None else ""
