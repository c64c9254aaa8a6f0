"""RTP packets (RFC 3550, section 5.1), as far as a telephone call needs them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_HEADER: Final = struct.Struct("!BBHII")
LONGEST_BYTES: Final = 1_500


@dataclass(frozen=True)
class Packet:
    """One packet. `sequence` and `timestamp` wrap around."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def render(self) -> bytes:
        """As it goes over the wire."""
        second = self.payload_type | (0x80 if self.marker else 0)
        return _HEADER.pack(0x80, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def parse(data: bytes) -> Packet | None:
    """Read a datagram; None for what is no RTP: a keep-alive, RTCP, rubbish."""
    if not _HEADER.size <= len(data) <= LONGEST_BYTES or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if 64 <= second & 0x7F <= 95:  # RTCP on the same port (RFC 5761)
        return None
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * struct.unpack_from("!H", data, start + 2)[0]
    end = len(data)
    if first & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return Packet(second & 0x7F, sequence, timestamp, ssrc, data[start:end], marker=bool(second & 0x80))


def ahead(sequence: int, of: int) -> int:
    """How many packets a sequence number is ahead of another one; negative when it is behind."""
    return (sequence - of + 0x8000) % 0x10000 - 0x8000
