"""One round of `bench failover`: a turn whose vendor dies at one point of it, or the same turn without that."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from cli.bench.chaos.slow_tasks import SLOW_SECONDS
from cli.bench.spoken_form import spoken_form
from cli.bench.swaps.breath import with_breath
from cli.bench.swaps.talk import PREMIUM, Talk, titles_of
from cli.caller.record import Turn

SERVICE: Final = "openai-realtime"
LIST: Final = "What's on my list?"
SEEDS: Final = ("Buy milk", "Call the plumber", "Water the plants", "Wash the car")
ASK: Final = "Please add a task to"
"""Behind it nobody is done."""
VERBS: Final = ("clean", "paint", "measure", "repair", "inspect")
OBJECTS: Final = (
    "the fence",
    "the garage",
    "the kitchen",
    "the balcony",
    "the cellar",
    "the attic",
    "the garden",
)
BREATHS: Final = (0.4, 0.5, 0.6)
"""Seconds."""
AROUND_BREATH: Final = (-0.3, 0.25, 0.9)
"""When the vendor dies in a sentence, seconds from where the caller pauses: before, within and after."""
INTO_TOOL_SECONDS: Final = 0.5
INTO_SPEECH_SECONDS: Final = 0.7
POINT_SECONDS: Final = 20.0
LATE_SECONDS: Final = 3.0
"""How long after an answer a second task would come."""


class Point(StrEnum):
    """Where in a turn the vendor dies, and for the last one how."""

    MID_SENTENCE = "mid-sentence"
    MID_TOOL = "mid-tool"
    MID_ANSWER = "mid-answer"
    SILENT = "silent"


@dataclass
class Round:
    """What came of it."""

    point: str
    broken: bool
    heard_ms: int | None = None
    """Mid-sentence, silent: the caller's last word to our first sound. Mid-tool: the tool's end to it. Mid-answer: the
    longest silence in our speech. None: nothing was heard."""
    swapped: bool = False
    once: bool = False
    """Exactly one task was made, or none where none was asked for."""
    whole: bool = False
    """The answer said all that it had to."""
    same: bool = False
    """It is still the same room and participant."""
    heard: str = ""
    understood: str = ""
    """What was written down of the caller's turn."""
    made: list[str] = field(default_factory=list)
    """The tasks that were there at its end."""

    @property
    def shortfalls(self) -> list[str]:
        """What was not as it should be, by name."""
        bad = [name for name in ("once", "whole", "same") if not getattr(self, name)]
        return bad + (["swapped"] if self.swapped != self.broken else [])

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


