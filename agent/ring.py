"""What the caller said that nobody has answered yet, kept so that a successor can hear it.

It lives in memory, holds 30 s at most, and is dropped as soon as a turn stands in the history as words.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from livekit import rtc

LONGEST_SECONDS: Final = 30.0
LEAD_SECONDS: Final = 1.0
"""The detector of speech is 0.1–0.3 s late, more on a busy machine."""
MARGIN_SECONDS: Final = 0.4
"""Kept from before the end of the turn that was settled last: the next one may have begun in its breath."""
TURN_AFTER_SECONDS: Final = 3.0
"""How long after the detector's last word a turn is still expected. It often ends behind the turn it belongs to, since
turns end with their words: what it told of is answered then, and nothing more comes of it.
"""
NOISE_AFTER_SECONDS: Final = 10.0
"""Sound from which no turn came by then was no speech."""


class Ring:
    """The last sound of the caller. Its clock is that of arrival, since a burst is no slower to hear than a breath."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frames: deque[tuple[float, rtc.AudioFrame]] = deque()
        self._since: float | None = None
        self._speaking = False
        self._ended = 0.0
        self._settled = float("-inf")
        self.lost = False
        """The beginning of what is kept was given up: it was longer than 30 s."""

    def push(self, frame: rtc.AudioFrame) -> None:
        """Add a frame that has just come."""
        now = self._clock()
        self._frames.append((now, frame))
        if self._since is not None and not self._speaking and now - self._ended > NOISE_AFTER_SECONDS:
            self._since = None
        keep = now - LEAD_SECONDS if self._since is None else self._since
        if keep < now - LONGEST_SECONDS:
            keep, self.lost = now - LONGEST_SECONDS, True
        while self._frames and self._frames[0][0] < keep:
            self._frames.popleft()

    def speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        now = self._clock()
        if speaking and self._since is None:
            self._since = max(now - LEAD_SECONDS, self._settled - MARGIN_SECONDS)
            self.lost = False
        if self._speaking and not speaking:
            self._ended = now
        self._speaking = speaking

    def settle(self, until: float | None = None) -> None:
        """The turn that ended at this time is in the history as words; now when left out. Times are the clock's."""
        until = self._clock() if until is None else until
        self._settled = max(self._settled, until)
        self.lost = False
        if self._since is not None:
            self._since = until - MARGIN_SECONDS if self._speaking or self._ended > until else None

    def forget(self) -> None:
        """Drop everything."""
        self._frames.clear()
        self._since, self.lost = None, False

    @property
    def is_speaking(self) -> bool:
        """Whether the caller speaks, by the detector's last word."""
        return self._speaking

    @property
    def is_open(self) -> bool:
        """Whether something was said that is not settled."""
        return self._since is not None

    @property
    def waits_for_turn(self) -> bool:
        """Whether something is or was said so lately that its turn may still come."""
        lately = self._speaking or self._clock() - self._ended < TURN_AFTER_SECONDS
        return self._since is not None and lately

    def frames(self) -> list[rtc.AudioFrame]:
        """Give what a successor has to hear: all that is open, else only the last breath."""
        since = self._clock() - MARGIN_SECONDS if self._since is None else self._since
        return [frame for at, frame in self._frames if at >= since]
