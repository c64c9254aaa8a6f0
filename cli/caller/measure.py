"""What the moments of a turn and the agent's sound say about it."""

from __future__ import annotations

from dataclasses import dataclass

from cli.caller.listener import SoundLog


@dataclass
class Moments:
    """When the caller began and ended a turn, on the clock `time.monotonic()`."""

    began_at: float
    ended_at: float | None = None
    """The last word had left; the text, keys or click were sent. None while it goes on."""
    agent_spoke: bool = False
    """By its own word the agent was speaking when the caller began: it may have drawn breath just then."""


def first_sound_ms(moments: Moments, until: float, sound: SoundLog) -> int | None:
    """Last word to the agent's first sound; negative when it began before. None when it did not sound in time.

    `until` is when the caller's next turn began.
    """
    if moments.ended_at is None:
        return None
    answer = sound.answer_to(moments.began_at, moments.ended_at)
    if answer is None or answer.start >= until:
        return None
    return round((answer.start - moments.ended_at) * 1000)


def silence_after_interrupt_ms(moments: Moments, sound: SoundLog) -> int | None:
    """Onset of the caller's speech to the agent's silence. None when the agent was not speaking at the onset.

    0 when the caller's words fell into a pause that the agent did not end.
    """
    began_at, ended_at = moments.began_at, moments.ended_at or moments.began_at
    if not moments.agent_spoke and sound.sounding_at(began_at) is None:
        return None
    answer = sound.answer_to(began_at, ended_at)
    spoken_over = [s for s in sound.stretches if s.start <= ended_at and s.end > began_at and s is not answer]
    return round((spoken_over[-1].end - began_at) * 1000) if spoken_over else 0
