"""A line of ours is said by the session that serves: one that ends takes none, and its successor is waited for."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from agent import whoever_serves as module
from agent.whoever_serves import WhoeverServes

pytestmark = pytest.mark.unit


class Session:
    """A session that serves, does not yet, or is closing without knowing it."""

    def __init__(self, *, serves: bool = True, closing: bool = False) -> None:
        self.serves, self.closing = serves, closing
        self.said: list[str] = []
        self.owed: list[str | None] = []

    def say(self, line: str) -> None:
        if self.closing:
            raise RuntimeError("it is closing")
        self.said.append(line)

    def reply(self, text: str | None) -> None:
        self.owed.append(text)
        if self.closing:
            raise RuntimeError("it is closing")

    async def hush(self) -> None:
        self.say("hush")


class Call:
    """A call that one session serves after another."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ours = WhoeverServes(lambda: cast("Any", self.session))


@pytest.mark.parametrize("first", [Session(serves=False), Session(closing=True)], ids=["left", "closing"])
async def test_a_session_that_ends_has_its_successor_speak(first: Session) -> None:
    call, second = Call(first), Session()
    speaking = asyncio.gather(call.ours.say("Hello."), call.ours.hush())
    await asyncio.sleep(0)
    call.session = second
    async with asyncio.timeout(5):
        await speaking
    assert first.said == []
    assert sorted(second.said) == ["Hello.", "hush"]


async def test_an_answer_is_asked_for_once_since_who_owes_it_leaves_it_to_the_successor() -> None:
    closing, left, second = Session(closing=True), Session(serves=False), Session()
    await asyncio.wait_for(Call(closing).ours.reply("What is on my list?"), 5)
    assert closing.owed == ["What is on my list?"]
    call = Call(left)
    asking = asyncio.ensure_future(call.ours.reply("What is on my list?"))
    await asyncio.sleep(0)
    call.session = second
    await asyncio.wait_for(asking, 5)
    assert (left.owed, second.owed) == ([], ["What is on my list?"])


async def test_a_session_that_serves_speaks_at_once() -> None:
    call = Call(Session())
    speaking = asyncio.ensure_future(call.ours.say("Hello."))
    await asyncio.sleep(0)
    assert speaking.done()
    assert call.session.said == ["Hello."]


async def test_what_nobody_can_say_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACK_SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        await Call(Session(serves=False)).ours.say("Hello.")
