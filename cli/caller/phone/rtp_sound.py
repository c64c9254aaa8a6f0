"""A telephone's mouth, ear and keys: G.711 and telephone events over RTP, 20 ms a packet on a steady clock."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from typing import Final, Self

import numpy as np

from cli.caller.changes import Changes
from cli.caller.listener import MAX_RECORDING_SECONDS, SoundLog
from cli.caller.phone.key_packets import FRAME, KeyPacket, key_packets
from cli.caller.sound import FRAME_SECONDS, MICROPHONE_RATE, Pcm, levels, resample
from cli.caller.utterances import Playing, Utterances
from cli.ports import HOST
from sandbox.phone_bridge.g711 import RATE, decode, encode
from sandbox.phone_bridge.rtp import Packet, ahead, parse
from sandbox.phone_bridge.sdp import Media

PACKET_SECONDS: Final = 0.02
ASLEEP_SECONDS: Final = 0.2
"""Later than this the clock begins anew: packets in a burst would be no speech."""


class RtpSound(asyncio.DatagramProtocol):
    """One UDP port. Use as an async context manager; nothing is sent before `open`."""

    rate = RATE
    """Of what is recorded."""

    def __init__(self, changes: Changes, *, record: bool = False, room_noise: float = 0.0) -> None:
        self.log = SoundLog()
        self.port = 0
        self._changes = changes
        self._record = record
        self._kept: deque[Pcm] = deque(maxlen=round(MAX_RECORDING_SECONDS / PACKET_SECONDS))
        self._utterances = Utterances(changes, rate=RATE, frame=FRAME, room_noise=room_noise)
        self._keys: deque[KeyPacket] = deque()
        self._newest: tuple[int, int] | None = None
        self._media: Media | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def open(self, media: Media) -> None:
        """The call is up: send, and hear, what was agreed on."""
        self._media = media
        self._sending = asyncio.create_task(self._send_on(media), name="phone.send")

    def play(self, pcm: Pcm) -> Playing:
        """Begin an utterance at MICROPHONE_RATE now, or after those that still play."""
        return self._utterances.play(resample(pcm, MICROPHONE_RATE, RATE))

    async def press(self, keys: str) -> None:
        """Press keys, one after the other; returns when the last one is up."""
        packets = [packet for key in keys for packet in key_packets(key)]
        self._keys.extend(packets)
        last = packets[-1]
        await self._changes.wait_until(
            lambda: not any(waiting is last for waiting in self._keys),
            2.0 + len(self._keys) * PACKET_SECONDS * 2,
        )

    @property
    def recording(self) -> Pcm:
        """What was heard."""
        return np.concatenate(self._kept) if self._kept else np.zeros(0, dtype=np.int16)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A packet came."""
        arrived, packet, media = time.monotonic(), parse(data), self._media
        if packet is None or media is None or packet.payload_type != media.payload_type:
            return
        newest = self._newest
        if newest is not None and newest[0] == packet.ssrc and ahead(packet.sequence, newest[1]) <= 0:
            return  # doubled, or too late to be heard
        self._newest = (packet.ssrc, packet.sequence)
        pcm = decode(media.law, packet.payload)
        if self._record:
            self._kept.append(pcm)
        loudness = levels(pcm, RATE)
        for index, level in enumerate(loudness):
            self.log.add(float(level), arrived - (len(loudness) - index) * FRAME_SECONDS)
        self._changes.notify()

    async def _send_on(self, media: Media) -> None:
        sequence, stamp = secrets.randbelow(2**15), secrets.randbits(32)
        ssrc, first, due = secrets.randbits(32), True, time.monotonic()
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - due > ASLEEP_SECONDS:
                due = time.monotonic()
            key = self._keys.popleft() if self._keys else None
            if key is not None and key.payload is not None and media.event_type is not None:
                began = (stamp - key.age) % 2**32
                packet = Packet(media.event_type, sequence, began, ssrc, key.payload, marker=key.marker)
            else:
                sound = encode(media.law, self._utterances.next(due))
                packet = Packet(media.payload_type, sequence, stamp, ssrc, sound, marker=first)
                first = False
            if key is not None and not self._keys:
                self._changes.notify()
            if self._transport is not None and not self._transport.is_closing():
                self._transport.sendto(packet.render(), (media.host, media.port))
            sequence, stamp = (sequence + 1) % 2**16, (stamp + FRAME) % 2**32
            due += PACKET_SECONDS
