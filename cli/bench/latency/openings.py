"""What comes behind the kept opening («Okay.») that a cascade's answer begins with, at the caller's ear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cli.bench.latency.caller import Heard

PAUSE_SECONDS: Final = 0.08
"""The silence that a kept opening ends with."""
WITHIN_SECONDS: Final = 4.0
"""What begins to sound later behind an opening is no part of that answer."""


def timed(turns: Sequence[Heard]) -> list[Heard]:
    """The answers of which the agent told whether they begin with a kept opening."""
    return [turn for turn in turns if turn.marks and turn.heard_at is not None and not turn.cut_off]


def opened(turns: Sequence[Heard]) -> list[Heard]:
    """Those that begin with one."""
    return [turn for turn in timed(turns) if "opened" in turn.marks]


def content_ms(turn: Heard) -> float | None:
    """Last word to the first sound behind the opening; None where none was heard: the caller spoke
    into it, or hung up.

    The agent tells how long the opening lasts, and the ear when it sounded anew behind the silence that it ends with.
    """
    if turn.heard_at is None or "opened" not in turn.marks:
        return None
    over = turn.heard_at + turn.marks["opened"] - turn.marks["playing"]
    return next(
        (
            1000 * (each - turn.ended_at)
            for each in turn.onsets
            if over - PAUSE_SECONDS / 2 <= each <= over + WITHIN_SECONDS
        ),
        None,
    )
