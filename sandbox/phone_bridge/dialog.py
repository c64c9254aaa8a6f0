"""A dialog (RFC 3261, section 12): both tags, both sequence numbers, and the goodbye that we say."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from sandbox.phone_bridge.message import Request, uri_of
from sandbox.phone_bridge.transaction import GIVE_UP_SECONDS, T1, T2

DialogId = tuple[str, str, str]
"""Call-ID, our tag, theirs."""

MAX_FORWARDS: Final = "70"


class Dialog:
    """What two sides have agreed on by one INVITE. `send` takes bytes to wherever they last wrote from."""

    def __init__(self, invite: Request, *, contact: str, send: Callable[[bytes], None]) -> None:
        self.tag = secrets.token_hex(8)
        self.contact = contact
        self._invite = invite
        self._send = send
        self._theirs = invite.cseq[0]
        self._ours = 0
        self._target = uri_of(invite.get("contact")) or uri_of(invite.get("from"))
        self._bye: asyncio.TimerHandle | None = None
        self._said_goodbye = False

    @property
    def id(self) -> DialogId:
        """How requests inside it name it."""
        return self._invite.call_id, self.tag, self._invite.from_tag

    def is_in_order(self, request: Request) -> bool:
        """Whether a request comes after those before; an old one is to be refused (RFC 3261, 12.2.2)."""
        number = request.cseq[0]
        if number <= self._theirs:
            return False
        self._theirs = number
        if contact := uri_of(request.get("contact")):
            self._target = contact
        return True

    def say_goodbye(self) -> None:
        """Send a BYE, again and again until it is answered or half a minute is over."""
        if self._said_goodbye:
            return
        self._said_goodbye = True
        self._ours += 1
        host = self.contact.partition("@")[2].partition(";")[0].rstrip(">")
        routes = tuple(("route", route) for route in reversed(self._invite.all("record-route")))
        bye = Request(
            (
                ("via", f"SIP/2.0/UDP {host};rport;branch=z9hG4bK{secrets.token_hex(10)}"),
                ("max-forwards", MAX_FORWARDS),
                *routes,
                ("from", f"{self._invite.get('to')};tag={self.tag}"),
                ("to", self._invite.get("from")),
                ("call-id", self._invite.call_id),
                ("cseq", f"{self._ours} BYE"),
            ),
            method="BYE",
            uri=self._target,
        ).render()
        self._send(bye)
        self._repeat_after(T1, 0.0, bye)

    def is_answered(self) -> None:
        """Our BYE has an answer."""
        if self._bye is not None:
            self._bye.cancel()
            self._bye = None

    def _repeat_after(self, seconds: float, waited: float, bye: bytes) -> None:
        later = asyncio.get_running_loop().call_later
        self._bye = later(seconds, self._repeat, seconds, waited + seconds, bye)

    def _repeat(self, seconds: float, waited: float, bye: bytes) -> None:
        self._bye = None
        if waited < GIVE_UP_SECONDS:
            self._send(bye)
            self._repeat_after(min(2 * seconds, T2), waited, bye)
