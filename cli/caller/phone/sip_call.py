"""A telephone's signalling: one SIP call over UDP, from its INVITE to its BYE (RFC 3261, as a client)."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final, Self

from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.phone.digest_answer import digest_answer
from cli.ports import HOST
from sandbox.phone_bridge.message import MalformedError, Request, Response, parse, reply, uri_of
from sandbox.phone_bridge.sdp import Media, UnacceptableError, read_offer

T1: Final = 0.5
T2: Final = 4.0
"""First and longest pause between repetitions (RFC 3261, section 17.1)."""
NO_ANSWER_SECONDS: Final = 8.0
"""A bridge that has not said a word by then is not there."""
RING_SECONDS: Final = 45.0
GOODBYE_SECONDS: Final = 2.0
TRYING, OK, MULTIPLE_CHOICES = 100, 200, 300
PASSWORD_WANTED: Final = {401: ("www-authenticate", "authorization")}
OFFER: Final = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    "a=ptime:20\r\na=sendrecv\r\n"
)


@dataclass(frozen=True)
class Dialled:
    """Whom a telephone calls, and as whom."""

    port: int
    """Of the bridge on this machine."""
    number: str
    """The caller's, as the carrier would say it."""
    called: str = "tasks"
    username: str = ""
    password: str = ""
    """For a bridge that asks for one."""


