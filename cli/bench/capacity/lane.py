"""One live call that goes on: turn after turn, with a breath between them, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cli.bench.latency.caller import Caller, Heard
from cli.bench.latency.doors import Channel, Rooms, System
from cli.bench.latency.speech import Spoken
from cli.bench.quiet_room import quiet_line
from cli.caller.errors import CallError
from cli.caller.voices import CachedVoice

PAUSE_SECONDS: Final = (0.5, 2.5)
"""Between an answer and the caller's next word."""
AGAIN_SECONDS: Final = 2.0
"""Before a call that broke off is made once more."""


@dataclass(frozen=True)
class World:
    """What every call needs."""

    rooms: Rooms
    control_url: str
    voice: CachedVoice


class Lane:
    """Calls, one after the other; only one unless it breaks off or `turns_a_call` says how long each is."""

    def __init__(
        self,
        world: World,
        system: System,
        turns: Iterator[Spoken],
        note: Callable[[Heard], None],
        *,
        seed: int,
        turns_a_call: int | None = None,
    ) -> None:
        self._world, self._system, self._turns, self._note = world, system, turns, note
        self._turns_a_call = turns_a_call
        self._dice = random.Random(seed)  # noqa: S311 - pauses, not secrets
        self._stopping = asyncio.Event()
        self.live = asyncio.Event()
        """Set when the first turn was answered, or was to be."""
        self.made = 0
        """Calls that came to their end as they should."""
        self.broken: list[str] = []
        """Why calls broke off."""
        self._task = asyncio.create_task(self._run(), name="lane")

    def stop(self) -> None:
        """Say nothing more after the turn that is under way, and hang up."""
        self._stopping.set()

    async def ended(self) -> None:
        """Wait until it has hung up."""
        await self._task

    async def aclose(self) -> None:
        """End at once."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._call()
                self.made += 1
            except CallError as error:
                self.broken.append(str(error))
                await self._pause(AGAIN_SECONDS)

    async def _call(self) -> None:
        async with self._world.rooms.ticket(self._system, Channel.BROWSER) as ticket:
            caller = Caller(
                quiet_line(ticket), self._world.control_url, self._world.voice, greets=self._system.is_ours
            )
            async with caller.in_the_room():
                said = 0
                while not self._stopping.is_set() and said != self._turns_a_call:
                    heard = await caller.turn(next(self._turns))
                    said += 1
                    if heard is not None:
                        self._note(heard)
                    self.live.set()
                    await self._pause(self._dice.uniform(*PAUSE_SECONDS))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
