"""A line of ours on its way to the caller, followed through whichever sessions say it until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle


class Followed:
    """Is waited for and looked at as the speech of one session, whose end may only be that a successor says the rest."""

    def __init__(self) -> None:
        self._speeches: list[SpeechHandle] = []
        self._over, self._paused = asyncio.Event(), asyncio.Event()
        self._is_all_said = False
        self.is_verbatim = self.is_aloud = True
        """Whether everybody who said some of it says lines as they are given, and has a voice."""

    def said_by(self, speech: SpeechHandle, *, verbatim: bool, aloud: bool) -> None:
        """It, or the rest of it, is on its way with this speech."""
        self._speeches.append(speech)
        self.is_verbatim &= verbatim
        self.is_aloud &= aloud

    def paused(self) -> None:
        """Some of it is over, and whether more of it comes is not known yet."""
        self._paused.set()

    def ended(self, *, all_said: bool = False) -> None:
        """Nobody says more of it. `all_said`: it was cut off where next to nothing of it was left to say."""
        self._is_all_said = all_said
        self._over.set()
        self._paused.set()

    async def wait_until(self, heard: Callable[[], bool]) -> None:
        """Wait until it is over, or only so much of it is that this is true. For one waiter."""
        while not self._over.is_set():
            await self._paused.wait()
            self._paused.clear()
            if heard():
                return

    async def wait_for_playout(self) -> None:
        """Wait until nobody says more of it, which is never where nobody is left to."""
        await self._over.wait()

    @property
    def interrupted(self) -> bool:
        """Whether its last word was kept from being heard."""
        return not self._is_all_said and self._speeches[-1].interrupted

    @property
    def chat_items(self) -> list[llm.ChatItem]:
        """What was heard of it."""
        return [item for speech in self._speeches for item in speech.chat_items]

    def exception(self) -> BaseException | None:
        """Why the last who spoke could not."""
        last = self._speeches[-1]
        return last.exception() if last.done() else None
