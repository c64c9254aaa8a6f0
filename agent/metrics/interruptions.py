"""Whether callers who speak while we speak are let in: a state machine over what a session tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

Outcome = Literal["taken", "late", "missed", "backchannel"]

TAKEN_SECONDS: Final = 0.5
"""Silent by then, we have let the caller in."""
SPEECH_SECONDS: Final = 0.5
"""Shorter speech that we spoke through was no try to interrupt us."""
ONSET_SECONDS: Final = 0.05
"""Speech is this old when voice activity detection tells of it."""
PAUSE_SECONDS: Final = 0.3
"""Silence that detection waits for before it tells that the caller's speech is over."""


class Interruptions:
    """Hears the states of one call, times in seconds on one clock, and tells outcomes.

    `tell` gets each outcome, with the seconds until we were silent where we were.
    """

    def __init__(self, tell: Callable[[Outcome, float | None], None]) -> None:
        self._tell = tell
        self._we_speak = False
        self._since: float | None = None
        """When the caller began to speak over us."""
        self._silent_after: float | None = None
        """We fell silent; whether for good, or at our own end, is not known yet."""
        self._cut = False
        """What we said was broken off."""

    def caller(self, speaking: bool, at: float) -> None:
        """The caller begins or ends to speak."""
        if speaking:
            if self._we_speak and self._since is None:
                self._since, self._silent_after, self._cut = at - ONSET_SECONDS, None, False
            return
        if self._since is None or not self._we_speak:
            return  # over after we were silent
        spoke = at - PAUSE_SECONDS - self._since
        self._since = None
        self._tell("missed" if spoke >= SPEECH_SECONDS else "backchannel", None)

    def we(self, speaking: bool, at: float) -> None:
        """We begin or end to speak."""
        if self._we_speak == speaking:
            return
        self._we_speak = speaking
        if not speaking and self._since is not None:
            self._silent_after = at - self._since
            if self._cut:
                self._let_in()
        elif speaking and self._silent_after is not None:
            self.resumed()

    def said(self, *, interrupted: bool) -> None:
        """What we said stands in the history: whole, or broken off."""
        if self._since is None:
            return
        if not interrupted:
            if not self._we_speak:
                self._forget()  # we had come to our end by ourselves
        elif self._silent_after is not None:
            self._let_in()
        else:
            self._cut = True

    def resumed(self) -> None:
        """It was no interruption after all, and we go on."""
        if self._silent_after is not None:
            self._forget()
            self._tell("backchannel", None)

    def _let_in(self) -> None:
        seconds = self._silent_after or 0.0
        self._forget()
        self._tell("taken" if seconds <= TAKEN_SECONDS else "late", seconds)

    def _forget(self) -> None:
        self._since, self._silent_after, self._cut = None, None, False
