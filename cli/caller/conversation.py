"""A caller in a room: does one thing at a time, waits for the answer and measures it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from livekit import rtc

from cli.caller.any_line import AnyLine
from cli.caller.errors import CallOverError, NobodyAnsweredError
from cli.caller.measure import Moments, first_sound_ms, silence_after_interrupt_ms
from cli.caller.record import CallRecord, Turn
from cli.caller.sound import MICROPHONE_RATE, Pcm

BREATH_SECONDS = 0.1
"""Between words it is still shorter than this."""


@dataclass(frozen=True)
class Patience:
    """How long the caller waits, in seconds."""

    agent_joins: float = 10.0
    greeting: float = 15.0
    answer: float = 20.0
    """From the caller's last word to the agent's first sound or word."""
    whole_answer: float = 90.0
    settled: float = 0.6
    """Silence after which an agent that says it is listening has finished."""
    question: float = 5.0
    """For a card to click on to appear."""
    agent_returns: float = 20.0
    """For another agent, when the one who served the call has left a room that stays. Another worker takes a call over
    within 10 s, it is promised."""


class Conversation:
    """The steps of a caller on a connected line. Fills the record's turns as it goes.

    Every step raises CallOverError when the call ends before the step does.
    """

    def __init__(self, line: AnyLine, record: CallRecord, patience: Patience | None = None) -> None:
        self.line, self.record = line, record
        self.patience = patience or Patience()
        self._connected_at = time.monotonic()
        self._answer_began_at = 0.0
        self._moments: list[Moments] = []

    @property
    def last_word_at(self) -> float | None:
        """When the newest turn's last word had left (`time.monotonic()`); None while it is spoken."""
        return self._moments[-1].ended_at if self._moments else None

    async def wait_for_agent(self) -> None:
        """Wait until the agent is in the room. Raises NobodyAnsweredError when it does not come."""
        if not await self._wait(lambda: self.line.agent.here, self.patience.agent_joins):
            raise NobodyAnsweredError(
                f"no agent came into the room within {self.patience.agent_joins:g} s: "
                "is a worker running? `voicetasks doctor` looks"
            )

    async def wait_for_greeting(self, *, to_its_end: bool = True) -> None:
        """Wait for the agent's first words. Raises NobodyAnsweredError when it is silent."""
        if not await self._answer_begins(0.0, 0.0, self.patience.greeting):
            raise NobodyAnsweredError(f"the agent came but said nothing within {self.patience.greeting:g} s")
        self.record.joined = True
        if to_its_end:
            await self.wait_for_end()
        self.note()

    async def say(self, text: str, pcm: Pcm, *, by: str = "voice", to_its_end: bool = True) -> Turn:
        """Speak and wait for the answer: to its end, or to its beginning for a step that interrupts it."""
        microphone = self.line.microphone
        if microphone is None:
            raise RuntimeError("the line is not connected")
        await self._somebody_there()
        playing = microphone.play(pcm)
        speaking = len(pcm) / MICROPHONE_RATE + self.patience.answer
        await self._wait(lambda: playing.began_at is not None, speaking)
        turn = self._open_turn(text, by, playing.began_at or time.monotonic())
        await self._wait(lambda: playing.ended_at is not None, speaking)
        self._moments[-1].ended_at = playing.ended_at
        await self._follow(turn, to_its_end=to_its_end)
        return turn

    async def type(self, text: str, *, to_its_end: bool = True) -> Turn:
        """Send text in the chat and wait for the answer."""
        await self._somebody_there()
        turn = self._open_turn(text, "text", time.monotonic())
        await self.line.write(text)
        self._moments[-1].ended_at = time.monotonic()
        await self._follow(turn, to_its_end=to_its_end)
        return turn

    async def press(self, keys: str, *, to_its_end: bool = True) -> Turn:
        """Press telephone keys and wait for the answer."""
        await self._somebody_there()
        turn = self._open_turn(keys, "key", time.monotonic())
        await self.line.press(keys)
        self._moments[-1].ended_at = time.monotonic()
        await self._follow(turn, to_its_end=to_its_end)
        return turn

    async def click(self, answer: Literal["yes", "no"], *, to_its_end: bool = True) -> Turn:
        """Press a button of the confirmation card, when one is there, and wait for the answer."""
        turn = self._open_turn(answer, "click", time.monotonic())
        confirmations = self.line.confirmations
        if not await self._wait(lambda: confirmations.pending() is not None, self.patience.question):
            turn.problem = "there was no question to click on"
            return turn
        await self._somebody_there()
        pending = confirmations.pending()
        assert pending is not None  # noqa: S101 - the wait has just seen it
        try:
            await self.line.answer_card(pending, answer)
        except rtc.RpcError as error:
            turn.problem = f"the click was refused: {error.message}"
            return turn
        self._moments[-1].ended_at = time.monotonic()
        await self._follow(turn, to_its_end=to_its_end)
        return turn

    async def share(self, frame: rtc.VideoFrame | None) -> None:
        """Share a picture as the screen; None stops sharing."""
        await self._somebody_there()
        await self.line.stop_sharing()
        if frame is not None:
            await self.line.share(frame)

    async def wait_into_speech(self, seconds: float) -> None:
        """Wait until the agent's answer is so many seconds old and no pause, or over before that."""
        due, sound = self._answer_began_at + seconds, self.line.listener.log

        def ripe() -> bool:
            now = time.monotonic()
            return now >= due and sound.quiet_for(now) < BREATH_SECONDS

        await self._wait(lambda: ripe() or self._at_rest(), seconds + self.patience.whole_answer)

    async def pause(self, seconds: float) -> None:
        """Do nothing for so many seconds."""
        await self._wait(lambda: False, seconds)

    async def wait_for_end(self) -> bool:
        """Wait until the agent has said all; false when it still speaks after `whole_answer` seconds."""
        return await self._wait(self._at_rest, self.patience.whole_answer)

    def note(self) -> None:
        """Bring the record up to date with all that has arrived."""
        record, words, sound = self.record, self.line.transcript.words, self.line.listener.log
        starts = [moments.began_at for moments in self._moments] + [float("inf")]
        record.greeting.heard = words(by_agent=True, since=0.0, until=starts[0])
        first = sound.first_after(0.0)
        if first is not None and first.start < starts[0]:
            record.greeting.first_sound_ms = round((first.start - self._connected_at) * 1000)
        for turn, moments, until in zip(record.turns, self._moments, starts[1:], strict=True):
            turn.heard = words(by_agent=True, since=moments.began_at, until=until)
            turn.understood = words(by_agent=False, since=moments.began_at, until=until)
            turn.first_sound_ms = first_sound_ms(moments, until, sound)
            if turn.by in ("voice", "wav"):
                turn.silence_after_interrupt_ms = silence_after_interrupt_ms(moments, sound)
        record.heard_seconds = round(sound.heard_seconds, 2)
        self.line.agent.fill(record, sound, self._moments)

    def _open_turn(self, said: str, by: str, began_at: float) -> Turn:
        turn = Turn(said=said, by=by)
        self.record.turns.append(turn)
        self._moments.append(Moments(began_at, agent_spoke=self.line.agent.speaking))
        return turn

    async def _follow(self, turn: Turn, *, to_its_end: bool) -> None:
        """Wait for the answer to the newest turn."""
        moments = self._moments[-1]
        ended_at = moments.ended_at or moments.began_at
        turn.answered = await self._answer_begins(moments.began_at, ended_at, self.patience.answer)
        turn.stack = self.line.agent.stack
        if not turn.answered:
            turn.problem = f"no answer within {self.patience.answer:g} s"
        elif to_its_end and not await self.wait_for_end():
            turn.problem = f"the answer was not over after {self.patience.whole_answer:g} s"
        self.note()

    async def _answer_begins(self, since: float, ended_at: float, seconds: float) -> bool:
        """Wait for a sound that lasts past the caller's last word, or for words in the transcript."""
        sound, transcript = self.line.listener.log, self.line.transcript

        def begun() -> bool:
            stretch = sound.answer_to(since, ended_at)
            return stretch is not None or bool(transcript.words(by_agent=True, since=ended_at))

        if not await self._wait(begun, seconds):
            return False
        stretch = sound.answer_to(since, ended_at)
        self._answer_began_at = stretch.start if stretch else time.monotonic()
        return True

    def _at_rest(self) -> bool:
        line = self.line
        return (
            line.agent.here
            and line.agent.resting
            and not line.transcript.agent_is_writing()
            and line.listener.log.quiet_for(time.monotonic()) >= self.patience.settled
        )

    async def _somebody_there(self) -> None:
        """Wait for who takes the call over where the agent has just left."""
        line = self.line
        await self._wait(
            lambda: line.connected and not line.agent.away_for(time.monotonic()), self.patience.agent_returns
        )

    async def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for the condition. Raises CallOverError when the line is down, or the agent has left for good."""
        line, returns = self.line, self.patience.agent_returns

        def deserted() -> bool:
            return line.agent.away_for(time.monotonic()) >= returns

        def over() -> bool:
            return not line.connected or deserted()

        met = await line.changes.wait_until(lambda: condition() or over(), seconds)
        if not condition() and over():
            raise CallOverError(
                "the call was ended by the other side"
                if not line.connected
                else f"the agent left the call, and nobody took it over within {returns:g} s"
            )
        return met
