"""One call of chaos: a caller over WebRTC, a vendor that fails at one point of a turn, and what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from cli.bench.chaos.books import Desk
from cli.bench.chaos.facts import Facts
from cli.bench.chaos.plan import Planned, Point
from cli.bench.chaos.slow_tasks import SlowTasks
from cli.bench.quiet_room import unseen
from cli.bench.spoken_form import spoken_form
from cli.bench.task_store import BenchStore
from cli.caller.conversation import Conversation, Patience
from cli.caller.errors import CallError
from cli.caller.line import Line
from cli.caller.record import CallRecord, Turn
from cli.caller.voices import CachedVoice
from cli.caller.web_door import WebDoor

SEEDS: Final = ("Buy milk", "Call the plumber", "Water the plants", "Wash the car")
VICTIM: Final = "Call the plumber"
FIRST: Final = ("Add a task to review the proposal.", "review the proposal")
SECOND: Final = ("Add a task to renew the passport.", "renew the passport")
LIST: Final = "What's on my list?"
DELETE: Final = "Please delete call the plumber."
YES, NO = "Yes, please.", "No, don't."
SENTENCES: Final = (FIRST[0], SECOND[0], LIST, DELETE, YES, NO)

INTO_SPEECH_SECONDS: Final = 0.7
"""So far into a sentence, the caller's or ours, the vendor fails."""
POINT_SECONDS: Final = 25.0
"""How long the point of the turn is waited for."""
CALL_SECONDS: Final = 200.0
LATE_SECONDS: Final = 5.0
"""How long after an answer what was asked for may still be on its way."""
TRIES: Final = 3
"""How often a caller says the same before it counts as lost."""
PATIENCE: Final = Patience(answer=60.0, whole_answer=40.0, question=5.0)


@dataclass(frozen=True)
class Caller:
    """Somebody at a door, with tasks."""

    url: str
    email: str
    password: str
    store: BenchStore
    voice: CachedVoice


async def call(planned: Planned, caller: Caller, desk: Desk, tasks: SlowTasks) -> Facts:
    """Make the call and look at what it left behind. Vendors are well and well thought of at its beginning."""
    cell = planned.cell
    facts = Facts(
        *(planned.number, cell.stack, cell.service, cell.kind, str(cell.point)), planned.heals, planned.agrees
    )
    began = time.monotonic()
    await caller.store.fill(SEEDS)
    facts.kept = list(SEEDS)
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await ChaosCall(planned, caller, desk, tasks, facts).run()
    except CallError as error:
        facts.ended_early = str(error)
    except TimeoutError:
        facts.ended_early = f"the call was not over after {CALL_SECONDS:.0f} s"
    finally:
        await desk.heal(cell.service)
    facts.settled = await desk.is_settled(facts.call_id)
    facts.sockets_left = await desk.sockets_left(facts.call_id)
    facts.metered, facts.invoiced = await desk.bills(facts.call_id)
    facts.found = [task.title for task in await caller.store.tasks() if task.status == "open"]
    facts.load = round(os.getloadavg()[0] / (os.cpu_count() or 1), 1)
    facts.seconds = round(time.monotonic() - began, 1)
    return facts


