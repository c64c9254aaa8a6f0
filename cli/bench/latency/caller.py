"""One call: turns are spoken, and what the caller's ear heard of the answers is noted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cli.bench.latency.speech import Spoken
from cli.bench.latency.turns import Manner
from cli.caller.any_line import AnyLine
from cli.caller.errors import NobodyAnsweredError
from cli.caller.told_words import tell
from cli.caller.utterances import Playing
from cli.caller.voices import CachedVoice

ANSWER_SECONDS: Final = 8.0
GREETING_SECONDS: Final = 30.0
WHOLE_SECONDS: Final = 20.0
QUIET_SECONDS: Final = 0.45
INTO_ANSWER_SECONDS: Final = 0.7
"""So far into an answer the caller interrupts it or murmurs."""
GOES_ON_SECONDS: Final = 1.4
"""After a murmur our voice is listened to for so long."""
STOPS_SECONDS: Final = 1.2
"""An interruption that has not silenced us after this was not taken."""
SAME_SECONDS: Final = 0.005
"""Moments that differ by less are the same one, reckoned twice."""
RESUMES_SECONDS: Final = 1.0
"""A voice that falls silent and goes on within this was not interrupted."""
NO: Final = "No, thank you."


@dataclass
class Heard:
    """One turn and what came of it, in milliseconds."""

    kind: str
    manner: str
    breath_ms: int
    """0 for a turn without."""
    seconds: float
    """How long the caller spoke."""
    answer_ms: int | None = None
    """Last word to the first sound of the answer; None when there was none."""
    cut_off: bool = False
    """We began to speak while the caller was not done."""
    spoken_into_ms: list[tuple[int, int]] = field(default_factory=list)
    """From when to when we were heard that began while the caller spoke, from the caller's first sound on."""
    silent_ms: int | None = None
    """Onset of an interruption or of a murmur to our silence; None when we were not silenced."""
    ended_at: float = 0.0
    """When the last word had left, on the wall's clock."""
    heard_at: float | None = None
    """When the answer began to sound, on the wall's clock."""
    onsets: list[float] = field(default_factory=list)
    """When it began to sound again behind a short silence, on the wall's clock, until the next answer."""
    marks: dict[str, float] = field(default_factory=dict)
    """Moments of the turn inside the agent, on the wall's clock (cli/bench/latency/marks.py)."""

    def as_json(self) -> dict[str, Any]:
        """For the report's details."""
        return asdict(self)


