"""From a stream of sound to Deepgram's results.

The ear behind it is no streaming recogniser: it wants a whole utterance and a few hundred milliseconds. So it starts
as soon as the caller pauses, in the hope that this was the end, and what it hears is published when the silence has
lasted long enough. A caller who goes on before that gets one whole sentence: the guess becomes an interim result.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.deepgram_messages import Messages
from sandbox.deepgram_query import ListenQuery
from sandbox.desk import Desk
from sandbox.recording import Recording
from sandbox.shared_ear import Guess, SharedEar
from sandbox.timed_words import TimedWords
from sandbox.word_times import spread
from tiers.local.speech import SAMPLE_RATE, Change, SpeechDetector, SpeechEvent, loudness, silero

SERVICE = "deepgram-stt"

PAUSE_MS = 100
"""When to start hearing. Shorter, and every stop consonant wastes a run of the ear; longer is latency for all."""

SETTLE_MS = 250
"""When an utterance is over. Callers pause 150–250 ms at a comma, and half a sentence is heard badly; the ear needs
about as long anyway, so waiting costs little."""

TOLD_SETTLE_MS = 100
"""The same where words are told: nothing can be misheard, and the latency profile alone should count."""

TIMED_PAUSE_MS, TIMED_SETTLE_MS = 32, 64
"""The same where it is told when the words are spoken: the vendor ends a result after 25 ms of silence, and one window
more keeps the stops inside words from being taken for one."""

TIMED_INTERIM_SECONDS = 0.25
"""Between interim results of such words, which cost nothing."""

REJOIN_SECONDS = 0.7
"""Speech again this soon after an utterance whose result is not out yet belongs to the same sentence."""

INTERIM_SECONDS = 4.0
"""Unbroken speech between interim results. Each costs a run of the ear, which may delay the final one, so that
commands of the usual length get none; left out while the ear is busy."""

LEAD_SECONDS = 1.0
"""Sound before the detected start that is heard with it, unless something was said in it. The detector takes up to 0.7 s
of a telephone's «Please» for silence: with 0.25 s of lead 3 of 21 were heard as «to lead» or not at all, with 0.8 none."""

LONGEST_SECONDS = 25.0
"""An utterance is cut here: past 30 s the ear needs two windows."""

QUIET_RESULT_SECONDS = 5.0
"""An empty result comes this often in silence, as from the vendor: a client can tell silence from a dead socket."""

TOLD_WAIT_SECONDS = 0.5
"""How long told words may come after the speech that stands for them."""

_WAITING = 8
_SLICE = SAMPLE_RATE // 10

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Utterance:
    start: float
    since: float
    """From when on sound is heard for it."""
    end: float = 0.0
    hearing: asyncio.Task[Guess] | None = None
    speech_final: bool = True
    from_finalize: bool = False
    reopened: bool = False
    told: bool = False
    """Its words are told: no ear is asked for them."""
    is_out: bool = False


