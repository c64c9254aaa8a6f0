"""A telephone of a few lines that sends RTP in whatever shape a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from cli.caller.phone.sip_call import Dialled, SipCall
from cli.ports import HOST


class RtpPhone:
    """A call that is up."""

    def __init__(self, rtp: asyncio.DatagramTransport, to: int) -> None:
        self._rtp, self._to = rtp, to

    async def send(self, packets: Iterable[bytes], pause: float) -> None:
        """Send packets one after the other."""
        for packet in packets:
            self._rtp.sendto(packet, (HOST, self._to))
            await asyncio.sleep(pause)


@asynccontextmanager
async def rtp_phone(server: int, number: str = "+15550100") -> AsyncIterator[RtpPhone]:
    """Call, and hang up in the end."""
    loop = asyncio.get_running_loop()
    rtp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, 0))
    try:
        async with SipCall(Dialled(server, number), rtp.get_extra_info("sockname")[1]) as call:
            yield RtpPhone(rtp, call.media.port)
    finally:
        rtp.close()
