"""A telephone of a few lines that sends RTP in whatever shape a test wants. What it says of SIP is the least there is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from cli.ports import HOST

SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


class _Port(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.came.qsize() < 1000:
            self.came.put_nowait(data)


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
    transport, sip = await loop.create_datagram_endpoint(
        _Port, local_addr=(HOST, 0), remote_addr=(HOST, server)
    )
    rtp, _ = await loop.create_datagram_endpoint(_Port, local_addr=(HOST, 0))
    own, media = transport.get_extra_info("sockname")[1], rtp.get_extra_info("sockname")[1]
    call, tag = secrets.token_hex(8), secrets.token_hex(4)

    def send(method: str, number_of: int, to: str, body: str = "") -> None:
        transport.sendto(
            (
                f"{method} sip:tasks@{HOST}:{server} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {HOST}:{own};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
                f"From: <sip:{number}@{HOST}>;tag={tag}\r\n{to}\r\nCall-ID: {call}\r\n"
                f"CSeq: {number_of} {method}\r\nContact: <sip:{number}@{HOST}:{own}>\r\nMax-Forwards: 70\r\n"
                f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )

    async def answer() -> str:
        async with asyncio.timeout(30):
            while not (text := (await sip.came.get()).decode()).startswith("SIP/2.0 2"):
                assert text.startswith("SIP/2.0 1"), text
        return text

    send("INVITE", 1, f"To: <sip:tasks@{HOST}>", SDP.format(host=HOST, port=media))
    said = await answer()
    to = next(line for line in said.split("\r\n") if line.lower().startswith("to:"))
    send("ACK", 1, to)
    port = int(said.partition("m=audio ")[2].split()[0])
    try:
        yield RtpPhone(rtp, port)
    finally:
        send("BYE", 2, to)
        await asyncio.sleep(0.2)
        transport.close()
        rtp.close()
