"""Keys that come as RTP events (RFC 4733): one press is many packets, and carriers send them in many shapes.

By the book all packets of a press share the timestamp of its beginning, the first one has the marker bit, the duration
grows, and the last packet is sent three times with the end bit. Not all of it is kept everywhere: the marker is
missing or on every packet, several presses share a timestamp, the timestamp grows with the duration, packets are lost,
doubled or late. So a press is told by what a new one cannot look like: an end was seen and a packet without an end
follows, the key is another one, or the duration has fallen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from sandbox.phone_bridge.rtp import Packet, ahead

DIGITS: Final = "0123456789*#abcd"
"""By event code, as the real bridge writes them."""
LONGEST: Final = 0xFFFF
"""A longer press goes on in a further segment with a timestamp of its own (RFC 4733, 2.5.1.3)."""
SEGMENT_SLACK: Final = 2_000
END_PACKETS: Final = 3
REMEMBERED: Final = 8


@dataclass
class _Press:
    code: int
    timestamp: int
    duration: int
    sequence: int
    """Of its newest packet."""
    ended: bool


class KeyReader:
    """Tells the presses of one RTP stream."""

    def __init__(self) -> None:
        self._presses: deque[_Press] = deque(maxlen=REMEMBERED)
        self._ssrc: int | None = None

    def read(self, packet: Packet) -> int | None:
        """The event code of a press that begins with this packet, or None."""
        if len(packet.payload) < 4:
            return None
        if packet.ssrc != self._ssrc:  # another stream counts its packets from elsewhere
            self._ssrc = packet.ssrc
            self._presses.clear()
        code, end = packet.payload[0], bool(packet.payload[1] & 0x80)
        duration = int.from_bytes(packet.payload[2:4], "big")
        if code >= len(DIGITS):
            return None
        newest = self._presses[-1] if self._presses else None
        if newest is not None and ahead(packet.sequence, newest.sequence) <= 0:
            return self._late(packet, code, end=end, duration=duration)
        if newest is not None and _goes_on(newest, packet, code, end=end, duration=duration):
            newest.timestamp, newest.duration, newest.sequence = packet.timestamp, duration, packet.sequence
            newest.ended = newest.ended or end
            return None
        self._presses.append(_Press(code, packet.timestamp, duration, packet.sequence, end))
        return code

    def _late(self, packet: Packet, code: int, *, end: bool, duration: int) -> int | None:
        """A packet that comes after one that was sent later: only a press that we know nothing of begins with it."""
        for press in self._presses:
            if press.code == code and (
                press.timestamp == packet.timestamp
                or abs(ahead(packet.sequence, press.sequence)) <= END_PACKETS
            ):
                return None
        self._presses.appendleft(_Press(code, packet.timestamp, duration, packet.sequence, end))
        return code


def _goes_on(press: _Press, packet: Packet, code: int, *, end: bool, duration: int) -> bool:
    """Whether a newer packet belongs to the newest press."""
    if code != press.code:
        return False
    later = (packet.timestamp - press.timestamp) % 2**32
    close = ahead(packet.sequence, press.sequence) <= END_PACKETS
    if press.ended:
        # The end is told three times. Without the end bit it is a new press, whatever its timestamp.
        return end and duration == press.duration and (later == 0 or (close and later < duration))
    if later == 0:
        return duration >= press.duration
    # A further segment, or a carrier whose timestamps grow with the press.
    segment = press.duration >= LONGEST - SEGMENT_SLACK
    return segment or (close and press.duration < duration and later <= duration)
