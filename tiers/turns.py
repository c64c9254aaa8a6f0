"""When a turn ends and when the caller's speech interrupts ours: the same for every stack.

Our own detector decides, also where a speech-to-speech model could: a confirmation has to be understood before a
model answers, and a swap must not change how the conversation feels. adr/0004 has the measurements.
"""

from __future__ import annotations

from typing import Final

from livekit.agents import inference, vad
from livekit.agents.voice.turn import TurnHandlingOptions

from tiers.end_of_turn import EndOfTurn

MIN_SILENCE_SECONDS: Final = 0.25
"""The shortest pause at which the end-of-turn model is asked; it needs a VAD that waits at least this long."""

INTERRUPTS_AFTER_SECONDS: Final = 0.2
"""Speech over ours that silences us for now; whether it was a murmur is known later."""
RESUMES_AFTER_SECONDS: Final = 0.3
"""A murmur that is over for so long lets us go on."""
MOST_ATTEMPTS: Final = 5
"""Answers begun before a turn is over; each piece of it that the ear writes begins another."""


def turn_handling(end_of_turn: EndOfTurn) -> TurnHandlingOptions:
    """End of turn by sound and words, on this machine; the detector waits as long as each case needs."""
    return TurnHandlingOptions(
        turn_detection=end_of_turn,
        endpointing={"mode": "fixed", "min_delay": MIN_SILENCE_SECONDS, "max_delay": MIN_SILENCE_SECONDS},
        interruption={
            "mode": "vad",
            "min_duration": INTERRUPTS_AFTER_SECONDS,
            "resume_false_interruption": True,
            "false_interruption_timeout": RESUMES_AFTER_SECONDS,
        },
        preemptive_generation={"enabled": True, "preemptive_tts": True, "max_retries": MOST_ATTEMPTS},
    )


def voice_activity() -> vad.VAD:
    """The detector of speech that the end-of-turn model needs beside it."""
    return inference.VAD(model="silero", min_silence_duration=MIN_SILENCE_SECONDS)
