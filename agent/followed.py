"""A line of ours on its way to the caller, followed through whichever sessions say it until it is over."""

from __future__ import annotations

import asyncio

from livekit.agents import llm
from livekit.agents.voice import SpeechHandle


class Followed:
    """Is waited for and looked at as the speech of one session, whose end may only be that a successor says the rest."""

    def __init__(self) -> None:
        self._speeches: list[SpeechHandle] = []
        self._over = asyncio.Event()
        self._is_all_said = False
        self.is_verbatim = self.is_aloud = True
        """Whether everybody who said some of it says lines as they are given, and has a voice."""

    def said_by(self, speech: SpeechHandle, *, verbatim: bool, aloud: bool) -> None:
        """It, or the rest of it, is on its way with this speech."""
        self._speeches.append(speech)
        self.is_verbatim &= verbatim
        self.is_aloud &= aloud

    def ended(self, *, all_said: bool = False) -> None:
        """Nobody says more of it. `all_said`: it was cut off where next to nothing of it was left to say."""
        self._is_all_said = all_said
        self._over.set()

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