class Recognition:
    """One connection's recogniser: feed it sound, it sends results."""

    def __init__(
        self, desk: Desk, ear: SharedEar, query: ListenQuery, messages: Messages, send: Send
    ) -> None:
        self._desk = desk
        self._ear = ear
        self._query = query
        self._messages = messages
        self._send = send
        told = desk.ear is None
        tag = query.tag or ""
        self._tag = desk.told.second_ear(tag) if query.beside else tag
        self._settle = max(TOLD_SETTLE_MS if told else SETTLE_MS, query.endpointing or 0)
        self._detector = SpeechDetector(
            loudness() if told else silero(), pause_ms=PAUSE_MS, stop_ms=self._settle
        )
        self._timed: TimedWords | None = None
        self._recording = Recording(SAMPLE_RATE)
        self._now: _Utterance | None = None
        self._closed: asyncio.Queue[_Utterance] = asyncio.Queue(_WAITING)
        self._last: _Utterance | None = None
        self._cursor = 0.0
        self._said_until = 0.0
        self._last_word_end: float | None = None
        self._next_interim = 0.0
        self._guesses: set[asyncio.Task[None]] = set()
        self._publisher = asyncio.create_task(self._publish())

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """The stream goes on with this sound (16 kHz)."""
        for first in range(0, len(pcm), _SLICE):
            piece = pcm[first : first + _SLICE]
            self._recording.add(piece)
            for event in self._detector.feed(piece):
                await self._changed(event)
            await self._as_time_goes()
            await asyncio.sleep(0)  # a client may send an hour at once; others want to be heard too
        self._check()

    async def flush(self, *, from_finalize: bool = False) -> None:
        """Take what was said so far as all; returns when its results are out."""
        for event in self._detector.end():
            if self._now is not None:
                self._now.from_finalize = from_finalize
            await self._changed(event)
        answered = self._last is not None and self._last.from_finalize
        out = asyncio.create_task(self._closed.join())
        await asyncio.wait({out, self._publisher}, return_when=asyncio.FIRST_COMPLETED)
        out.cancel()
        self._check()
        if from_finalize and not answered:
            await self._quiet(speech_final=True, from_finalize=True)
        self._last = None

    async def aclose(self) -> None:
        """Stop at once; nothing more is sent."""
        tasks: set[asyncio.Task[Any]] = {self._publisher, *self._guesses}
        tasks |= {each.hearing for each in (self._now, self._last) if each is not None and each.hearing}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check(self) -> None:
        """Raise what ended the publisher: an ear that cannot hear ends the connection."""
        if self._publisher.done():
            self._publisher.result()

    async def _changed(self, event: SpeechEvent) -> None:
        match event.change:
            case Change.START:
                await self._began(event.at)
            case Change.PAUSE:
                self._guess(event.at)
            case Change.RESUME:
                self._dismiss()
            case Change.STOP:
                await self._over(event.at)

    async def _began(self, at: float) -> None:
        self._time_words(at)
        last = self._last
        if last and self._unpublished(last) and not last.from_finalize and at - last.end < REJOIN_SECONDS:
            last.reopened = True
            told = last.told or self._are_words_told(at)
            self._now = _Utterance(last.start, last.since, hearing=last.hearing, told=told)
            self._dismiss()
        else:
            self._now = _Utterance(
                at, max(at - LEAD_SECONDS, self._said_until), told=self._are_words_told(at)
            )
            if self._query.vad_events:
                await self._send(self._messages.speech_started(at))
        self._next_interim = self._now.start + (INTERIM_SECONDS if self._timed is None else 0.0)

    def _time_words(self, at: float) -> None:
        """Begin with the next words that were told with their times, when those before are over."""
        if self._timed is not None and at < self._timed.end:
            return
        if self._query.beside:  # what was said before, nobody took down here
            self._desk.told.forget_older(self._tag)
        self._timed = self._desk.told.timed(self._tag, at) or (
            None if self._timed is None or self._timed.over else self._timed
        )
        if self._timed is None:
            self._detector.hasten(pause_ms=PAUSE_MS, stop_ms=self._settle)
        else:
            settle = max(TIMED_SETTLE_MS, self._query.endpointing or 0)
            self._detector.hasten(pause_ms=TIMED_PAUSE_MS, stop_ms=settle)

    def _are_words_told(self, at: float) -> bool:
        """Whether speech that begins now stands for words that were told. Where some are, they go before the ear."""
        timed = self._timed
        spoken_still = timed is not None and (not timed.over or at < timed.end)
        return self._desk.ear is None or spoken_still or self._desk.told.is_waiting(self._tag)

    def _unpublished(self, utterance: _Utterance) -> bool:
        return utterance.hearing is not None and not utterance.hearing.done()

    def _guess(self, end: float) -> None:
        """Perhaps the utterance ends here: hear it."""
        if self._now is None:
            return
        self._now.end = end
        sound = self._recording.between(self._now.since, end + PAUSE_MS / 1000)
        self._now.hearing = asyncio.create_task(self._ear.hear(sound, told=self._now.told))

    def _dismiss(self) -> None:
        """The utterance did not end there; what is being heard is an interim result at best."""
        if self._now is None or self._now.hearing is None:
            return
        if self._query.interim_results and not self._now.told:
            self._keep(self._interim(self._now, self._now.hearing, self._detector.now))
        else:
            self._now.hearing.cancel()
        self._now.hearing = None

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._guesses.add(task)
        task.add_done_callback(self._guesses.discard)

    async def _interim(self, utterance: _Utterance, hearing: asyncio.Task[Guess], end: float) -> None:
        try:
            guess = await hearing
        finally:
            hearing.cancel()
        # What was written while words are told in time was written before the pause behind them was heard.
        under_way = self._timed is not None and not (utterance.is_out or utterance.reopened)
        if guess.text and (utterance is self._now or under_way):  # else the final is out or on its way
            words = spread(guess.text, utterance.start, end)
            await self._send(
                self._messages.results(
                    words, start=self._cursor, end=end, is_final=False, confidence=guess.confidence
                )
            )

    async def _over(self, end: float, *, speech_final: bool = True) -> None:
        utterance = self._now
        if utterance is None:
            return
        if utterance.hearing is None:
            self._guess(end)
        utterance.end = self._said_until = end
        utterance.speech_final = speech_final and (
            self._query.endpointing is not None or utterance.from_finalize
        )
        self._now, self._last = None, utterance
        await self._closed.put(utterance)

    async def _as_time_goes(self) -> None:
        now = self._detector.now
        if self._now is not None:
            if now - self._now.start > LONGEST_SECONDS:
                told = self._now.told
                await self._over(now, speech_final=False)
                self._now = _Utterance(now, now, told=told)
            elif now >= self._next_interim and self._timed is not None:
                self._next_interim = now + TIMED_INTERIM_SECONDS
                if self._query.interim_results and (words := self._timed.heard(now)):
                    self._keep(self._interim(self._now, asyncio.create_task(self._guessed(words)), now))
            elif now >= self._next_interim and not self._detector.paused:
                self._next_interim = now + INTERIM_SECONDS
                if self._query.interim_results and not self._now.told and not self._ear.busy:
                    sound = self._recording.between(self._now.since, now)
                    self._keep(self._interim(self._now, asyncio.create_task(self._ear.hear(sound)), now))
            return
        if self._is_word_left(now):
            self._now = _Utterance(self._cursor, self._cursor, told=True)
            await self._over(now)
        last = self._last
        rejoined_from = last.since if last and self._unpublished(last) else now
        self._recording.forget_before(min(now - LEAD_SECONDS - 1.0, rejoined_from))
        if self._closed.empty() and now - self._cursor >= QUIET_RESULT_SECONDS:
            await self._quiet()
        ended, gap = self._last_word_end, self._query.utterance_end_ms
        if ended is not None and gap is not None and now - ended >= gap / 1000:
            self._last_word_end = None
            await self._send(self._messages.utterance_end(ended))

    def _is_word_left(self, now: float) -> bool:
        """Whether a turn is over, and its last words were so soft that no speech was heard in them."""
        timed, last = self._timed, self._last
        if timed is None or timed.over or (last is not None and not last.is_out):
            return False
        return now >= timed.end + TIMED_SETTLE_MS / 1000

    async def _quiet(self, *, speech_final: bool = False, from_finalize: bool = False) -> None:
        start, self._cursor = self._cursor, self._detector.now
        await self._send(
            self._messages.results(
                [],
                start=start,
                end=self._cursor,
                is_final=True,
                speech_final=speech_final,
                from_finalize=from_finalize,
            )
        )

    async def _publish(self) -> None:
        while True:
            utterance = await self._closed.get()
            try:
                await self._final(utterance)
            finally:
                utterance.is_out = True
                self._closed.task_done()

    async def _final(self, utterance: _Utterance) -> None:
        if utterance.hearing is None:
            return
        await asyncio.wait([utterance.hearing])
        if utterance.reopened or utterance.hearing.cancelled():
            return
        guess = utterance.hearing.result()
        text = await self._told(utterance.end) if utterance.told else guess.text
        met = self._desk.faults.answer(SERVICE)
        await self._desk.faults.late(SERVICE)
        words = spread("" if met == "empty-final" else text, utterance.start, utterance.end)
        if met == "no-final":
            await self._send(
                self._messages.results(
                    words,
                    start=self._cursor,
                    end=utterance.end,
                    is_final=False,
                    confidence=guess.confidence,
                )
            )
            return
        start, self._cursor = self._cursor, max(self._cursor, utterance.end)
        if words:
            self._last_word_end = utterance.end
        await self._send(
            self._messages.results(
                words,
                start=start,
                end=self._cursor,
                is_final=True,
                speech_final=utterance.speech_final,
                from_finalize=utterance.from_finalize,
                confidence=guess.confidence,
            )
        )

    async def _guessed(self, words: str) -> Guess:
        """Words that are known, as late as the latency profile's vendor gives them."""
        await self._desk.pause("stt")
        return Guess(words, 0.9)

    async def _told(self, end: float) -> str:
        if self._timed is not None:
            return self._timed.take(end)
        wait = self._desk.clock.real(TOLD_WAIT_SECONDS)
        return await self._desk.told.next(self._tag, wait, to_breath=True) or ""