class ChaosCall:
    """The conversation itself."""

    def __init__(self, planned: Planned, caller: Caller, desk: Desk, tasks: SlowTasks, facts: Facts) -> None:
        self._planned, self._cell = planned, planned.cell
        self._caller, self._desk, self._tasks, self._facts = caller, desk, tasks, facts
        self._record = CallRecord()
        self._talk: Conversation
        self._failed_at = 0.0

    async def run(self) -> None:
        """From the greeting to the goodbye."""
        async with WebDoor(self._caller.url) as door:
            await door.sign_in(self._caller.email, self._caller.password)
            ticket = await door.start_call()
        self._facts.call_id = ticket.call_id
        async with Line(ticket, self._record.confirmations, unseen, record=False) as line:
            self._talk = Conversation(line, self._record, PATIENCE)
            try:
                await self._talk.wait_for_agent()
                await self._talk.wait_for_greeting()
                self._facts.began_with = line.agent.stack or ""
                await self._troubled_turn()
                if self._planned.heals:
                    await self._desk.heal(self._cell.service)
                await self._ask_for(*SECOND)
            finally:
                self._talk.note()
                self._note()

    async def _troubled_turn(self) -> None:
        match self._cell.point:
            case Point.CALLER_SPEAKING | Point.END_OF_TURN | Point.TOOL_RUNNING:
                async with self._breaking():
                    await self._ask_for(*FIRST)
            case Point.WE_SPEAKING:
                async with self._breaking():
                    await self._say(LIST)
                self._facts.recovery_ms = self._longest_silence()
                return
            case Point.CONFIRMATION:
                await self._delete()
        self._facts.recovery_ms = self._record.turns[-1].first_sound_ms

    async def _delete(self) -> None:
        facts = self._facts
        facts.kept.remove(VICTIM)
        facts.victim = VICTIM
        pending = self._talk.line.confirmations.pending
        for _ in range(TRIES):
            turn = await self._say(DELETE)
            if await self._talk.line.changes.wait_until(lambda: pending() is not None, PATIENCE.question):
                await self._break()
                break
            self._count_again(turn, DELETE)
        answer = YES if facts.agrees else NO
        await self._say(answer)
        if pending() is not None:
            facts.said_again += 1
            await self._say(answer)

    async def _ask_for(self, words: str, title: str) -> None:
        """Ask for a task, and again when nothing came of it, as a person would."""
        self._facts.asked.append(title)
        for _ in range(TRIES):
            turn = await self._say(words)
            if await self._is_made(title):
                return
            self._count_again(turn, words)

    def _count_again(self, turn: Turn, words: str) -> None:
        """What the ear made something else of has nothing to do with vendors that fail."""
        misheard = turn.understood and spoken_form(turn.understood) != spoken_form(words)
        self._facts.misheard += bool(misheard)
        self._facts.said_again += not misheard

    async def _is_made(self, title: str) -> bool:
        deadline = time.monotonic() + LATE_SECONDS
        while True:
            titles = [spoken_form(task.title) for task in await self._caller.store.tasks()]
            if spoken_form(title) in titles:
                return True
            if time.monotonic() > deadline:
                return False
            await self._talk.pause(0.5)

    async def _say(self, words: str) -> Turn:
        """Speak, or write where nobody hears."""
        if self._talk.line.agent.stack == "text":
            return await self._talk.type(words)
        return await self._talk.say(words, await self._caller.voice.speak(words))

    # -- the vendor ----------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _breaking(self) -> AsyncIterator[None]:
        """Have the vendor fail when the turn in the block comes to the point."""
        number = len(self._record.turns)
        async with contextlib.AsyncExitStack() as stack:
            comes: Callable[[], Awaitable[object]]
            if self._cell.point is Point.TOOL_RUNNING:
                comes = stack.enter_context(self._tasks.slow(self._caller.store.user_id)).wait
            else:
                comes = self._point(number)
            breaking = asyncio.create_task(self._break_when(comes), name="chaos.break")
            try:
                yield
            finally:
                breaking.cancel()
                await asyncio.gather(breaking, return_exceptions=True)

    async def _break_when(self, comes: Callable[[], Awaitable[object]]) -> None:
        async with asyncio.timeout(POINT_SECONDS):
            await comes()
        await self._break()

    async def _break(self) -> None:
        self._failed_at = time.monotonic()
        await self._desk.break_it(self._cell.service, self._cell.kind)
        self._facts.reached = True

    def _point(self, number: int) -> Callable[[], Awaitable[object]]:
        """What waits for the point of the turn with this number."""
        talk, changes = self._talk, self._talk.line.changes

        async def comes() -> None:
            await changes.wait_until(lambda: len(self._record.turns) > number, POINT_SECONDS)
            if self._cell.point is Point.CALLER_SPEAKING:
                await asyncio.sleep(INTO_SPEECH_SECONDS)
                return
            await changes.wait_until(lambda: talk.last_word_at is not None, POINT_SECONDS)
            if self._cell.point is Point.WE_SPEAKING:
                ended = talk.last_word_at or time.monotonic()
                sound = talk.line.listener.log
                await changes.wait_until(lambda: sound.first_after(ended) is not None, POINT_SECONDS)
                await asyncio.sleep(INTO_SPEECH_SECONDS)

        return comes

    # -- what is kept of it --------------------------------------------------------------------------------

    def _longest_silence(self) -> int | None:
        """The longest silence from the failure to the end of our speech, ms; None where the point never came."""
        if not self._facts.reached:
            return None
        sounding = [each for each in self._talk.line.listener.log.stretches if each.end > self._failed_at]
        silences, until = [0.0], self._failed_at
        for stretch in sounding:
            silences.append(stretch.start - until)
            until = stretch.end
        return round(1000 * max(silences))

    def _note(self) -> None:
        facts, record = self._facts, self._record
        facts.stacks = [swap.to_stack for swap in record.swaps]
        facts.turns = [
            {
                "said": turn.said,
                "understood": turn.understood,
                "heard": turn.heard,
                "stack": turn.stack,
                "answered": turn.answered,
                "first_sound_ms": turn.first_sound_ms,
            }
            for turn in record.turns
        ]
        facts.confirmed = any(one.outcome == "confirmed" for one in record.confirmations)
