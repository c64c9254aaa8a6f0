"""When a turn is over: what the sound says (v1-mini), and what the words say where an ear writes them.

livekit knows two waits, one for «ended» and one for «not ended». Here the prediction itself is given when it is time,
so that each case has a wait of its own. adr/0036 has the measurements that the waits are from.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from livekit.agents import inference
from livekit.agents.language import LanguageCode
from livekit.agents.voice.turn import TurnDetectionEvent

from tiers.open_ends import Ending, ending_of

log = logging.getLogger("tiers.end_of_turn")

ASKED_AFTER_SECONDS: Final = 0.2
"""Silence after which livekit asks."""
PREDICTED_WITHIN_SECONDS: Final = 1.0
"""livekit's own bound on a prediction."""
LONGEST_SECONDS: Final = 30.0
"""No wait is longer, whatever waits come to be."""
WRITTEN_WITHIN_SECONDS: Final = 0.2
"""How far the end of the last word, as an ear places it, may lie before the silence that the detector hears: that one is
some 0.07 s late, and ears place words to a tenth of a second. A word more would be longer."""
THRESHOLD: Final = 0.36
"""v1-mini's own for English."""


@dataclass(frozen=True)
class Waits:
    """How long after the last speech a turn is over, seconds."""

    sure: float = 0.25
    """The words are whole and it sounds so."""
    unsure: float = 0.40
    """The words are whole and it does not sound so, or not yet."""
    spelled: float = 0.60
    """The last words are letters or figures."""
    open: float = 1.30
    """The words lead on."""
    wordless_sure: float = 0.25
    """No ear writes words down: it sounds as if the turn were over,"""
    wordless: float = 0.90
    """and as if it were not."""
    beside: float = 0.15
    """The words are whole, and an ear beside a model wrote them. In a cascade the vendors' time hides a wait, here nothing
    does; so how it sounds, which takes 85 ms to find out, is not asked, and the detector of speech is not waited for."""
    answer: float = 0.20
    """The same where the caller was asked something."""
    unwritten: float = 0.50
    """An ear beside a model has written nothing of it yet: at least so long, for its words to come."""


WAITS: Final = Waits()
NARROW_WAITS: Final = Waits(
    sure=0.30,
    unsure=0.38,
    beside=0.19,
    answer=0.30,
    spelled=0.80,
    open=1.40,
    wordless_sure=0.30,
    wordless=0.90,
)
"""By telephone: people spell more, and its sound says less."""


class EndOfTurn(inference.TurnDetector):
    """The detector of one session. `has_words`: an ear tells it what it writes, by `heard`.

    `overheard`: that ear stands beside a model that hears for itself. A turn needs none of its words, so that sound
    decides again where none come.
    """

    def __init__(self, *, has_words: bool, overheard: bool = False, waits: Waits = WAITS) -> None:
        super().__init__(version="v1-mini")  # explicitly: other versions send audio elsewhere
        self.waits = waits
        self.has_words = has_words
        self.overheard = has_words and overheard
        self.is_asked: Callable[[], bool] = lambda: False
        """Whether the caller was asked something that they may answer in two pieces."""
        self.behind: Callable[[], float] = lambda: math.inf
        """Seconds of sound behind the last final word of an ear beside a model."""
        self.on_quiet: Callable[[], None] = lambda: None
        """Called when nobody is heard to speak any more, be it within a sentence."""
        self._is_quiet = False
        self._is_aside = False
        self._is_over = False
        """No turn has begun since the last one: an ear that is late tells of the last one."""
        self._unwritten = False
        """Somebody has spoken since the last final words: more of them are on their way."""
        self._final = self._interim = ""
        self._changed = asyncio.Event()

    def heard(self, text: str, *, final: bool) -> None:
        """Hear what the ear has written."""
        if self.overheard and self._is_over:
            return
        if final:
            self._final, self._interim = f"{self._final} {text}".strip(), ""
            self._unwritten = False
        else:
            self._interim = text
        self._changed.set()

    def ending_with(self, text: str) -> Ending:
        """How the turn would end with these final words."""
        return ending_of(f"{self._final} {text}")

    @property
    def has_heard(self) -> bool:
        """Whether something of this turn has been written."""
        return bool(self._final or self._interim)

    def sounds(self, sounding: bool, *, aside: bool = False) -> None:
        """Hear that the caller began or ceased to speak.

        `aside`: it was short and over our own voice: a murmur, or one word that stops us. Neither goes on.
        """
        self._unwritten = self._unwritten or sounding
        self._is_over = self._is_over and not sounding
        self._is_aside = aside
        self._changed.set()

    @property
    def is_quiet(self) -> bool:
        """Whether the newest sound is no speech. An end of speech is told of later, once it lasts."""
        return self._is_quiet

    def quiet(self, quiet: bool) -> None:
        """Hear what the newest sound is."""
        falls = quiet and not self._is_quiet
        self._is_quiet = quiet
        if falls:
            self.on_quiet()

    def fails(self) -> None:
        """Hear that the ear is gone: sound decides from now on."""
        self.has_words = False
        self._changed.set()

    def forget(self) -> None:
        """A turn is over, and its words with it."""
        self._final = self._interim = ""
        self._is_over = True

    def wait(self, probability: float) -> float:
        """Seconds from the last speech after which the turn is over, as far as is known now."""
        waits = self.waits
        sounds_over = probability >= THRESHOLD
        wordless = waits.wordless_sure if sounds_over or self._is_aside else waits.wordless
        if not self.has_words:
            return wordless
        if self.overheard and not self._final and not self._interim:
            return max(wordless, waits.unwritten)
        if self._interim or self._unwritten:
            # Only final words are a turn's. «Yes,» is none while an ear still writes what came after it.
            return waits.open
        match ending_of(self._final):
            case Ending.OPEN:
                return waits.open
            case Ending.SPELLED:
                return waits.spelled
            case Ending.WHOLE:
                if self.overheard:
                    return waits.answer if self.is_asked() else waits.beside
                return waits.sure if sounds_over else waits.unsure

    def ends_early(self, silence: float) -> bool:
        """Whether so many seconds of silence end the turn, however long the detector of speech would wait.

        The last words have to be written: a final may be of words that were said before them. «Yes» and «but not that
        one» may be two pieces of one answer, so that answers have the detector's whole wait.
        """
        is_written = self.behind() <= silence + WRITTEN_WITHIN_SECONDS
        return is_written and not self.is_asked() and silence >= self.wait(0.0)

    @property
    def needs_sound(self) -> bool:
        """Whether it may matter how the turn sounds."""
        return not (self.overheard and self.has_words and self.has_heard)

    async def until_over(self, probability: float, last_speech: float) -> None:
        """Wait until the turn is over; words that come meanwhile may change when that is."""
        loop = asyncio.get_running_loop()
        while (left := last_speech + self.wait(probability) - loop.time()) > 0:
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return

    def stream(self, **options: Any) -> Any:
        """A stream of livekit's, with its answers held back until it is time."""
        return _Stream(self, super().stream(**options))


