"""A call's RTP: what the telephone says comes out as samples and presses, what it is to hear goes in evenly."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from sandbox.phone_bridge.g711 import Pcm, decode, encode
from sandbox.phone_bridge.mixer import FRAME, Mixer
from sandbox.phone_bridge.rtp import Packet, ahead, parse
from sandbox.phone_bridge.sdp import Media
from sandbox.phone_bridge.telephone_event import KeyReader

FRAME_SECONDS: Final = 0.02
LATE_SECONDS: Final = 0.2
LONGEST_GAP: Final = 5
"""Packets that are missing and become silence; after more the telephone was simply silent."""
RESTART: Final = 100
"""A sequence that jumps so far has begun anew."""


class MediaPort(asyncio.DatagramProtocol):
    """One UDP port for one call."""

    def __init__(
        self,
        media: Media,
        signalling_host: str,
        mixer: Mixer,
        *,
        on_sound: Callable[[Pcm], None],
        on_key: Callable[[int], None],
    ) -> None:
        self.heard_at: float | None = None
        """When the telephone last sent something (`time.monotonic()`)."""
        self.first_packet: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.port = 0
        self._media = media
        self._hosts = {media.host, signalling_host}
        self._to = (media.host, media.port)
        self._mixer = mixer
        self._on_sound = on_sound
        self._on_key = on_key
        self._keys = KeyReader()
        self._newest: tuple[int, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sending: asyncio.Task[None] | None = None

    async def open(self, host: str) -> None:
        """Listen. Raises OSError when there is no port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def start(self) -> None:
        """Begin to send."""
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_on(), name="phone.send")

    def renew(self, media: Media) -> None:
        """The telephone moved, or is put on hold or taken back."""
        if (media.host, media.port) != (self._media.host, self._media.port):
            self._to = (media.host, media.port)
            self._hosts.add(media.host)
        self._media = media

    def silent_for(self, now: float) -> float:
        """Seconds since the telephone last sent something; 0 while it is on hold."""
        if not self._media.sends_sound:
            self.heard_at = now
        return 0.0 if self.heard_at is None else now - self.heard_at

    async def close(self) -> None:
        """Send and listen no more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A packet came."""
        # A telephone behind a router sends from elsewhere than it says; from another machine nothing is taken.
        packet = parse(data) if addr[0] in self._hosts else None
        if packet is None:
            return
        if packet.payload_type == self._media.payload_type:
            self._hear(packet)
        elif packet.payload_type == self._media.event_type:
            if (code := self._keys.read(packet)) is not None:
                self._on_key(code)
        else:
            return
        self._to = addr
        self.heard_at = time.monotonic()
        if not self.first_packet.done():
            self.first_packet.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there (yet, or any more): the silence will tell."""

    def _hear(self, packet: Packet) -> None:
        if self._newest is not None and self._newest[0] == packet.ssrc:
            step = ahead(packet.sequence, self._newest[1])
            if -RESTART < step <= 0:  # doubled, or too late
                return
            if 1 < step <= LONGEST_GAP:
                self._on_sound(np.zeros((step - 1) * len(packet.payload), np.int16))
        self._newest = (packet.ssrc, packet.sequence)
        if packet.payload:
            self._on_sound(decode(self._media.law, packet.payload))

    async def _send_on(self) -> None:
        loop = asyncio.get_running_loop()
        sequence, stamp = secrets.randbelow(2**15), secrets.randbits(32)
        ssrc, first = secrets.randbits(32), True
        due = loop.time() + random.random() * FRAME_SECONDS  # noqa: S311 (calls do not all send at once)
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            if loop.time() - due > LATE_SECONDS:  # we were asleep: do not hurry after the clock
                due = loop.time()
            samples = self._mixer.pull()
            if self._media.wants_sound and self._transport is not None:
                payload = encode(self._media.law, samples)
                packet = Packet(self._media.payload_type, sequence, stamp, ssrc, payload, marker=first)
                self._transport.sendto(packet.render(), self._to)
                first = False
            sequence, stamp = (sequence + 1) % 2**16, (stamp + FRAME) % 2**32
            due += FRAME_SECONDS
