"""A realtime model that is sent what the caller says, and not the silence around it.

The vendor bills the whole input buffer of a turn, and all of it again with every later answer: what was pushed while
the caller thought, or while we spoke, costs as much as words.
"""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any, Final

from livekit import rtc
from livekit.plugins.openai import realtime
from typing_extensions import override

LEAD_SECONDS: Final = 0.8
"""Sound kept from before the detector says that somebody speaks: it is 0.1–0.3 s late, more on a busy machine."""


class SpokenSoundModel(realtime.RealtimeModel):
    """The plugin's model. While turns are found on this side, its sessions hold back what is not speech."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._listening: weakref.WeakSet[_Session] = weakref.WeakSet()

    @override
    def session(self, *, turn_detection_disabled: bool = False) -> realtime.RealtimeSession:
        if not turn_detection_disabled:  # the vendor finds the turns, and needs the silence for it
            return super().session()
        session = _Session(self)
        self._sessions.add(session)
        self._listening.add(session)
        return session

    def caller_speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        for session in self._listening:
            session.caller_speaks(speaking)


class _Session(realtime.RealtimeSession):
    def __init__(self, model: SpokenSoundModel) -> None:
        super().__init__(model, turn_detection_disabled=True)
        self._speaking = False
        self._lead: deque[rtc.AudioFrame] = deque()
        self._lead_seconds = 0.0

    def caller_speaks(self, speaking: bool) -> None:
        self._speaking = speaking
        if speaking:
            for frame in self._lead:
                super().push_audio(frame)
            self._lead.clear()
            self._lead_seconds = 0.0

    @override
    def push_audio(self, frame: rtc.AudioFrame) -> None:
        if self._speaking:
            super().push_audio(frame)
            return
        self._lead.append(frame)
        self._lead_seconds += frame.duration
        while self._lead_seconds - self._lead[0].duration >= LEAD_SECONDS:
            self._lead_seconds -= self._lead.popleft().duration