class Caller:
    """Speaks its turns into one room."""

    def __init__(
        self,
        line: AbstractAsyncContextManager[AnyLine],
        control_url: str | None,
        voice: CachedVoice,
        *,
        greets: bool,
        answers: bool = True,
    ) -> None:
        """`control_url`: where the ear is told the words; None where it is a real one. `greets`: the agent speaks
        first. `answers`: it is no echo, whose time is that from onset to onset.
        """
        self._opens, self._control, self._voice = line, control_url, voice
        self._greets, self._answers = greets, answers
        self._line: AnyLine
        self._answer_at = 0.0

    async def call(self, turns: Sequence[Spoken]) -> list[Heard]:
        """Make the call. Raises CallError."""
        async with self.in_the_room():
            heard = [each for turn in turns if (each := await self.turn(turn)) is not None]
            self._note_onsets(heard)
            return heard

    @contextlib.asynccontextmanager
    async def in_the_room(self) -> AsyncIterator[None]:
        """Be in the call for as long as the block lasts, greeted where we greet. Raises CallError."""
        async with self._opens as line:
            self._line = line
            if not await self._wait(lambda: line.agent.here, GREETING_SECONDS):
                raise NobodyAnsweredError("nobody came into the room")
            if self._greets:
                await self._be_greeted()
            else:
                await asyncio.sleep(1.0)
            yield

    async def _be_greeted(self) -> None:
        if not await self._wait(lambda: bool(self._log.stretches), GREETING_SECONDS):
            raise NobodyAnsweredError("the agent came but said nothing")
        await self._at_rest()
        await self._tell(NO)
        playing = await self._play(await self._voice.speak(NO))
        await self._answered(playing)
        await self._at_rest()

    async def _tell(self, words: str, ends: Sequence[float] = ()) -> None:
        if self._control is not None:
            await tell(self._control, self._line.call_id, words, ends=ends)

    async def turn(self, spoken: Spoken) -> Heard | None:
        """Speak a turn and hear its answer; None where there was nothing to murmur into. Raises CallError."""
        wanted = spoken.wanted
        if wanted.manner is not Manner.AFTER and not await self._into_the_answer():
            if wanted.manner is Manner.MHM:
                return None  # the answer was too short to murmur into
        elif wanted.manner is Manner.AFTER:
            await self._at_rest()
        if self._answers:
            await self._tell(wanted.told, spoken.ends)
        over_ours = self._sounds(time.monotonic()) and wanted.manner is not Manner.AFTER
        playing = await self._play(spoken.pcm)
        began, ended = playing.began_at or 0.0, playing.ended_at or 0.0
        heard = Heard(
            wanted.kind,
            str(wanted.manner if over_ours or wanted.manner is Manner.MHM else Manner.AFTER),
            round(wanted.breath * 1000),
            round(ended - began, 3),
            ended_at=_wall(ended),
        )
        if wanted.manner is Manner.MHM:
            await self._wait(lambda: time.monotonic() > began + GOES_ON_SECONDS, GOES_ON_SECONDS * 2)
            heard.silent_ms = self._silenced(began)
            return heard
        await self._answered(playing)
        if over_ours:
            heard.silent_ms = self._silenced(began)
        self._note_answer(heard, began, ended)
        return heard

    def _note_answer(self, heard: Heard, began: float, ended: float) -> None:
        if not self._answers:  # an echo begins when the caller does
            first = self._log.first_after(began)
            heard.answer_ms = round((first.start - began) * 1000) if first is not None else None
            return
        answer = self._log.answer_to(began, ended)
        if answer is not None:
            heard.answer_ms = round((answer.start - ended) * 1000)
            heard.heard_at = _wall(answer.start)
            self._answer_at = answer.start
        into = [stretch for stretch in self._log.stretches if began < stretch.start < ended]
        heard.spoken_into_ms = [
            (round((each.start - began) * 1000), round((each.end - began) * 1000)) for each in into
        ]
        heard.cut_off = bool(into)

    def _note_onsets(self, turns: Sequence[Heard]) -> None:
        onsets = [_wall(onset) for onset in self._log.onsets]
        answered = [turn for turn in turns if turn.heard_at is not None]
        ends = [*(turn.heard_at or 0.0 for turn in answered[1:]), float("inf")]
        for turn, end in zip(
            answered, ends, strict=False
        ):  # of a call without an answer there is an end alone
            begins = turn.heard_at or 0.0
            turn.onsets = [each for each in onsets if begins + SAME_SECONDS < each < end - SAME_SECONDS]

    def _silenced(self, onset: float) -> int | None:
        """When our voice, that sounded at an onset, fell silent for longer than a moment."""
        found = [s for s in self._log.stretches if s.end > onset and s.start < onset + STOPS_SECONDS]
        if not found:
            return 0
        for this, after in zip(found, [*found[1:], None], strict=True):
            gap = after.start - this.end if after is not None else float("inf")
            if gap > RESUMES_SECONDS or after is None:
                return round((this.end - onset) * 1000) if this.end < onset + STOPS_SECONDS else None
        return None

    # -- small things --------------------------------------------------------------------------------------

    @property
    def _log(self) -> Any:
        return self._line.listener.log

    async def _play(self, pcm: Any) -> Playing:
        microphone = self._line.microphone
        assert microphone is not None  # noqa: S101 - the line is connected
        playing = microphone.play(pcm)
        await self._wait(lambda: playing.ended_at is not None, len(pcm) / 24_000 + 5)
        if playing.ended_at is None:
            raise NobodyAnsweredError("the room ended while the caller spoke")
        return playing

    async def _answered(self, playing: Playing) -> None:
        began, ended = playing.began_at or 0.0, playing.ended_at or 0.0
        await self._wait(lambda: self._log.answer_to(began, ended) is not None, ANSWER_SECONDS)

    async def _into_the_answer(self) -> bool:
        due = self._answer_at + INTO_ANSWER_SECONDS
        await self._wait(lambda: time.monotonic() >= due, INTO_ANSWER_SECONDS + 1)
        return self._sounds(time.monotonic())

    def _sounds(self, now: float) -> bool:
        return bool(self._log.quiet_for(now) < 0.1)

    async def _at_rest(self) -> None:
        log, agent = self._log, self._line.agent
        await self._wait(
            lambda: agent.resting and log.quiet_for(time.monotonic()) > QUIET_SECONDS, WHOLE_SECONDS
        )

    async def _wait(self, condition: Any, seconds: float) -> bool:
        found = await self._line.changes.wait_until(lambda: condition() or not self._line.connected, seconds)
        if not self._line.connected:
            raise NobodyAnsweredError("the room ended in the middle of the call")
        return found


def _wall(moment: float) -> float:
    """A moment of `time.monotonic()` on the wall's clock."""
    return round(moment + time.time() - time.monotonic(), 4)
