"""The words of turns that were committed to a speech-to-speech vendor, which writes each down when it pleases.

They may come before anybody asks for them: livekit commits a turn first and then breaks off what is being said. One
turn's words taken for another's would let an old «yes» answer a new question, so nothing is counted that is not known
to have been written to the very connection that answers.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Final

_KEPT: Final = 16
"""Turns whose words are kept; nobody asks for older ones."""

_COMMIT: Final = "input_audio_buffer.commit"
_WRITTEN: Final = "conversation.item.input_audio_transcription."


class CommittedTurns:
    """Follows one session's commits and what comes of them, as OpenAI's Realtime API (GA) tells it.

    The vendor gives the item ids of commits in their order, and words by item id. A commit is known by the id of its
    event: it may wait in a queue while the socket is dialled, and what was written to a dead one is never answered.
    """

    def __init__(self) -> None:
        self._count = 0
        self._turn: str | None = None
        """The newest turn, by the id of its commit; None where nothing of it was sent."""
        self._unanswered: deque[str] = deque()
        """Commits that were written to this connection and not acknowledged yet."""
        self._items: OrderedDict[str, str] = OrderedDict()
        """Items by commit; empty where there is none."""
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._changed = asyncio.Event()

    def over(self) -> None:
        """A turn is over; its sound may be committed now."""
        self._turn = None

    def commits(self) -> str:
        """Commit the turn's sound; gives the id for the event."""
        self._count += 1
        self._turn = f"commit_{self._count}"
        return self._turn

    def client_event(self, event: Mapping[str, Any]) -> None:
        """Take an event that is being written to the socket."""
        if event.get("type") == _COMMIT:
            self._unanswered.append(str(event.get("event_id", "")))

    def reconnected(self) -> None:
        """Another connection serves from now on: what the last one was asked is lost."""
        for commit in self._unanswered:
            self._items[commit] = ""
        self._unanswered.clear()
        self._bound()

    def server_event(self, event: Mapping[str, Any]) -> None:
        """Take an event of the vendor's."""
        kind = str(event.get("type", ""))
        if kind == "input_audio_buffer.committed":
            if self._unanswered:
                self._items[self._unanswered.popleft()] = str(event.get("item_id", ""))
        elif kind == "error" and (event.get("error") or {}).get("code") == "input_audio_buffer_commit_empty":
            self._refused(str((event.get("error") or {}).get("event_id") or ""))
        elif kind in (_WRITTEN + "completed", _WRITTEN + "failed"):
            self._texts[str(event.get("item_id", ""))] = str(event.get("transcript") or "")
        else:
            return
        self._bound()

    def _refused(self, commit: str) -> None:
        if commit not in self._unanswered:
            if not self._unanswered:
                return
            commit = self._unanswered[0]
        self._unanswered.remove(commit)
        self._items[commit] = ""

    def _bound(self) -> None:
        for kept in (self._items, self._texts):
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        self._changed.set()

    async def words(self, within: float) -> str:
        """The newest turn's words; empty where nothing was said or nobody wrote it down in so many seconds."""
        turn = self._turn
        if turn is None:
            return ""
        try:
            async with asyncio.timeout(within):
                while True:
                    item = self._items.get(turn)
                    if item is not None and (not item or item in self._texts):
                        return self._texts.get(item, "")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return ""
