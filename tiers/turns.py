"""When a turn ends and when the caller's speech interrupts ours: the same for every stack.

Our own detector decides, also where a speech-to-speech model could: a confirmation has to be understood before a
model answers, and a swap must not change how the conversation feels. adr/0004 has the measurements.
"""

from __future__ import annotations

from typing import Final

from livekit.agents import inference, vad
from livekit.agents.voice.turn import TurnHandlingOptions

from tiers.early_end import EarlyEnd
from tiers.end_of_turn import NARROW_WAITS, WAITS, EndOfTurn

MIN_SILENCE_SECONDS: Final = 0.25
"""The shortest pause at which the end-of-turn model is asked; it needs a VAD that waits at least this long."""

INTERRUPTS_AFTER_SECONDS: Final = 0.18
"""Speech over ours that silences us for now; whether it was a murmur is known later. Six of the detector's windows of 32 ms.
By telephone no longer: doors, keys, crackles, music and traffic through an 8 kHz line are no speech to the detector for
even so long (measured with made sounds), and 0.4 s made our silence by telephone come after 600 ms instead of 450."""
RESUMES_AFTER_SECONDS: Final = 2.0
"""Speech over ours that came to nothing lets us go on after so long: by then an ear has written what it was. A murmur's
words let us go on at once."""
WORDLESS_RESUMES_AFTER_SECONDS: Final = 0.3
"""The same where the session has no ear that writes words in time; livekit waits for the end of the turn besides."""
MOST_ATTEMPTS: Final = 8
"""Answers begun before a turn is over; each piece of it that the ear writes, and that does not lead on, begins another."""

SPEECH: Final = 0.5
"""How sure the detector has to be that sound is speech: livekit's own."""
NARROW_SPEECH: Final = 0.6
"""The same of a telephone's sound: lines hiss and streets roar."""


def turn_handling(end_of_turn: EndOfTurn, *, narrow: bool = False) -> TurnHandlingOptions:
    """End of turn by sound and words, on this machine; the detector waits as long as each case needs.

    `narrow`: the caller's sound is a telephone's, 8 kHz. It has less by which an unfinished sentence is known, so each
    wait is a little longer.
    """
    end_of_turn.waits = NARROW_WAITS if narrow else WAITS
    # livekit's own wait, where it has asked nobody: an end that the words told of was early already. Half of it is also
    # the gap within speech in which livekit lets a line of ours begin.
    least = end_of_turn.waits.beside if end_of_turn.overheard else MIN_SILENCE_SECONDS
    return TurnHandlingOptions(
        turn_detection=end_of_turn,
        endpointing={"mode": "fixed", "min_delay": least, "max_delay": least},
        interruption={
            "mode": "vad",
            "min_duration": INTERRUPTS_AFTER_SECONDS,
            "resume_false_interruption": True,
            "false_interruption_timeout": (
                RESUMES_AFTER_SECONDS
                if end_of_turn.has_words and not end_of_turn.overheard
                else WORDLESS_RESUMES_AFTER_SECONDS
            ),
        },
        preemptive_generation={"enabled": True, "preemptive_tts": True, "max_retries": MOST_ATTEMPTS},
    )


def voice_activity(end_of_turn: EndOfTurn | None = None, *, narrow: bool = False) -> vad.VAD:
    """The detector of speech that the end-of-turn model needs beside it; it tells of an end as early as that one lets it."""
    sure = NARROW_SPEECH if narrow else SPEECH
    if end_of_turn is None:
        return inference.VAD(min_silence_duration=MIN_SILENCE_SECONDS, activation_threshold=sure)
    return EarlyEnd(end_of_turn, min_silence_duration=MIN_SILENCE_SECONDS, activation_threshold=sure)