class SipCall(asyncio.DatagramProtocol):
    """One call. Use as an async context manager: it is answered when the block begins, and hung up after it.

    Raises NobodyAnsweredError without an answer and RefusedError where the bridge says no.
    """

    def __init__(self, dialled: Dialled, media_port: int) -> None:
        loop = asyncio.get_running_loop()
        self.call_id = secrets.token_hex(12)
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done when the other side has hung up."""
        self._dialled = dialled
        self._media_port = media_port
        self._tag = secrets.token_hex(6)
        self._uri = f"sip:{dialled.called}@{HOST}:{dialled.port}"
        self._to = f"<{self._uri}>"
        self._target = self._uri
        self._number = 1
        self._came: asyncio.Queue[Response] = asyncio.Queue(200)
        self._ack: bytes = b""
        self._answered = False
        self._transport: asyncio.DatagramTransport | None = None
        self._media: Media | None = None

    @property
    def media(self) -> Media:
        """Where the sound goes to, as the bridge answered."""
        if self._media is None:
            raise RuntimeError("the call is not up")
        return self._media

    @property
    def is_up(self) -> bool:
        """Whether it is answered and nobody has hung up."""
        return self._answered and not self.ended.done()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(HOST, 0), remote_addr=(HOST, self._dialled.port)
        )
        try:
            await self._dial()
        except BaseException:
            self._transport.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self.is_up:
                await self._hang_up()
        finally:
            if self._transport is not None:
                self._transport.close()

    # -- what we say ---------------------------------------------------------------------------------------

    async def _dial(self) -> None:
        answer, branch = await self._invite(())
        if answer.status in PASSWORD_WANTED and self._dialled.password:
            asked, given = PASSWORD_WANTED[answer.status]
            proof = digest_answer(
                answer.get(asked),
                method="INVITE",
                uri=self._uri,
                username=self._dialled.username,
                password=self._dialled.password,
            )
            self._send(self._request("ACK", self._number, branch, to=answer.get("to")))
            self._number += 1
            answer, branch = await self._invite(((given, proof),))
        if answer.status >= MULTIPLE_CHOICES:
            self._send(self._request("ACK", self._number, branch, to=answer.get("to")))
            raise RefusedError(f"the phone bridge refused the call: {answer.status} {answer.reason}")
        self._to = answer.get("to")
        self._target = uri_of(answer.get("contact")) or self._uri
        self._ack = self._request("ACK", self._number, _branch())
        self._answered = True
        self._send(self._ack)
        try:
            self._media = read_offer(answer.body)
        except UnacceptableError as error:
            await self._hang_up()
            raise RefusedError(f"the phone bridge answered with no sound that we know: {error}") from error

    async def _invite(self, proof: tuple[tuple[str, str], ...]) -> tuple[Response, str]:
        """Ring; the final answer, and the branch that it belongs to. Who stops waiting gives the call up."""
        branch = _branch()
        body = OFFER.format(host=HOST, port=self._media_port).encode()
        headers = (*proof, ("content-type", "application/sdp"))
        invite = self._request("INVITE", self._number, branch, headers=headers, body=body)
        repeating = asyncio.create_task(self._repeat(invite), name="sip.invite")
        answer: Response | None = None
        try:
            answer = await self._answer("INVITE", NO_ANSWER_SECONDS)
            repeating.cancel()
            while answer.status < OK:
                answer = await self._answer("INVITE", RING_SECONDS)
            return answer, branch
        except TimeoutError:
            why = "rings and nobody answers" if answer is not None else "is not there"
            raise NobodyAnsweredError(
                f"the phone bridge at {HOST}:{self._dialled.port} {why}; start one with scripts/demo --phone"
            ) from None
        finally:
            repeating.cancel()
            await asyncio.gather(repeating, return_exceptions=True)
            if answer is not None and answer.status < OK:
                self._send(self._request("CANCEL", self._number, branch))

    async def _hang_up(self) -> None:
        self._number += 1
        bye = self._request("BYE", self._number, _branch())
        repeating = asyncio.create_task(self._repeat(bye), name="sip.bye")
        self._answered = False
        try:
            await self._answer("BYE", GOODBYE_SECONDS)
        except TimeoutError:
            pass  # a bridge that has died notices nothing any more
        finally:
            repeating.cancel()
            await asyncio.gather(repeating, return_exceptions=True)

    async def _answer(self, method: str, seconds: float) -> Response:
        async with asyncio.timeout(seconds):
            while True:
                found = await self._came.get()
                if found.cseq == (self._number, method):
                    return found

    async def _repeat(self, message: bytes) -> None:
        pause = T1
        while True:
            self._send(message)
            await asyncio.sleep(pause)
            pause = min(2 * pause, T2)

    def _request(
        self,
        method: str,
        number: int,
        branch: str,
        *,
        to: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> bytes:
        assert self._transport is not None  # noqa: S101 - the block has begun
        own = self._transport.get_extra_info("sockname")[1]
        caller = f"sip:{self._dialled.number}@{HOST}"
        return Request(
            (
                ("via", f"SIP/2.0/UDP {HOST}:{own};branch={branch};rport"),
                ("max-forwards", "70"),
                ("from", f"<{caller}>;tag={self._tag}"),
                ("to", to or self._to),
                ("call-id", self.call_id),
                ("cseq", f"{number} {method}"),
                ("contact", f"<{caller}:{own}>"),
                *headers,
            ),
            body,
            method=method,
            uri=self._target if method in ("BYE", "ACK") and not to else self._uri,
        ).render()

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data)

    # -- what comes ----------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message came."""
        try:
            message = parse(data)
        except MalformedError:
            return
        if message.call_id != self.call_id:
            return
        if isinstance(message, Request):
            self._on_request(message)
        elif self._ack and message.cseq == (self._number, "INVITE"):
            self._send(self._ack)  # ours was lost
        elif not self._came.full():
            self._came.put_nowait(message)

    def _on_request(self, request: Request) -> None:
        if request.method == "ACK":
            return
        status = {"BYE": OK, "OPTIONS": OK, "INVITE": 488}.get(request.method, 405)
        self._send(reply(request, status, tag=self._tag).render())
        if request.method == "BYE" and not self.ended.done():
            self.ended.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there (yet, or any more): who waits for an answer will know."""


def _branch() -> str:
    return f"z9hG4bK{secrets.token_hex(8)}"
