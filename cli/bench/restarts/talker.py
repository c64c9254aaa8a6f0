"""One live call that goes on asking for tasks, whatever happens, as a patient person would."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from cli.bench.quiet_room import quiet_line
from cli.bench.restarts.titles import sentence, titles
from cli.bench.spoken_form import spoken_form
from cli.bench.task_store import BenchStore, TaskStoreError
from cli.caller.errors import CallError
from cli.caller.line import Line
from cli.caller.sound import MICROPHONE_RATE, Pcm
from cli.caller.told_words import tell
from cli.caller.web_door import WebDoor
from mcp_tasks.client import TaskServerUnavailable

GREETING_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 5.0
"""So long an answer is waited for; then the caller says it again."""
REST_SECONDS: Final = 10.0
DONE_SECONDS: Final = 3.0
"""How long after an answer what was asked for may still be on its way."""
QUIET_SECONDS: Final = 0.7
ECHOES_SECONDS: Final = 0.3
"""What is heard so soon after an event was said before it."""
AT_IT_SECONDS: Final = 2.5
"""Who hears «One moment.» and then a sound again and again, so long apart at most, knows that we are at it."""
CUT_OFF_SECONDS: Final = 1.0
"""Who hears that we were cut off says it again when we have been silent for so long."""
PATIENCE_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 0.3
PIECE_MS: Final = 100
"""Of sound at once: eight callers who are woken fifty times a second each, for either way, take half a processor."""
THINKS_SECONDS: Final = 2.0
"""Between an answer and what is asked for next. Eight who never paused would take all of two processors for themselves."""
TRIES: Final = 8


@dataclass
class Asked:
    """One request. Moments are those of `time.monotonic()`."""

    title: str
    since: float = 0.0
    """The last word of its first try, or of an earlier request that was done and had no answer."""
    began_at: float = 0.0
    """The first word of the first try."""
    answered_at: float | None = None
    """The first sound of the answer that told of it. A starved microphone may end behind it, since words are told to the
    stand-in's ear as they are begun: nothing was waited for then.
    """
    tries: int = 0
    done: bool = False
    spoken: tuple[tuple[float, float], ...] = ()
    """What its caller has said between `since` and the answer, from first word to last: what had to be said again. Who
    waits until we are silent before it, having heard that they were cut off, spends that second themselves.
    """

    def wait(self, since: float) -> float:
        """From its caller's last word, or a moment where that is later, to the answer, but for what the caller said
        meanwhile: those are their own seconds, not ours. Seconds; 0 without an answer.
        """
        if self.answered_at is None:
            return 0.0
        begins = max(self.since, since)
        own = sum(max(0.0, min(end, self.answered_at) - max(begin, begins)) for begin, end in self.spoken)
        return max(0.0, self.answered_at - begins - own)


@dataclass
class Talker:
    """A caller and their call."""

    email: str
    store: BenchStore
    control_url: str
    sounds: tuple[Pcm, ...]
    asked: list[Asked] = field(default_factory=list)
    call_id: str = ""
    stopping: bool = False
    """Set from outside: the request that is under way is the last."""

    def __post_init__(self) -> None:
        self._titles = titles()
        self._waiting_since: float | None = None
        self._spoken: tuple[tuple[float, float], ...] = ()
        """What was said since then."""
        self._line: Line

    @contextlib.asynccontextmanager
    async def call(self, url: str, password: str) -> AsyncIterator[None]:
        """Be in a call for as long as the block lasts, greeted. Raises CallError."""
        async with WebDoor(url) as door:
            await door.sign_in(self.email, password)
            ticket = await door.start_call()
        self.call_id = ticket.call_id
        async with quiet_line(ticket, piece_ms=PIECE_MS) as line:
            self._line = line
            log = line.listener.log
            if not await line.changes.wait_until(lambda: bool(log.stretches), GREETING_SECONDS):
                raise CallError(f"{self.email} was not greeted")
            await self._at_rest()
            yield

    async def talk(self) -> None:
        """Ask for one task after the other until stopped, or until one cannot be had."""
        for title in self._titles:
            if self.stopping or not await self._ask(title):
                return
            await asyncio.sleep(THINKS_SECONDS)

    @property
    def agent(self) -> str | None:
        """Who of us is in the room; None when nobody is."""
        agent = self._line.agent
        return agent.identity if agent.here and self._line.connected else None

    def answered_since(self, moment: float) -> int:
        """How many requests whose first word was said after a moment were answered and done."""
        return sum(
            asked.began_at > moment and asked.done and asked.answered_at is not None for asked in self.asked
        )

    def longest_wait(self, since: float, until: float) -> float:
        """Of all that was answered between two moments: from the caller's last word, or from `since` where that is
        later, to the answer with which it was done, but for what the caller had to say meanwhile. Seconds.
        """
        return max((asked.wait(since) for asked, _ in self._answered(since, until)), default=0.0)

    def longest_silence(self, since: float, until: float) -> float:
        """The same, to the first that was heard of us, whatever it was."""
        log = self._line.listener.log
        waits = [0.0]
        for asked, at in self._answered(since + ECHOES_SECONDS, until):
            if at <= (begins := max(asked.since, since)):
                continue
            sound = log.first_after(since + ECHOES_SECONDS if asked.since < since else asked.since)
            # An answer may have begun before its caller's last word: nothing that comes behind it is heard any sooner.
            waits.append((min(sound.start, at) if sound is not None else at) - begins)
        return max(waits)

    def _answered(self, since: float, until: float) -> list[tuple[Asked, float]]:
        return [
            (asked, asked.answered_at)
            for asked in self.asked
            if asked.answered_at is not None and since < asked.answered_at <= until
        ]

    def said_again(self, since: float, until: float) -> int:
        """How often something had to be said once more."""
        return sum(max(0, asked.tries - 1) for asked in self.asked if since < asked.began_at <= until)

    async def books(self) -> tuple[list[str], list[str]]:
        """The titles that were there once and are not any more, and those that are there twice or unasked."""
        there = Counter(spoken_form(task.title) for task in await self.store.tasks())
        wanted = {spoken_form(asked.title) for asked in self.asked}
        lost = sorted({spoken_form(asked.title) for asked in self.asked if asked.done} - there.keys())
        wrong = [title for title, count in there.items() if count > 1 or title not in wanted]
        return lost, sorted(wrong)

    # -- one request ---------------------------------------------------------------------------------------

    async def _ask(self, title: str) -> bool:
        asked = Asked(title)
        self.asked.append(asked)
        sound = self.sounds[(len(self.asked) - 1) % len(self.sounds)]
        told = False
        while asked.tries < TRIES:
            await self._somebody_there()
            heard, cut_off = await self._say(asked, sound, told=told)
            told = heard and cut_off
            made_at = None
            if not cut_off:
                made_at = await self._made_at(title, DONE_SECONDS if heard else 0.0)
            if made_at is None and (heard or cut_off):
                made_at = await self._made_at_last(title, CUT_OFF_SECONDS if cut_off else AT_IT_SECONDS)
            if made_at is not None:
                asked.done = True
                asked.answered_at = await self._answered_at(made_at)
                if asked.answered_at is not None:
                    self._waiting_since = None
                return True
            await self._at_rest()
        return False

    async def _say(self, asked: Asked, sound: Pcm, *, told: bool) -> tuple[bool, bool]:
        """Say it; whether something was heard after it that may be the answer, and whether who was spoken to was gone.

        `told`: it was heard that they were cut off as they said it before.
        """
        line, spoken_to, cut_off = self._line, self.agent, False
        # What an ear that died had not taken is still waiting for the next one.
        with contextlib.suppress(CallError):
            await tell(
                self.control_url,
                self.call_id,
                sentence(asked.title),
                unless_waiting=bool(asked.tries),
            )
        asked.tries += 1
        microphone = line.microphone
        assert microphone is not None  # noqa: S101 - the line is connected
        playing = microphone.play(sound)
        seconds = len(sound) / MICROPHONE_RATE + 5

        def notice() -> None:
            nonlocal cut_off
            cut_off = cut_off or self.agent != spoken_to

        def said() -> bool:
            notice()
            return playing.ended_at is not None

        await line.changes.wait_until(said, seconds)
        began = playing.began_at or time.monotonic()
        ended = playing.ended_at or time.monotonic()
        asked.began_at = asked.began_at or began
        if self._waiting_since is None:
            self._waiting_since, self._spoken = ended, ()
        else:
            self._spoken += ((began - (self._pause_before(began) if told else 0.0), ended),)
        asked.since, asked.spoken = self._waiting_since, self._spoken

        def heard() -> bool:
            notice()
            return line.listener.log.answer_to(began, ended) is not None

        if not await line.changes.wait_until(heard, ANSWER_SECONDS) and cut_off:
            await self._somebody_there()
            await line.changes.wait_until(heard, ANSWER_SECONDS)
        return heard(), cut_off

    def _pause_before(self, began: float) -> float:
        """How long whoever knew that they were cut off waited for our silence before they said it again, seconds."""
        return min(CUT_OFF_SECONDS, self._line.listener.log.quiet_before(began))

    async def _made_at(self, title: str, within: float) -> float | None:
        """When the task was made, if that is seen within so many seconds."""
        deadline = time.monotonic() + within
        while True:
            with contextlib.suppress(TaskServerUnavailable, TaskStoreError):
                for task in await self.store.open_tasks():
                    if spoken_form(task.title) == spoken_form(title):
                        return task.made_at - time.time() + time.monotonic()
            if time.monotonic() >= deadline:
                return None
            await asyncio.sleep(LOOK_SECONDS)

    async def _made_at_last(self, title: str, patience: float) -> float | None:
        """The same where something was heard before it; None where it is not made when we are silent for so long."""
        # Who asks the task server again and again takes the processor from those who are to be heard, and is late themselves.
        await self._silent_for(patience, within=PATIENCE_SECONDS)
        return await self._made_at(title, 0.0)

    async def _answered_at(self, made_at: float) -> float | None:
        """When the sound began that told of a task that was made; None where there was none. Returns when we are silent.

        What began before it was made tells of it only where nothing came behind: it may have been «One moment.».
        """
        log = self._line.listener.log
        await self._line.changes.wait_until(
            lambda: bool(log.stretches) and log.stretches[-1].end > made_at, ANSWER_SECONDS
        )
        await self._at_rest()
        if (behind := log.first_after(made_at)) is not None:
            return behind.start
        return made_at if log.sounding_at(made_at) is not None else None

    async def _somebody_there(self) -> None:
        await self._line.changes.wait_until(lambda: self.agent is not None, ANSWER_SECONDS)

    async def _at_rest(self) -> None:
        """Wait until we are silent. What an agent says of itself is not asked: a dead one says it still speaks."""
        await self._silent_for(QUIET_SECONDS, within=REST_SECONDS)

    async def _silent_for(self, seconds: float, *, within: float) -> None:
        line = self._line
        await line.changes.wait_until(lambda: line.listener.log.quiet_for(time.monotonic()) > seconds, within)
