"""A caller's line into a room that is as still as people's rooms are, and whose transcript nobody looks at."""

from __future__ import annotations

from typing import Final

from cli.caller.line import Line
from cli.caller.sound import PIECE_MS
from cli.caller.transcript import Segment
from cli.caller.web_door import Ticket

ROOM_NOISE: Final = 12.0
"""Root mean square (-69 dB of full scale): a quiet room. Digital silence is what the end-of-turn model takes for an
interruption of the line."""


def unseen(_segment: Segment) -> None:
    """A bench shows numbers, not words as they come."""


def quiet_line(ticket: Ticket, *, piece_ms: int = PIECE_MS) -> Line:
    """A line that is not recorded and asks nothing. `piece_ms` as in `Line`."""
    return Line(ticket, [], unseen, record=False, room_noise=ROOM_NOISE, piece_ms=piece_ms)
