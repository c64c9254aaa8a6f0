"""A key press as a telephone sends it: events in the sound's own stream (RFC 4733)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cli.caller.steps import KEYS

FRAME: Final = 160
"""20 ms at 8 kHz."""
HELD_FRAMES: Final = 5
END_PACKETS: Final = 3
VOLUME: Final = 10
"""-10 dBm0."""
PAUSE_FRAMES: Final = 3
"""Between two keys."""


@dataclass(frozen=True)
class KeyPacket:
    """One packet in place of 20 ms of sound; `payload` None: there is silence. `age`: samples since the press began."""

    payload: bytes | None
    age: int = 0
    marker: bool = False


def key_packets(key: str) -> Iterator[KeyPacket]:
    """A press of 100 ms, its end told three times, and a pause. Raises ValueError for no key."""
    code = KEYS.index(key)
    for number in range(HELD_FRAMES):
        yield KeyPacket(_event(code, (number + 1) * FRAME), number * FRAME, marker=number == 0)
    for number in range(END_PACKETS):
        yield KeyPacket(_event(code, HELD_FRAMES * FRAME, end=True), (HELD_FRAMES + number) * FRAME)
    for _ in range(PAUSE_FRAMES):
        yield KeyPacket(None)


def _event(code: int, duration: int, *, end: bool = False) -> bytes:
    return bytes((code, (0x80 if end else 0) | VOLUME)) + duration.to_bytes(2, "big")
