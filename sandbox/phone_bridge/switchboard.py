"""All SIP that comes in: what is repeated, malformed or too much is dealt with here, the rest goes to its call."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from functools import partial
from typing import Final

from sandbox.phone_bridge.call import Call, MakeCall
from sandbox.phone_bridge.dialog import Dialog, DialogId
from sandbox.phone_bridge.message import MalformedError, Request, Response, parse, reply
from sandbox.phone_bridge.settings import PhoneBridgeSettings
from sandbox.phone_bridge.transaction import GIVE_UP_SECONDS, Transaction, Transactions

log = logging.getLogger("sandbox.phone")

ALLOW: Final = ("allow", "INVITE, ACK, CANCEL, BYE, OPTIONS")
ACCEPT: Final = ("accept", "application/sdp")
RETRY_AFTER: Final = ("retry-after", "5")
STRAY: Final = "none"
"""Our tag outside of calls."""
Source = tuple[str, int]


class Switchboard(asyncio.DatagramProtocol):
    """One UDP port for everybody's signalling."""

    def __init__(self, settings: PhoneBridgeSettings, make_call: MakeCall) -> None:
        self.counts: Counter[str] = Counter()
        """How often what came and how calls ended."""
        self._settings = settings
        self._make_call = make_call
        self._transport: asyncio.DatagramTransport | None = None
        self._transactions = Transactions()
        self._calls: dict[DialogId, Call] = {}
        self._dialogs: dict[DialogId, Dialog] = {}
        """Of calls that are up, and for half a minute of those that were: goodbyes may cross."""
        self._running: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def up(self) -> int:
        """Calls that are answered."""
        return sum(call.is_answered for call in self._calls.values())

    @property
    def ringing(self) -> int:
        """Calls that are not answered yet."""
        return len(self._calls) - self.up

    async def open(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        address = (self._settings.host, self._settings.port)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=address)
        self.port = self._transport.get_extra_info("sockname")[1]

    async def close(self) -> None:
        """End every call, and listen no more."""
        for call in tuple(self._calls.values()):
            call.stop()
        await asyncio.gather(*self._running, return_exceptions=True)
        for dialog in self._dialogs.values():
            dialog.is_answered()
        self._transactions.close()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Source) -> None:
        """Something came. Nothing that does may raise: the next datagram is another's."""
        if not data.strip(b"\r\n\x00"):
            return  # a keep-alive
        try:
            message = parse(data)
        except MalformedError as error:
            self.counts["malformed"] += 1
            log.debug("malformed", extra={"fields": {"why": str(error)}})
            return
        if isinstance(message, Response):
            self._on_response(message)
        else:
            self._on_request(_stamped(message, addr), addr)

    def _on_response(self, response: Response) -> None:
        dialog = self._dialogs.get((response.call_id, response.from_tag, response.to_tag))
        if dialog is not None and response.cseq[1] == "BYE" and response.status >= 200:
            dialog.is_answered()

    def _on_request(self, request: Request, addr: Source) -> None:
        self.counts[request.method if request.method in ALLOW[1] else "other"] += 1
        if request.method == "ACK":
            self._on_ack(request)
            return
        known = self._transactions.find(request)
        if known is not None:
            known.again()
            return
        if request.method == "INVITE" and not request.to_tag:
            self._on_invite(request, addr)
        elif request.method == "CANCEL":
            self._on_cancel(request, addr)
        elif request.to_tag:
            self._on_request_in_dialog(request, addr)
        elif request.method == "OPTIONS":
            self._send(addr, reply(request, 200, tag=STRAY, extra=(ALLOW, ACCEPT)).render())
        else:
            self._send(addr, reply(request, 405, tag=STRAY, extra=(ALLOW,)).render())

    def _on_invite(self, request: Request, addr: Source) -> None:
        send = partial(self._send, addr)
        contact = f"<sip:bridge@{self._settings.host}:{self.port}>"
        dialog = Dialog(request, contact=contact, send=send)
        transaction = Transaction(request, send, on_unacknowledged=lambda: self._unacknowledged(dialog.id))
        if refused := self._refusal(request):
            # Not remembered: a flood is to cost nothing but its answer, and a repetition gets the same one.
            status, *extra = refused
            self._send(addr, reply(request, status, tag=dialog.tag, extra=tuple(extra)).render())
            return
        if not self._transactions.add(transaction):
            self._send(addr, reply(request, 503, tag=dialog.tag, extra=(RETRY_AFTER,)).render())
            return
        transaction.respond(reply(request, 100))
        call = self._make_call(transaction, addr, dialog)
        self._calls[dialog.id] = call
        self._dialogs[dialog.id] = dialog
        task = asyncio.create_task(self._run(call), name="phone.call")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _refusal(self, request: Request) -> tuple[int, *tuple[tuple[str, str], ...]] | None:
        if self._transactions.merged_with(request):
            return (482,)
        if request.get("require"):
            return 420, ("unsupported", request.get("require"))
        if (
            request.body
            and request.get("content-type").partition(";")[0].strip().lower() != "application/sdp"
        ):
            return 415, ACCEPT
        if not request.get("contact"):
            return (400,)
        if len(self._calls) >= self._settings.calls:
            return (486,)
        if self.ringing >= self._settings.ringing:
            return 503, RETRY_AFTER
        return None

    def _on_ack(self, request: Request) -> None:
        if (refused := self._transactions.find(request, "INVITE")) is not None:
            refused.acknowledge()
        if (call := self._calls.get(_dialog_id(request))) is not None:
            call.acknowledged(request.cseq[0])

    def _on_cancel(self, request: Request, addr: Source) -> None:
        invite = self._transactions.find(request, "INVITE")
        status = 200 if invite is not None else 481
        self._send(addr, reply(request, status, tag=STRAY).render())
        if invite is None or invite.is_answered:
            return
        for call in self._calls.values():
            if call.is_about(invite):
                call.cancel()

    def _on_request_in_dialog(self, request: Request, addr: Source) -> None:
        identity = _dialog_id(request)
        dialog, call = self._dialogs.get(identity), self._calls.get(identity)
        if dialog is None or (call is None and request.method != "BYE"):
            self._send(addr, reply(request, 481).render())
            return
        if request.method not in ("BYE", "INVITE"):  # a repetition gets the same answer: nothing to remember
            status = 200 if request.method == "OPTIONS" else 405
            extra = (ALLOW, ACCEPT) if status == 200 else (ALLOW,)
            self._send(addr, reply(request, status, extra=extra).render())
            return
        transaction = Transaction(request, partial(self._send, addr))
        self._transactions.add(transaction, of=identity)  # it is answered also where it is one of too many
        if not dialog.is_in_order(request):
            transaction.respond(reply(request, 500))
        elif request.method == "BYE":
            transaction.respond(reply(request, 200))
            dialog.is_answered()  # both said goodbye
            if call is not None:
                call.hang_up()
        elif call is not None:
            call.renew(transaction)

    async def _run(self, call: Call) -> None:
        why = "failed"
        try:
            why = await call.run()
        except Exception:
            log.exception("a call failed")
        finally:
            self.counts[f"ended_{why}"] += 1
            log.info("ended", extra={"fields": {"reason": why}})
            self._calls.pop(call.dialog.id, None)
            later = asyncio.get_running_loop().call_later
            later(GIVE_UP_SECONDS + 1, self._dialogs.pop, call.dialog.id, None)

    def _unacknowledged(self, identity: DialogId) -> None:
        if (call := self._calls.get(identity)) is not None:
            call.not_acknowledged()

    def _send(self, addr: Source, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, addr)


def _dialog_id(request: Request) -> DialogId:
    """As we name it: our tag is the one it is sent to."""
    return request.call_id, request.to_tag, request.from_tag


def _stamped(request: Request, addr: Source) -> Request:
    """Note in the topmost Via where it really came from (RFC 3581)."""
    via, rest = "", []
    for name, value in request.headers:
        if name == "via" and not via:
            via = value.replace(";rport=", ";x-rport=").replace(";rport", f";rport={addr[1]}", 1)
            rest.append((name, f"{via};received={addr[0]}"))
        else:
            rest.append((name, value))
    return Request(tuple(rest), request.body, method=request.method, uri=request.uri)
