"""What the moments of a turn and the agent's sound say about it."""

from __future__ import annotations

from collections.abc import Sequence
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


def gap_ms(swapped_at: float, turns: Sequence[Moments], sound: SoundLog) -> int | None:
    """The silence around a swap: from our last sound or the caller's last word, whichever is later, to our next sound.

    0 when we sounded on. None when nobody waited: we said nothing more before the caller's next turn.
    """
    if sound.sounding_at(swapped_at):
        return 0
    after = sound.first_after(swapped_at)
    turn = next((each for each in reversed(turns) if each.began_at <= swapped_at), None)
    until = next((each.began_at for each in turns if each.began_at > swapped_at), float("inf"))
    if after is None or after.start >= until:
        return None
    heard = [stretch.end for stretch in sound.stretches if stretch.end < swapped_at]
    spoken = [turn.ended_at] if turn is not None and turn.ended_at is not None else []
    since = max([*heard[-1:], *spoken], default=None)
    return max(0, round((after.start - since) * 1000)) if since is not None else None
