"""How good the call was, asked by telephone when the caller has said goodbye: one key, 1 to 5, or nothing.

On the page the same stars are given by click; both are outcomes of the journal (routing/ratings.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from livekit.agents import utils

from agent.goodbye import is_goodbye
from agent.murmurs import is_murmur
from agent.pauses import LOOK_SECONDS
from agent.phrase_match import words
from agent.tier_session import TierSession
from routing.ratings import FEWEST, MOST
from sip.keypad import Keypad

QUESTION: Final = "Before you go: how good was this call? Press a key from one to five, five for very good, or just hang up."
THANKS: Final = "Thank you."
WAIT_SECONDS: Final = 6.0
"""After the question."""
TALK_SECONDS: Final = 15.0
"""Who speaks then is heard out, so long at most: somebody's television does not end."""
WORDS_SECONDS: Final = 3.0
"""What was said is a turn, and understood, so long after its end, or was none."""
_NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


class Survey:
    """Asks once in a call. `on_stars` hears what was given."""

    def __init__(
        self,
        keypad: Keypad,
        *,
        is_wanted: bool,
        session: Callable[[], TierSession],
        on_stars: Callable[[int], None],
    ) -> None:
        self._keypad = keypad
        self._is_wanted = is_wanted
        self._session = session
        self._on_stars = on_stars
        self._answer: asyncio.Future[int | None] | None = None
        self._keyed: asyncio.Task[None] | None = None
        self._has_stars = False

    @property
    def is_open(self) -> bool:
        """Whether the question waits for its answer."""
        return self._answer is not None and not self._answer.done()

    async def ask(self) -> bool:
        """Ask and wait for an answer, or for a while. False where the caller wants to go on with the call."""
        if not self._is_wanted:
            return True
        self._is_wanted = False
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._keyed = asyncio.create_task(self._key(answer), name="survey.key")
        with contextlib.suppress(
            RuntimeError
        ):  # a session that has ended is silent; the call ends all the same
            question = asyncio.ensure_future(self._session().say(QUESTION, owed=False).wait_for_playout())
            over: set[asyncio.Future[Any]] = {question, answer}
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({answer}, timeout=WAIT_SECONDS)
            await self._heard_out(answer)
        if answer.cancelled():
            await self.aclose()
            return False
        if not answer.done():
            answer.set_result(None)  # a key that is pressed while we say goodbye still counts
        elif answer.result() is not None:
            with contextlib.suppress(RuntimeError):
                session = self._session()
                await session.hush()
                await session.say(THANKS, owed=False).wait_for_playout()
        return True

    async def aclose(self) -> None:
        """Take no more keys. Safe to call where nothing was asked."""
        if self._keyed is not None:
            await utils.aio.cancel_and_wait(self._keyed)
            self._keyed = None

    def take_turn(self, text: str) -> bool:
        """Take what is said meanwhile: a number is an answer, a murmur or goodbye nothing, and all else goes on."""
        if self._answer is None or self._answer.done():
            return False
        said = words(text)
        stars = _NUMBERS.get(said[0], int(said[0]) if said[0].isdecimal() else 0) if len(said) == 1 else 0
        if FEWEST <= stars <= MOST:
            self._give(stars)
            self._answer.set_result(stars)
            return True
        if not said or is_murmur(text) or is_goodbye(text):
            return True
        self._answer.cancel()
        return False

    async def _heard_out(self, answer: asyncio.Future[int | None]) -> None:
        """Wait for the turn of who is speaking: it may be stars, or a wish that goes on with the call."""
        talked = silent = 0.0
        while not answer.done() and talked < TALK_SECONDS and silent < WORDS_SECONDS:
            session = self._session()
            if not session.waits_for_turn:
                return
            await asyncio.wait({answer}, timeout=LOOK_SECONDS)
            talked += LOOK_SECONDS
            silent = 0.0 if session.session.user_state == "speaking" else silent + LOOK_SECONDS

    async def _key(self, answer: asyncio.Future[int | None]) -> None:
        """Wait for a key; one that is no number of stars means that there is no answer."""
        self._answer = answer  # open as soon as a key is taken, and no sooner: one would be lost
        with contextlib.suppress(TimeoutError):
            keyed = (await self._keypad.entry(pause_seconds=60.0, longest=1)).get_secret_value()
            stars = int(keyed) if keyed and FEWEST <= int(keyed) <= MOST else None
            if stars is not None:
                self._give(stars)
            if not answer.done():
                answer.set_result(stars)

    def _give(self, stars: int) -> None:
        # At once: whoever hangs up behind their key ends everything that is under way.
        if not self._has_stars:
            self._has_stars = True
            self._on_stars(stars)
