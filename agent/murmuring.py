"""What a listener murmurs over our voice: «mhm» is no turn, and where their voice has made us pause we go on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from livekit.agents import AgentSession, UserStateChangedEvent

from agent.murmurs import MURMUR_SECONDS
from tiers.turns import MIN_SILENCE_SECONDS

if TYPE_CHECKING:
    from agent.ring import Ring

SPOKEN_ON_SECONDS: Final = 0.15
"""Who is heard so long after a murmur of theirs was written has said more than that."""


class Murmuring:
    """The murmurs of one session's caller. `ring`: what keeps the caller's sound, where the session has a line.

    `keeps_spoken_turns`: the model itself holds what the caller spoke.
    """

    def __init__(
        self, session: AgentSession[None], *, ring: Callable[[], Ring | None], keeps_spoken_turns: bool
    ) -> None:
        self._session = session
        self._ring = ring
        self._keeps_spoken_turns = keeps_spoken_turns
        self._is_written = False
        """What is being said over us has been written down, and is a murmur."""
        self._written_at = 0.0
        """When it was, on the wall's clock."""
        self._over_ours: float | None = None
        """When the caller began to speak over our voice, on the wall's clock; None where it was silent."""

    def written(self) -> None:
        """An ear has written a murmur down."""
        # The ear is quicker than the detector of speech: as long as that one hears somebody, livekit pauses us anew.
        self._is_written = self._session.user_state == "speaking"
        self._written_at = time.time()
        if not self._is_written:
            self._over()

    def more_was_written(self) -> None:
        """An ear has written down what is no murmur."""
        self._is_written = False

    def sounds(self, event: UserStateChangedEvent, *, over_ours: Callable[[], bool]) -> bool:
        """Hear that the caller begins or ends to speak; whether what has ended was short and said over our voice.

        `over_ours`: whether we are in the middle of saying something.
        """
        speaking = event.new_state == "speaking"
        if self._is_written and not speaking:
            spoken_on = event.created_at - MIN_SILENCE_SECONDS - self._written_at
            # «Okay. Stop.»: more was said than was written, and a turn that the model keeps waits for its words.
            if not self._keeps_spoken_turns or spoken_on <= SPOKEN_ON_SECONDS:
                self._over()
        self._is_written = False
        if speaking:
            self._over_ours = event.created_at if over_ours() else None
            return False
        return self._over_ours is not None and event.created_at - self._over_ours < MURMUR_SECONDS

    def _over(self) -> None:
        if (voice := self._session.output.audio) is not None and voice.can_pause:
            voice.resume()
        if (ring := self._ring()) is not None:
            ring.settle(time.monotonic())
        if self._keeps_spoken_turns:
            # The model has its sound, which is no turn. Later, since livekit may be about to ask whether one is over.
            asyncio.get_running_loop().call_soon(self._drop_turn)

    def _drop_turn(self) -> None:
        with contextlib.suppress(RuntimeError):  # the session has ended meanwhile
            self._session.clear_user_turn()
