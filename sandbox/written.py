"""What an ear beside a speech-to-speech model has written, for the stand-in of that model.

Both hear the same words. Real ones share nothing; here they share two processors, and the work is done once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

_MAX_SHEETS = 500


@dataclass(slots=True, eq=False)
class Sheet:
    """The utterances of one call since its last turn was over."""

    texts: list[str] = field(default_factory=list)
    _at_work: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        """Somebody begins to speak."""
        self._at_work += 1
        self._done.clear()

    def add(self, text: str) -> None:
        """An utterance was understood."""
        self.texts.append(text)
        self._at_work -= 1
        self._done.set()

    def close(self) -> None:
        """The ear is gone: nobody finishes what it was at."""
        self._at_work = 0
        self._done.set()

    async def turn(self, within: float) -> str:
        """The words of the turn that is over, if one utterance was all of it; empty where they have to be heard anew.

        An ear that was given pieces understands each worse than one that is given the whole.
        """
        try:
            async with asyncio.timeout(within):
                while self._at_work > 0:
                    self._done.clear()
                    await self._done.wait()
        except TimeoutError:
            return ""
        texts, self.texts = self.texts, []
        return texts[0] if len(texts) == 1 else ""


class Written:
    """A sheet for each call that has such an ear; the longest unused one goes first."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[str, Sheet] = OrderedDict()

    def sheet(self, tag: str) -> Sheet:
        """An empty sheet for a call."""
        self._sheets.pop(tag, None)
        made = self._sheets[tag] = Sheet()
        while len(self._sheets) > _MAX_SHEETS:
            self._sheets.popitem(last=False)
        return made

    def forget(self, tag: str) -> None:
        """What was said is no turn."""
        if (sheet := self._sheets.get(tag)) is not None:
            sheet.texts.clear()

    async def turn(self, tag: str, within: float) -> str:
        """The words of a call's turn that is over; empty where they have to be heard."""
        sheet = self._sheets.get(tag)
        return await sheet.turn(within) if sheet is not None else ""
