"""Signalling of many at once: however much one side sends, the others' goodbyes, holds and new calls are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from sandbox.phone_bridge.dialog import Dialog
from sandbox.phone_bridge.message import Response, parse, reply
from sandbox.phone_bridge.settings import PhoneBridgeSettings
from sandbox.phone_bridge.switchboard import Switchboard
from sandbox.phone_bridge.transaction import Transaction, Transactions

pytestmark = pytest.mark.unit

MANY = 50
ADDRESS = ("127.0.0.1", 5070)


class Wire:
    """What the switchboard sends."""

    def __init__(self) -> None:
        self.sent: list[Response] = []

    def sendto(self, data: bytes, _: object) -> None:
        message = parse(data)
        if isinstance(message, Response):
            self.sent.append(message)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


class Up:
    """A call that is answered at once, or refused, and lasts until its caller hangs up."""

    is_answered = True

    def __init__(self, invite: Transaction, dialog: Dialog, status: int) -> None:
        self.dialog = dialog
        self._invite, self._status = invite, status
        self.over = asyncio.Event()
        self.renewed = 0

    async def run(self) -> str:
        self._invite.respond(reply(self._invite.request, self._status, tag=self.dialog.tag))
        if self._status == 200:
            await self.over.wait()
        return "bye"

    def acknowledged(self, _: int) -> None:
        self._invite.acknowledge()

    def hang_up(self) -> None:
        self.over.set()

    stop = hang_up

    def renew(self, transaction: Transaction) -> None:
        self.renewed += 1
        transaction.respond(reply(transaction.request, 200, tag=self.dialog.tag))


class Stage:
    """A switchboard without a network."""

    def __init__(self) -> None:
        self.wire, self.calls = Wire(), list[Up]()
        self.status = 200
        self.board = Switchboard(PhoneBridgeSettings(calls=500), cast("Any", self._make))
        self.board._transport = cast("Any", self.wire)
        self.board._transactions = Transactions(MANY, most_each=5, most_refused=10)
        self._branch = 0

    def _make(self, invite: Transaction, _: object, dialog: Dialog) -> Up:
        self.calls.append(Up(invite, dialog, self.status))
        return self.calls[-1]

    def send(self, method: str, call: str, number: int, to_tag: str = "", branch: str = "") -> int:
        """The answer's status; 0 for none."""
        self._branch += 1
        tag = f";tag={to_tag}" if to_tag else ""
        before = len(self.wire.sent)
        self.board.datagram_received(
            (
                f"{method} sip:tasks@127.0.0.1 SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK{branch or self._branch};rport\r\n"
                f"From: <sip:+15550100@127.0.0.1>;tag=theirs\r\n"
                f"To: <sip:tasks@127.0.0.1>{tag}\r\n"
                f"Call-ID: {call}\r\nCSeq: {number} {method}\r\n"
                "Contact: <sip:ann@127.0.0.1:5070>\r\nContent-Length: 0\r\n\r\n"
            ).encode(),
            ADDRESS,
        )
        return self.wire.sent[-1].status if len(self.wire.sent) > before else 0

    async def dial(self, call: str) -> str:
        """Begin a call; our tag in it."""
        assert self.send("INVITE", call, 1) == 100
        await asyncio.sleep(0)
        assert self.wire.sent[-1].status == self.status
        tag = self.wire.sent[-1].to_tag
        self.send("ACK", call, 1, tag)
        return tag


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    await made.board.close()


@pytest.mark.parametrize("method", ["OPTIONS", "INFO", "INVITE"])
async def test_who_sends_much_in_their_own_call_keeps_nobody_else_from_hold_goodbye_and_a_new_call(
    stage: Stage, method: str
) -> None:
    chatty, quiet = await stage.dial("chatty"), await stage.dial("quiet")
    found = {stage.send(method, "chatty", 2 + at, chatty) for at in range(3 * MANY)}
    assert found == {405 if method == "INFO" else 200}
    assert stage.send("INVITE", "quiet", 2, quiet) == 200
    assert stage.calls[1].renewed == 1
    assert stage.send("BYE", "quiet", 3, quiet) == 200
    assert stage.calls[1].over.is_set()
    await stage.dial("new")
    assert stage.send("BYE", "chatty", 999, chatty) == 200
    assert stage.calls[0].over.is_set(), "theirs is none of too many either"


async def test_who_is_refused_again_and_again_keeps_nobody_from_a_new_call(stage: Stage) -> None:
    stage.status = 403
    for at in range(3 * MANY):
        await stage.dial(f"refused-{at}")
        await asyncio.sleep(0)
    stage.status = 200
    await stage.dial("new")


async def test_a_goodbye_that_is_repeated_is_answered_and_done_once(stage: Stage) -> None:
    tag = await stage.dial("call")
    assert [stage.send("BYE", "call", 2, tag, branch="same") for _ in range(3)] == [200] * 3


async def test_a_new_call_beyond_all_places_is_told_to_come_back_later(stage: Stage) -> None:
    for at in range(MANY):
        await stage.dial(f"call-{at}")
    assert stage.send("INVITE", "late", 1) == 503
    assert stage.wire.sent[-1].get("retry-after") == "5"
