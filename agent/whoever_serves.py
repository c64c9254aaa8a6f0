"""Lines of ours by whichever session serves: one that ends takes no words, and its successor is waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from livekit.agents.voice import SpeechHandle

from agent.followed import Followed
from agent.pauses import LOOK_SECONDS, is_settled
from agent.tier_session import TierSession

BACK_SECONDS: Final = 15.0
"""How long a line waits for a session that serves, as while a call is being taken up again."""
QUIET_SECONDS: Final = 3.0
"""How long a pause is waited for."""

Done = TypeVar("Done")


class WhoeverServes:
    """Speaks at once where a session serves, and for at most 15 s as soon as one does. Raises TimeoutError after it."""

    def __init__(self, session: Callable[[], TierSession]) -> None:
        self._session = session

    async def say(self, line: str) -> None:
        """Speak a line of our own."""

        async def speak(session: TierSession) -> None:
            session.say(line)

        await self._ask(speak)

    def fill(self, line: str) -> SpeechHandle | None:
        """Speak a line that is worth something only now; None where nothing serves."""
        session = self._session()
        if not session.serves:
            return None
        with contextlib.suppress(RuntimeError):
            return session.fill(line)
        return None

    async def say_followed(self, line: str) -> Followed:
        """Speak a line of our own; gives what becomes of it, whoever says the rest."""
        followed = Followed()

        async def speak(session: TierSession) -> None:
            session.say(line, followed=(followed,))

        await self._ask(speak)
        return followed

    async def reply(self, text: str | None = None) -> None:
        """Have the model answer what was typed, or what already stands in the history."""

        async def answer(session: TierSession) -> None:
            with contextlib.suppress(RuntimeError):  # it owes the answer all the same, and its successor pays
                session.reply(text)

        await self._ask(answer)

    async def hush(self) -> None:
        """Stop speaking."""
        await self._ask(lambda session: session.hush())

    async def say_at_once(self, line: str) -> None:
        """Break off what is being said for a line of our own."""
        await self.hush()
        await self.say(line)

    async def say_in_a_pause(self, line: str) -> None:
        """Say it when nobody speaks and no answer is on its way, and soon in any case."""
        await self.quiet()
        await self.say(line)

    async def quiet(self, within: float = QUIET_SECONDS, *, rest: float = 0.0) -> None:
        """Wait until nobody speaks, nothing is owed, and nothing was said of which no turn has come yet, for `rest` s on
        end; for so many seconds at most.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                settled = 0
                while True:
                    settled = settled + 1 if is_settled(self._session()) else 0
                    if settled > rest / LOOK_SECONDS:
                        return
                    await asyncio.sleep(LOOK_SECONDS)

    async def _ask(self, ask: Callable[[TierSession], Awaitable[Done]]) -> Done:
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                session = self._session()
                if session.serves:
                    with contextlib.suppress(RuntimeError):  # it is closing, and does not know it yet
                        return await ask(session)
                await asyncio.sleep(LOOK_SECONDS)
