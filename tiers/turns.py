"""When a turn ends and when the caller's speech interrupts ours: the same for every stack.

Our own detector decides, also where a speech-to-speech model could: a confirmation has to be understood before a
model answers, and a swap must not change how the conversation feels. adr/0004 has the measurements.
"""

from __future__ import annotations

from typing import Final

from livekit.agents import inference, vad
from livekit.agents.voice.turn import TurnHandlingOptions

MIN_SILENCE_SECONDS: Final = 0.25
"""The shortest pause at which the end-of-turn model is asked; it needs a VAD that waits at least this long."""


NARROW_SPEECH: Final = 0.6
"""How sure the detector has to be that a telephone's sound is speech, where 0.5 is usual: lines hiss and streets roar."""


def turn_handling(*, narrow: bool = False) -> TurnHandlingOptions:
    """Semantic end of turn on this machine (`v1-mini`, explicitly: other versions send audio elsewhere).

    `narrow`: the caller's sound is a telephone's, 8 kHz. It has less by which an unfinished sentence is known, so the
    longest wait is longer; the shortest, which most turns take, is the same. A crackle interrupts nothing.
    """
    return TurnHandlingOptions(
        turn_detection=inference.TurnDetector(version="v1-mini"),
        endpointing={"mode": "dynamic", "min_delay": 0.25, "max_delay": 2.0 if narrow else 1.5},
        interruption={
            "mode": "vad",
            "min_duration": 0.4 if narrow else 0.3,
            "resume_false_interruption": True,
        },
        preemptive_generation={"enabled": True, "preemptive_tts": True},
    )


def voice_activity(*, narrow: bool = False) -> vad.VAD:
    """The detector of speech that the end-of-turn model needs beside it."""
    return inference.VAD(
        model="silero",
        min_silence_duration=MIN_SILENCE_SECONDS,
        activation_threshold=NARROW_SPEECH if narrow else 0.5,
    )
