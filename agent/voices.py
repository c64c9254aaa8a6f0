"""A text on its way to the caller's ear, carried through the failure of a voice: the next one says the rest.

What was synthesized is played to its end. How much of the text that was is known from the voice's word times, and
estimated from the length of the sound where a voice gives none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Final

from livekit import rtc
from livekit.agents import APIError, APITimeoutError, utils
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

from agent.word_gaps import WordGaps

MOST_VOICES: Final = 4
RATE: Final = 24_000
"""Samples a second, where no sound says it."""
CHARS_A_SECOND: Final = 15.0
"""English read aloud: 150–170 words a minute."""
SHORTEST_WORD_SECONDS: Final = 0.1
"""Less of a word is not heard."""
FASTEST_CHARS_A_SECOND: Final = 45.0
"""Sound that is shorter than its text at this pace was cut off, whatever the vendor says."""


class _Given:
    """The text as it comes in, kept so that another voice can go on with it."""

    def __init__(self, source: AsyncIterable[str]) -> None:
        self.text = ""
        self._source = source
        self._more = asyncio.Event()
        self._over = False
        self._reading = asyncio.create_task(self._read(), name="voice.text")

    @property
    def is_whole(self) -> bool:
        return self._over

    async def _read(self) -> None:
        try:
            async for piece in self._source:
                self.text += piece
                self._more.set()
        finally:
            self._over = True
            self._more.set()

    async def since(self, position: int) -> AsyncIterator[str]:
        """The text from a position on, to its end."""
        while True:
            self._more.clear()
            if position < len(self.text):
                piece, position = self.text[position:], len(self.text)
                yield piece
            elif self._over:
                await self._reading  # it may have failed
                return
            else:
                await self._more.wait()

    async def aclose(self) -> None:
        await utils.aio.cancel_and_wait(self._reading)


class _Heard:
    """How much of a text has become sound."""

    def __init__(self, given: _Given, gaps: WordGaps) -> None:
        self.seconds = 0.0
        self.timed = False
        self._given = given
        self._gaps = gaps
        self._spoken = 0
        self._ahead: list[TimedString] = []

    def take(self, frame: rtc.AudioFrame) -> None:
        """Count a frame. Words that a voice announces ahead of their sound stay here until they are due."""
        self.seconds += frame.duration
        announced = frame.userdata.pop(USERDATA_TIMED_TRANSCRIPT, [])
        if announced:
            self.timed = True
            self._ahead += announced
        due: list[TimedString] = []
        ahead: list[TimedString] = []
        for word in self._ahead:  # one by one: the same word may come twice
            (due if not isinstance(word.start_time, float) or self._is_due(word) else ahead).append(word)
        if due:
            self._ahead = ahead
            self._give(frame, due)

    def rest(self, rate: int) -> rtc.AudioFrame | None:
        """A breath of silence that brings the words that are left, when all sound is there."""
        if not self._ahead:
            return None
        size = rate // 100
        frame = rtc.AudioFrame(bytes(2 * size), rate, 1, size)
        self._give(frame, self._ahead)
        self._ahead = []
        return frame

    def end_in(self, text: str, start: int) -> int:
        """The position in `text` behind the last word that became sound, read from `start`."""
        if self.timed:
            return _behind_words(text, start, self._spoken)
        return _behind_words(text, start, len(text[start:][: int(self.seconds * CHARS_A_SECOND)].split()))

    def _is_due(self, word: TimedString) -> bool:
        return isinstance(word.start_time, float) and word.start_time < self.seconds - SHORTEST_WORD_SECONDS

    def _give(self, frame: rtc.AudioFrame, due: list[TimedString]) -> None:
        self._spoken += sum(len(word.split()) for word in due)
        text = self._given.text
        frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [self._gaps.before(word, text) for word in due]


def _behind_words(text: str, start: int, count: int) -> int:
    position = start
    for _ in range(count):
        while position < len(text) and text[position].isspace():
            position += 1
        while position < len(text) and not text[position].isspace():
            position += 1
    return position


async def speaking(
    text: AsyncIterable[str],
    say: Callable[[AsyncIterable[str]], AsyncIterable[rtc.AudioFrame]],
    *,
    rate: int = 0,
    announced: bool = False,
    is_timed: Callable[[], bool],
    patience: Callable[[], float],
    trouble: Callable[[], APIError | None],
    another_voice: Callable[[APIError, int], Awaitable[bool]],
) -> AsyncIterator[rtc.AudioFrame]:
    """Give the sound of a text that `say` makes; a voice that fails hands the rest to the next.

    `rate` is the sound's, Hz; 0 for that of the first voice. `announced`: words with times were heard before it.
    `is_timed`: whether the voice that serves gives its words times. `patience` is how long it may be silent, in seconds;
    `trouble` gives an error that its plugin swallowed. Raises what the last voice raised.
    """
    given, gaps = _Given(text), WordGaps()
    start, told, whose = 0, 0, announced
    trouble()  # of what was said before
    try:
        for attempt in range(MOST_VOICES):
            heard = _Heard(given, gaps)
            resampler: rtc.AudioResampler | None = None
            timed, told = is_timed(), max(told, start)
            try:
                async for frame in _in_time(say(given.since(start)), given, patience()):
                    if not rate:
                        rate = frame.sample_rate
                    heard.take(frame)
                    whose = whose or heard.timed
                    if whose and not timed and len(given.text) > told:
                        # The captions follow the words' times, and this voice gives none.
                        words, told = given.text[told:], len(given.text)
                        frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(words, start_time=0.0)]
                    if frame.sample_rate == rate:
                        yield frame
                        continue
                    resampler = resampler or rtc.AudioResampler(frame.sample_rate, rate)
                    for piece in _with(frame.userdata, resampler.push(frame)):
                        yield piece
                if resampler is not None:
                    for piece in resampler.flush():
                        yield piece
                if (swallowed := trouble()) is not None:
                    raise swallowed
                if (breath := heard.rest(rate or RATE)) is not None:
                    yield breath
                said = given.text[start:].strip()
                if heard.seconds * FASTEST_CHARS_A_SECOND < len(said) - FASTEST_CHARS_A_SECOND:
                    raise APIError("the voice stopped in the middle", retryable=False)
                return
            except APIError as error:
                better = trouble() or error
                if attempt + 1 == MOST_VOICES or not await another_voice(better, attempt):
                    raise
                start = heard.end_in(given.text, start)
                if given.is_whole and not given.text[start:].strip():
                    return
    finally:
        await given.aclose()


def _with(userdata: dict[str, object], frames: list[rtc.AudioFrame]) -> list[rtc.AudioFrame]:
    if frames:
        frames[0].userdata.update(userdata)
    return frames


async def _in_time(
    sound: AsyncIterable[rtc.AudioFrame], given: _Given, seconds: float
) -> AsyncIterator[rtc.AudioFrame]:
    """Pass sound on. Raises APITimeoutError where none comes for so long although all of the text is there."""
    frames = aiter(sound)
    coming: asyncio.Future[rtc.AudioFrame] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(frames))
            owed = given.is_whole
            while not (await asyncio.wait({coming}, timeout=seconds))[0]:
                if owed:
                    raise APITimeoutError("the voice is silent", retryable=False)
                owed = given.is_whole
            try:
                frame = coming.result()
            except StopAsyncIteration:
                return
            yield frame
    finally:
        if coming is not None and not coming.done():
            await utils.aio.cancel_and_wait(coming)
        if (aclose := getattr(frames, "aclose", None)) is not None:
            await aclose()
