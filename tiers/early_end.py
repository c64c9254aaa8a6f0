"""A detector of speech that tells of the end as soon as the words say so.

livekit asks what ends a turn only where the detector has heard 0.2 s of silence, and wants it to wait for 0.25 s at
least. Words that are whole are written before that, and nothing hides the wait in speech to speech. adr/0038 has what was
measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from livekit.agents import inference, vad

from tiers.end_of_turn import EndOfTurn

WINDOW_SECONDS: Final = 0.032
"""Silero's: each is judged by itself. What an event says of silence is before its own window."""
LEAST_SPEECH_SECONDS: Final = 0.05
"""livekit's own: as much as this is speech again."""
LATE_SECONDS: Final = 0.15
"""How much sound the detector may not have judged yet: with more than a frame's, words may be of what comes behind it."""
FALLS_BY: Final = 0.15
"""livekit's own: so much less sure than at the beginning of speech the detector may be within it."""


class EarlyEnd(inference.VAD):
    """livekit's own detector, told by the end of turn when it need not wait."""

    def __init__(
        self, end_of_turn: EndOfTurn, *, activation_threshold: float, min_silence_duration: float
    ) -> None:
        self._begins_at, self._falls_to = activation_threshold, activation_threshold - FALLS_BY
        super().__init__(
            min_speech_duration=LEAST_SPEECH_SECONDS,
            min_silence_duration=min_silence_duration,
            activation_threshold=activation_threshold,
            deactivation_threshold=self._falls_to,
        )
        self._end_of_turn = end_of_turn

    def stream(self) -> Any:
        """A stream of livekit's, whose speech may end early."""
        return _Stream(super().stream(), self._end_of_turn, self._begins_at, self._falls_to)


class _Stream:
    """What livekit takes for a stream of its detector. Behind an early end the inner one may still hear speech."""

    def __init__(
        self, inner: vad.VADStream, end_of_turn: EndOfTurn, begins_at: float, falls_to: float
    ) -> None:
        self._inner = inner
        self._end_of_turn = end_of_turn
        self._begins_at, self._falls_to = begins_at, falls_to
        self._pushed = 0.0
        """Seconds of sound since the last flush."""
        self._ended = False
        """We have told of an end that the inner stream has not told of."""
        self._before = 0.0
        """Seconds of the inner stream's speech that were over before this one."""
        self._again = 0.0
        """Seconds of speech behind an early end; the inner stream goes on with less than it begins with."""

    def push_frame(self, frame: Any) -> None:
        self._pushed += frame.duration
        self._inner.push_frame(frame)

    def flush(self) -> None:
        self._pushed = 0.0
        self._inner.flush()

    def end_input(self) -> None:
        self._inner.end_input()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> vad.VADEvent:
        while (event := self._told(await self._inner.__anext__())) is None:
            pass
        return event

    def _told(self, event: vad.VADEvent) -> vad.VADEvent | None:
        """What livekit is told of it; None for nothing."""
        judged = event.type is vad.VADEventType.INFERENCE_DONE
        if judged:
            self._end_of_turn.quiet(event.probability <= self._falls_to)
        if not (judged and event.speaking):
            was_told = self._ended and event.type is vad.VADEventType.END_OF_SPEECH
            before, self._ended, self._before = self._before, False, 0.0
            return (
                None if was_told else replace(event, speech_duration=max(0.0, event.speech_duration - before))
            )
        if self._ended:
            speaks = event.probability >= self._begins_at
            self._again = self._again + WINDOW_SECONDS if speaks else 0.0
            if self._again < LEAST_SPEECH_SECONDS:
                return replace(event, speaking=False, speech_duration=0.0, raw_accumulated_speech=0.0)
            self._ended = False
            self._before = event.speech_duration - self._again
            return self._at(event, vad.VADEventType.START_OF_SPEECH)
        if not (silence := self._ends_early(event)):
            return replace(event, speech_duration=event.speech_duration - self._before)
        self._ended, self._again = True, 0.0
        return self._at(event, vad.VADEventType.END_OF_SPEECH, silence)

    def _ends_early(self, event: vad.VADEvent) -> float:
        """Seconds of silence that end the speech; 0 where it has not ended."""
        silence = event.raw_accumulated_silence + WINDOW_SECONDS
        is_silent = event.probability <= self._falls_to
        is_late = self._pushed - event.timestamp > LATE_SECONDS
        return silence if is_silent and not is_late and self._end_of_turn.ends_early(silence) else 0.0

    def _at(self, event: vad.VADEvent, what: vad.VADEventType, silence: float = 0.0) -> vad.VADEvent:
        """The beginning or the end of speech at the moment of this event."""
        return vad.VADEvent(
            type=what,
            samples_index=event.samples_index,
            timestamp=event.timestamp,
            silence_duration=silence,
            speech_duration=max(0.0, event.speech_duration - self._before - silence),
            inference_duration=event.inference_duration,
            speaking=what is vad.VADEventType.START_OF_SPEECH,
        )
