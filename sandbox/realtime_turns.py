"""The input audio buffer: the caller's sound, and where in it they speak.

All times are those of the audio clock: the sound that was appended since the session began, whenever it came. The ear
starts as soon as the caller pauses, in the hope that this was the end; one who goes on makes it start again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sandbox.desk import Desk
from sandbox.realtime_end_of_turn import finished_after, longest_wait, sounds_unfinished
from sandbox.realtime_events import RealtimeError, new_id
from sandbox.realtime_fault import SERVICE
from sandbox.realtime_session import SAMPLE_RATE, SemanticVad, ServerVad
from sandbox.recording import Recording
from sandbox.shared_ear import SharedEar
from tiers.local.resample import Pcm, Resampler, resample
from tiers.local.speech import SAMPLE_RATE as EAR_RATE
from tiers.local.speech import Change, Score, SpeechDetector, SpeechEvent, loudness, silero

PAUSE_MS = 100
"""When to start hearing."""

SHORTEST_SECONDS = 0.1
"""Less than this is not committed."""

LONGEST_SECONDS = 60.0
"""A turn is cut here: nobody speaks longer in one go, and the ear takes no more than two minutes."""

LONGEST_BUFFER_SECONDS = 115.0
"""The most sound that may wait for a commit where no turns are detected."""

TOLD_WAIT_SECONDS = 0.5
"""How long told words may come after the speech that stands for them."""

_LEAD_SECONDS, _TRAIL_SECONDS = 0.8, 0.25
"""Sound around detected speech that is heard with it; deepgram_recognition.py tells what less of a lead loses."""
_SEMANTIC_PADDING = 0.3
_SLICE = SAMPLE_RATE // 10

Vad = ServerVad | SemanticVad


@dataclass(slots=True, eq=False)
class Turn:
    """One turn of the caller, from where the item's sound begins to where it ends, in seconds."""

    item_id: str
    start: float
    speech: float
    end: float = 0.0
    hearing: "asyncio.Task[str] | None" = None
    told: list[str] = field(default_factory=list)
    pcm: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))