class RoundOfTalk:
    """Speaks one turn in a call that premium serves, and looks at what came of it."""

    def __init__(self, talk: Talk, point: Point, number: int, *, broken: bool) -> None:
        self._talk, self._point, self._number = talk, point, number
        self._desk, self._changes = talk.world.desk, talk.line.changes
        self._round = Round(str(point), broken)
        self._at = 0.0
        """When the tool ended, or our speech was to be broken off."""

    async def run(self) -> Round:
        """Raises CallError when the call ends, NotBackError when premium does not serve it again."""
        talk, found = self._talk, self._round
        await talk.served_by(PREMIUM)
        await talk.at_rest()
        await talk.world.forget_words()
        swaps = len(talk.line.agent.stack_changes)
        try:
            turn = await (self._list() if self._point is Point.MID_ANSWER else self._create())
        finally:
            await self._desk.heal(SERVICE)
        found.heard, found.heard_ms = turn.heard, self._heard_ms(turn)
        found.understood = turn.understood
        found.same = talk.is_the_same
        found.swapped = any(change.from_stack == PREMIUM for change in talk.line.agent.stack_changes[swaps:])
        return found

    async def _list(self) -> Turn:
        store = self._talk.world.store
        await store.fill(SEEDS)
        async with self._breaking():
            turn = await self._talk.say(LIST, await self._talk.world.voice.speak(LIST))
        self._round.once = sorted(titles_of(await store.tasks())) == sorted(SEEDS)
        heard = spoken_form(turn.heard)
        self._round.whole = all(spoken_form(title) in heard for title in SEEDS)
        return turn

    async def _create(self) -> Turn:
        store, deed = self._talk.world.store, _deed(len(self._talk.record.turns))
        await store.clear()
        speak = self._talk.world.voice.speak
        breath = BREATHS[self._number % len(BREATHS)]
        sound, begins = with_breath(await speak(ASK), await speak(f"{deed}."), breath)
        async with self._breaking(begins):
            turn = await self._talk.say(f"{ASK} … {deed}.", sound)
        self._round.once = await self._is_made_once(deed)
        self._round.whole = spoken_form(deed) in spoken_form(turn.heard)
        return turn

    async def _is_made_once(self, deed: str) -> bool:
        store, deadline = self._talk.world.store, time.monotonic() + LATE_SECONDS
        while not (titles := titles_of(await store.tasks())) and time.monotonic() < deadline:
            await self._talk.conversation.pause(0.2)
        self._round.made = titles
        return [spoken_form(title) for title in titles] == [spoken_form(deed)]

    # -- the vendor ----------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _breaking(self, breath: float = 0.0) -> AsyncIterator[None]:
        """Have the vendor die when the turn in the block comes to the point; what is slow is slow in any case."""
        async with contextlib.AsyncExitStack() as stack:
            arrived = asyncio.Event()
            if self._point is Point.MID_TOOL:
                arrived = stack.enter_context(self._talk.world.tasks.slow(self._talk.world.store.user_id))
            if self._point is Point.SILENT and self._round.broken:
                await self._desk.break_it(SERVICE, "silent")
            watching = asyncio.create_task(self._watch(arrived, breath), name="failover.point")
            try:
                yield
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, arrived: asyncio.Event, breath: float) -> None:
        match self._point:
            case Point.MID_SENTENCE:
                await self._turn_begins()
                await asyncio.sleep(breath + AROUND_BREATH[self._number // len(BREATHS) % len(AROUND_BREATH)])
                await self._break()
            case Point.MID_TOOL:
                await arrived.wait()
                self._at = time.monotonic() + SLOW_SECONDS
                await asyncio.sleep(INTO_TOOL_SECONDS)
                await self._break()
            case Point.MID_ANSWER:
                await self._turn_begins()
                await self._changes.wait_until(lambda: self._answer_began() is not None, POINT_SECONDS)
                await asyncio.sleep(INTO_SPEECH_SECONDS)
                self._at = time.monotonic()
                await self._break()

    async def _break(self) -> None:
        if self._round.broken:
            await self._desk.break_it(SERVICE, "cut")

    async def _turn_begins(self) -> None:
        turns = self._talk.record.turns
        before = len(turns)
        await self._changes.wait_until(lambda: len(turns) > before, POINT_SECONDS)

    def _answer_began(self) -> float | None:
        ended = self._talk.conversation.last_word_at
        stretch = None if ended is None else self._talk.line.listener.log.first_after(ended)
        return None if stretch is None else stretch.start

    # -- what was heard ------------------------------------------------------------------------------------

    def _heard_ms(self, turn: Turn) -> int | None:
        log = self._talk.line.listener.log
        match self._point:
            case Point.MID_TOOL:
                stretch = log.first_after(self._at) if self._at else None
                return None if stretch is None else round(1000 * (stretch.start - self._at))
            case Point.MID_ANSWER:
                if not self._at:
                    return None
                until, longest = self._at, 0.0
                for stretch in log.stretches:
                    if stretch.end > self._at:
                        longest, until = max(longest, stretch.start - until), stretch.end
                return round(1000 * longest)
        return turn.first_sound_ms


def _deed(number: int) -> str:
    """Something else to do each time: the same request again within a call would be the same task."""
    return f"{VERBS[number % len(VERBS)]} {OBJECTS[number % len(OBJECTS)]}"
