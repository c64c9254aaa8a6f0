"""Where the time of an answer went: what the parts took, put one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NAMES: Final = {
    "hearing": "until the words were written",
    "end_of_turn": "until the turn was known to be over",
    "ours": "our own work",
    "model": "the model's first word",
    "voice": "the voice's first sound",
    "rest": "everything else, the way to the room with it",
}
"""Parts in the order in which they come, and what people call them."""


def parts_of(total_ms: int | None, measured: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Give the parts in order; together they are the whole. Without a whole, nothing.

    `end_of_turn` is measured from the caller's last word, as `hearing` is, so what is left of it counts. A model may
    have begun before the turn was over: then it is given what the others leave, for so long it was waited for.
    """
    if total_ms is None or total_ms <= 0:
        return ()
    hearing = measured.get("hearing", 0)
    wanted = {
        "hearing": hearing,
        "end_of_turn": max(0, measured.get("end_of_turn", 0) - hearing),
        "ours": measured.get("ours", 0),
        "voice": measured.get("voice", 0),
        "model": measured.get("model", 0),
    }
    left = total_ms
    given = {}
    for name, ms in wanted.items():
        given[name] = max(0, min(ms, left))
        left -= given[name]
    given["rest"] = left
    return tuple((name, given[name]) for name in NAMES if given[name])