class Turns:
    """One session's input buffer. `began` and `ended` are called as a detected turn begins and ends."""

    def __init__(
        self,
        desk: Desk,
        ear: SharedEar,
        tag: str,
        began: Callable[[Turn], Awaitable[None]],
        ended: Callable[[Turn], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._ear = ear
        self._tag = tag
        self._began = began
        self._ended = ended
        self._recording = Recording(SAMPLE_RATE)
        self._samples = 0
        self._from = 0.0
        self._vad: Vad | None = None
        self._detector: SpeechDetector | None = None
        self._resampler = Resampler(SAMPLE_RATE, EAR_RATE)
        self._base = 0.0
        self._turn: Turn | None = None
        self._hearing: set[asyncio.Task[str]] = set()

    @property
    def now(self) -> float:
        """The audio clock."""
        return self._samples / SAMPLE_RATE

    def configure(self, vad: Vad | None) -> None:
        """Detect turns like this from now on; not at all for None. A turn under way starts afresh when it changes."""
        if vad == self._vad:
            return
        self._vad = vad
        self._drop()
        self._detector = None

    def _new_detector(self, vad: Vad) -> SpeechDetector:
        self._base = self.now
        self._resampler = Resampler(SAMPLE_RATE, EAR_RATE)
        score = loudness() if self._desk.ear is None else silero()
        if isinstance(vad, SemanticVad):
            return SpeechDetector(score, pause_ms=PAUSE_MS, stop_ms=round(longest_wait(vad.eagerness) * 1000))
        silence = vad.silence_duration_ms
        return SpeechDetector(_scaled(score, vad.threshold), pause_ms=min(PAUSE_MS, silence), stop_ms=silence)

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """The buffer goes on with this sound. Raises RealtimeError when nobody commits it for too long."""
        if self._vad is None and self.now - self._from > LONGEST_BUFFER_SECONDS:
            raise RealtimeError(
                "input_audio_buffer_full",
                f"The input audio buffer holds at most {LONGEST_BUFFER_SECONDS:.0f} s: commit or clear it.",
            )
        if self._vad is not None and self._detector is None:
            # Not before there is sound: most clients change the settings first.
            self._detector = self._new_detector(self._vad)
        for first in range(0, len(pcm), _SLICE):
            piece = pcm[first : first + _SLICE]
            self._recording.add(piece)
            self._samples += len(piece)
            if self._detector is not None:
                await self._detect(self._detector, piece)
            await asyncio.sleep(0)  # a client may send minutes at once; others want to be heard too

    async def _detect(self, detector: SpeechDetector, piece: NDArray[np.int16]) -> None:
        for event in detector.feed(self._resampler.push(piece)):
            await self._changed(event)
        if self._turn is not None:
            if self._said_enough(detector) or self.now - self._turn.speech > LONGEST_SECONDS:
                for event in detector.end():
                    await self._changed(event)
            return
        # The start of a turn is found late, and its item begins earlier still.
        self._from = max(self._from, self.now - self._padding - 1.0)
        self._recording.forget_before(self._from)

    @property
    def _padding(self) -> float:
        return self._vad.prefix_padding_ms / 1000 if isinstance(self._vad, ServerVad) else _SEMANTIC_PADDING

    def _said_enough(self, detector: SpeechDetector) -> bool:
        """Whether a silence that is shorter than the longest one ends the turn: the words sound finished."""
        turn, vad = self._turn, self._vad
        if not isinstance(vad, SemanticVad) or turn is None or not detector.paused:
            return False
        if turn.hearing is None or not turn.hearing.done() or turn.hearing.cancelled():
            return False
        if turn.hearing.exception() is None and sounds_unfinished(turn.hearing.result()):
            return False
        return detector.quiet_for >= finished_after(vad.eagerness)

    async def _changed(self, event: SpeechEvent) -> None:
        at = self._base + event.at
        match event.change:
            case Change.START:
                self._turn = Turn(new_id("item"), max(self._from, at - self._padding), at)
                await self._began(self._turn)
            case Change.PAUSE if self._turn is not None:
                self._listen(self._turn, at + PAUSE_MS / 1000)
            case Change.RESUME if self._turn is not None:
                _cancel(self._turn)
            case Change.STOP if self._turn is not None:
                turn = self._take(self._turn)
                await self._ended(turn)
            case _:
                pass

    def _listen(self, turn: Turn, end: float) -> None:
        sound = self._recording.between(max(self._from, turn.speech - _LEAD_SECONDS), end)
        turn.hearing = self.words_of(sound, turn.told)

    def words_of(self, pcm: NDArray[np.int16], told: list[str] | None = None) -> asyncio.Task[str]:
        """The ear at work on some sound. `told` are words that were told for it before; more are added."""
        task = asyncio.create_task(self._words(pcm, [] if told is None else told))
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)
        return task

    async def _words(self, pcm: NDArray[np.int16], told: list[str]) -> str:
        are_told = bool(told) or self._desk.told.is_waiting(self._tag, to_breath=False)
        if self._desk.ear is not None and not are_told:
            sound = resample(pcm, SAMPLE_RATE, EAR_RATE)
            if self._vad is None:
                # A client that ends turns itself commits the silence before them too, and an ear that is given a
                # long silence hears the words after it twice.
                sound = await asyncio.to_thread(only_speech, sound)
            return (await self._ear.hear(sound)).text
        # Words that were told stand for the whole turn; what is told in a pause of it is added.
        ahead = self._desk.told.tells_ahead(self._tag)
        wait = 0.0 if told or ahead else self._desk.clock.real(TOLD_WAIT_SECONDS)
        # Nobody learns what a silent one has heard: whoever hears the turn next must find the words.
        silent = self._desk.faults.active(SERVICE, "silent")
        text = await self._desk.told.next(self._tag, wait, leaves=silent)
        if text is not None:
            told.append(text)
        return " ".join(told)

    def _take(self, turn: Turn) -> Turn:
        """The turn is over now."""
        if turn.hearing is None or turn.hearing.cancelled():
            self._listen(turn, self.now)
        turn.end = self.now
        turn.pcm = self._recording.between(turn.start, turn.end)
        self._turn, self._from = None, self.now
        return turn

    def commit(self) -> Turn:
        """The client ends the turn. Raises RealtimeError when there is next to no sound in the buffer."""
        turn = self._turn
        if turn is None:
            size = self.now - self._from if self._vad is None else 0.0
            if size < SHORTEST_SECONDS:
                raise RealtimeError(
                    "input_audio_buffer_commit_empty",
                    "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but "
                    f"buffer only has {size * 1000:.2f}ms of audio.",
                )
            turn = Turn(new_id("item"), self._from, self._from)
        if self._detector is not None:
            self._detector.end()
        taken = self._take(turn)
        self._recording.forget_before(self._from)
        return taken

    def clear(self) -> None:
        """Forget the sound that was not committed."""
        if self._vad is None and self.now - self._from >= SHORTEST_SECONDS:
            self._desk.told.forget_next(self._tag)
        self._drop()
        if self._detector is not None:
            self._detector.end()

    def _drop(self) -> None:
        if self._turn is not None:
            _cancel(self._turn)
        self._turn, self._from = None, self.now
        self._recording.forget_before(self._from)

    def abandon(self) -> list[asyncio.Task[str]]:
        """Stop listening. The tasks that are ending are returned."""
        hearing = list(self._hearing)
        for task in hearing:
            task.cancel()
        return hearing


def only_speech(pcm: Pcm) -> Pcm:
    """The speech in 16 kHz sound with a little quiet around it; all of it when nobody speaks."""
    detector = SpeechDetector(silero(), stop_ms=500)
    events = [*detector.feed(pcm), *detector.end()]
    edges = [event.at for event in events if event.change in (Change.START, Change.STOP)]
    pieces: list[Pcm] = []
    upto = 0
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        first = max(upto, round((start - _LEAD_SECONDS) * EAR_RATE))
        upto = round((stop + _TRAIL_SECONDS) * EAR_RATE)
        pieces.append(pcm[first:upto])
    return np.concatenate(pieces) if pieces else pcm


def _cancel(turn: Turn) -> None:
    if turn.hearing is not None:
        turn.hearing.cancel()
        turn.hearing = None


def _scaled(score: Score, threshold: float) -> Score:
    """The detector's threshold is 0.5; the score moves instead."""
    return lambda window: min(1.0, score(window) * 0.5 / threshold)
