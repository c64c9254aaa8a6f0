"""Whether somebody is still there: who says nothing for long is asked, and let go in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class SilencePatience:
    """How long a silent line is waited for, in seconds."""

    window: float = 10.0
    """In which neither side says anything: then the caller is asked, and each time it was in vain asked again."""
    asks: int = 2
    """How often that is, before the call ends."""
    wordless: float = 180.0
    """Sound in which there is no word (music on hold, a street) for so long is nobody either."""


class Silence:
    """Counts the silence of one call. `on_ask` gets the number of the question, from 1 on."""

    def __init__(
        self,
        patience: SilencePatience,
        *,
        is_busy: Callable[[], bool],
        on_ask: Callable[[int], None],
        on_gone: Callable[[], None],
    ) -> None:
        self._patience = patience
        self._is_busy = is_busy
        self._on_ask = on_ask
        self._on_gone = on_gone
        self._asked = 0
        self._we_are_silent = self._caller_sounds = self._closed = False
        self._window: asyncio.TimerHandle | None = None
        self._wordless: asyncio.TimerHandle | None = None

    def we(self, state: str) -> None:
        """Hear our own state: only while we listen does the caller's silence count, and then from its beginning."""
        self._we_are_silent = state == "listening"
        self._begin()

    def caller_sounds(self, sounding: bool) -> None:
        """Hear from the detector of speech. It takes music for speech, so this alone is no caller."""
        self._caller_sounds = sounding
        if sounding and self._wordless is None and not self._closed:
            later = asyncio.get_running_loop().call_later
            self._wordless = later(self._patience.wordless, self._gone)
        self._begin()

    def heard(self) -> None:
        """The caller said a word or pressed a key: they are there."""
        self._asked = 0
        _cancel(self._wordless)
        self._wordless = None
        self._begin()

    def close(self) -> None:
        """Count no more."""
        self._closed = True
        _cancel(self._window)
        _cancel(self._wordless)
        self._window = self._wordless = None

    def _begin(self) -> None:
        _cancel(self._window)
        self._window = None
        if self._we_are_silent and not self._caller_sounds and not self._closed:
            self._window = asyncio.get_running_loop().call_later(self._patience.window, self._over)

    def _over(self) -> None:
        self._window = None
        if self._is_busy():  # our own work is no silence of theirs
            self._begin()
            return
        self._asked += 1
        if self._asked > self._patience.asks:
            self._gone()
            return
        self._on_ask(self._asked)
        self._begin()  # where the question makes no sound, too

    def _gone(self) -> None:
        self.close()
        self._on_gone()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
