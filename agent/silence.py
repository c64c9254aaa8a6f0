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
    """Counts the silence of one call. `on_ask` gets the number of the question, from 1 on.

    Behind `on_gone` nothing is counted, but listened on: `goes_on` tells whether somebody was there after all.
    """

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
        self._lets_go = self._is_back = False
        self._sound_counts = True
        """Whether a sound alone is somebody who is back, whose words come behind it. Once: it may be our own echo."""
        self._window: asyncio.TimerHandle | None = None
        self._wordless: asyncio.TimerHandle | None = None

    def we(self, state: str) -> None:
        """Hear our own state: only while we listen does the caller's silence count, and then from its beginning."""
        self._we_are_silent = state == "listening"
        self._begin()

    def caller_sounds(self, sounding: bool) -> None:
        """Hear from the detector of speech. It takes music for speech, so this alone is no caller."""
        self._caller_sounds = sounding
        self._is_back |= sounding and self._sound_counts
        self._begin_wordless()
        self._begin()

    def heard(self) -> None:
        """The caller said a word or pressed a key: they are there."""
        self._asked = 0
        self._is_back = self._sound_counts = True
        _cancel(self._wordless)
        self._wordless = None
        self._begin()

    def goes_on(self) -> bool:
        """Whether somebody was heard since `on_gone`: then silence is counted again."""
        if not self._is_back:
            return False
        self._lets_go = False
        self._sound_counts = self._asked == 0
        self._begin_wordless()
        self._begin()
        return True

    def close(self) -> None:
        """Count no more."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        _cancel(self._window)
        _cancel(self._wordless)
        self._window = self._wordless = None

    @property
    def _counts(self) -> bool:
        return not self._closed and not self._lets_go

    def _begin_wordless(self) -> None:
        if self._caller_sounds and self._wordless is None and self._counts:
            later = asyncio.get_running_loop().call_later
            self._wordless = later(self._patience.wordless, self._is_wordless)

    def _begin(self) -> None:
        _cancel(self._window)
        self._window = None
        if self._we_are_silent and not self._caller_sounds and self._counts:
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

    def _is_wordless(self) -> None:
        self._sound_counts = False
        self._gone()

    def _gone(self) -> None:
        self._lets_go, self._is_back = True, False
        self._stop()
        self._on_gone()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
