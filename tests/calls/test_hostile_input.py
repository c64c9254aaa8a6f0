"""Tokens that are not ours and text out of all proportion: a clear error, nothing stored, nothing leaked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from cli.caller.conversation import Conversation
from cli.caller.errors import RefusedError
from cli.caller.line import Line
from cli.caller.record import CallRecord
from cli.caller.web_door import Ticket, WebDoor
from cli.secrets_file import load_or_make

pytestmark = pytest.mark.system

TWO_MEGABYTES = 2_000_000


async def ticket_of(person: Any) -> Ticket:
    async with WebDoor(person.demo.url) as door:
        await door.sign_in(person.email, "demo")
        return await door.start_call()


def altered(ticket: Ticket, secret: str, **claims: Any) -> Ticket:
    """The same ticket, with other claims or signed by somebody else."""
    known = jwt.decode(ticket.token, options={"verify_signature": False})
    return Ticket(ticket.call_id, ticket.url, jwt.encode(known | claims, secret), ticket.room)


def line(ticket: Ticket, record: CallRecord | None = None) -> Line:
    record = record or CallRecord()
    return Line(ticket, record.confirmations, lambda _segment: None, record=False)


async def test_a_forged_and_an_expired_token_are_refused_and_the_true_one_opens(
    demo: Any, person: Callable[..., Any]
) -> None:
    ticket = await ticket_of(person(demo))
    secret = load_or_make(demo.data_dir)["LIVEKIT_API_SECRET"]
    past = {"nbf": time.time() - 7200, "exp": time.time() - 3600}
    for bad in (
        altered(ticket, "a-forgers-secret-of-more-than-32-characters"),
        altered(ticket, secret, **past),
    ):
        with pytest.raises(RefusedError):
            async with line(bad):
                pass
    async with line(ticket) as room:
        assert room.connected


async def test_a_token_opens_its_own_room_and_grants_no_more_than_a_caller_needs(
    demo: Any, person: Callable[..., Any]
) -> None:
    ticket = await ticket_of(person(demo))
    grants = jwt.decode(ticket.token, options={"verify_signature": False})["video"]
    assert grants["room"] == ticket.room
    for power in ("roomAdmin", "roomCreate", "roomList", "roomRecord", "canUpdateOwnMetadata", "hidden"):
        assert not grants.get(power), power
    async with line(ticket) as room:  # a call that is never joined would hold its slot for a while
        assert room.connected


@pytest.mark.dear
async def test_two_megabytes_of_text_are_refused_and_the_call_goes_on(
    demo: Any, person: Callable[..., Any]
) -> None:
    somebody, record = person(demo), CallRecord()
    await somebody.start_with("Buy milk")
    async with line(await ticket_of(somebody), record) as room:
        conversation = Conversation(room, record)
        await conversation.wait_for_agent()
        await conversation.wait_for_greeting()
        too_much = await conversation.type("Add a task to buy " + "milk " * (TWO_MEGABYTES // 5))
        afterwards = await conversation.type("What's on my list?")
    assert too_much.answered, too_much.problem
    assert "long" in too_much.heard.lower()
    assert "buy milk" in afterwards.heard.lower()
    assert [task["title"] for task in await somebody.tasks()] == ["Buy milk"]


@pytest.mark.dear
async def test_a_title_of_ten_thousand_characters_is_refused_and_nothing_is_stored(
    demo: Any, person: Callable[..., Any]
) -> None:
    somebody = person(demo)
    await somebody.start_with()
    result = somebody.call("--type", "Add a task to " + "a" * 10_000, "--type", "What's on my list?")
    assert await somebody.tasks() == []
    refusal = result["turns"][0]["heard"].lower()
    assert "long" in refusal
    assert "added" not in refusal


@pytest.mark.parametrize("text", ["Add a task", "Add a task called \x00\x01\x02"])
async def test_a_task_without_a_title_is_asked_back(demo: Any, person: Callable[..., Any], text: str) -> None:
    somebody, record = person(demo), CallRecord()
    await somebody.start_with()
    async with line(await ticket_of(somebody), record) as room:
        conversation = Conversation(room, record)
        await conversation.wait_for_agent()
        await conversation.wait_for_greeting()
        turn = await conversation.type(text)
    assert turn.answered, turn.problem
    assert await somebody.tasks() == []
    assert "added" not in turn.heard.lower()


async def test_wrong_credentials_are_refused_with_exit_code_4(demo: Any, person: Callable[..., Any]) -> None:
    code, result = person(demo).try_call("--password", "wrong", "--say", "hello")
    assert code == 4
    assert "wrong" in result["error"].lower()
    assert result["call_id"] is None
    assert not result["answered"]