def _tell(deciding: asyncio.Task[None]) -> None:
    """The words and the waits have ended the turn all the same; somebody should know that the detector did not."""
    if not deciding.cancelled() and (error := deciding.exception()) is not None:
        log.warning("end_of_turn.failed", extra={"error": type(error).__name__})


class _Stream:
    """What livekit takes for a stream of its detector."""

    def __init__(self, detector: EndOfTurn, inner: Any) -> None:
        self._detector, self._inner = detector, inner
        self._task: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[TurnDetectionEvent] | None = None

    @property
    def model(self) -> str:
        return str(self._inner.model)

    @property
    def provider(self) -> str:
        return str(self._inner.provider)

    @property
    def is_fallback(self) -> bool:
        return bool(self._inner.is_fallback)

    @property
    def prediction_timeout(self) -> float:
        return LONGEST_SECONDS + 1

    async def unlikely_threshold(self, _language: LanguageCode | None) -> float:
        return 0.5

    async def backchannel_threshold(self, language: LanguageCode | None) -> float | None:
        found: float | None = await self._inner.backchannel_threshold(language)
        return found

    async def supports_language(self, language: LanguageCode | None) -> bool:
        return bool(await self._inner.supports_language(language))

    def predict(self) -> asyncio.Future[TurnDetectionEvent]:
        self.cancel_inference()
        last_speech = asyncio.get_running_loop().time() - ASKED_AFTER_SECONDS
        self._answer = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._decide(self._answer, last_speech), name="end_of_turn")
        self._task.add_done_callback(_tell)
        return self._answer

    async def _decide(self, answer: asyncio.Future[TurnDetectionEvent], last_speech: float) -> None:
        said = TurnDetectionEvent(
            type="eot_prediction", end_of_turn_probability=0.0, last_speaking_time=time.time()
        )
        try:
            asked = self._inner.predict()
            # What is not known in time does not sound over.
            if (
                self._detector.needs_sound
                and (await asyncio.wait({asked}, timeout=PREDICTED_WITHIN_SECONDS))[0]
            ):
                said = asked.result()
            await self._detector.until_over(said.end_of_turn_probability, last_speech)
        finally:  # also where the detector failed: the words and the waits are there all the same
            if not answer.done():
                answer.set_result(replace(said, end_of_turn_probability=1.0))

    def cancel_inference(self, *, timed_out: bool = False) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(
                TurnDetectionEvent(
                    type="eot_prediction", end_of_turn_probability=0.0, last_speaking_time=time.time()
                )
            )
        self._answer = None
        self._inner.cancel_inference(timed_out=timed_out)

    def flush(self, reason: str | None = None) -> None:
        if reason in ("turn committed", "clear_user_turn"):
            self._detector.forget()
        self.cancel_inference()
        self._inner.flush(reason)

    def push_audio(self, frame: Any) -> None:
        self._inner.push_audio(frame)

    def end_input(self) -> None:
        self.cancel_inference()
        self._inner.end_input()

    async def aclose(self) -> None:
        self.cancel_inference()
        await self._inner.aclose()
