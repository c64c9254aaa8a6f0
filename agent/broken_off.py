"""What the caller's voice has kept from being heard: said after all where it was only a murmur, by whoever serves then."""

from __future__ import annotations

import asyncio
from typing import Final

from agent.owed import OwnLine

JUDGED_SECONDS: Final = 5.0
"""A turn is over, written and judged within so long after it has broken us off, or there was none."""


class BrokenOff:
    """The newest of what was broken off. Who follows a line of ours in it hears that it is over, or what is said of it."""

    def __init__(self) -> None:
        self._line = OwnLine("")
        self._timer: asyncio.TimerHandle | None = None

    @property
    def text(self) -> str:
        """What was not heard; empty where nothing was broken off, or not all of it is known."""
        return self._line.text

    def cut(self, line: OwnLine) -> None:
        """So much of it was not heard."""
        self.forget()
        self._line = line
        for each in line.followed:
            each.paused()
        if line.followed:
            self._timer = asyncio.get_running_loop().call_later(JUDGED_SECONDS, self.judged)

    def judged(self) -> None:
        """It was a turn, or nothing: nobody is to say the rest, unless a murmur comes after all."""
        line = self.take()
        line.ended()
        self._line = OwnLine(line.text)

    def forget(self) -> None:
        """Something else is said."""
        self.judged()
        self._line = OwnLine("")

    def take(self) -> OwnLine:
        """Give it to whoever says it, or to a successor that may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        line, self._line = self._line, OwnLine("")
        return line
