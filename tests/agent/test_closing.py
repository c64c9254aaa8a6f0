"""A call that ends finishes what was promised, bounded, and holds no vendor and no money for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import pytest
from livekit.agents import llm

from agent import closing
from agent.background import Background
from agent.followed import Followed
from agent.owed import Leftover, OwnLine

pytestmark = pytest.mark.unit


class Ended:
    """A call that ends, and in which order."""

    def __init__(self) -> None:
        log = logging.getLogger("agent.call")
        self.promised, self.rest = Background(log, "failed"), Background(log, "failed")
        self.done: list[str] = []
        self.given_back = asyncio.Event()
        self.left = Leftover(llm.ChatContext.empty())

    async def leave(self) -> Leftover:
        self.done.append("silent")
        return self.left

    async def aclose(self) -> None:
        self.done.append("sockets closed")

    async def finish(self, *, within: float) -> None: ...

    async def give_back(self) -> None:
        self.done.append("money given back")
        self.given_back.set()

    async def stop_hearing(self) -> None: ...

    def note(self, word: str) -> Callable[[], None]:
        return lambda: self.done.append(word)

    async def ends(self, *, handed_over: bool = False) -> None:
        await closing.close(
            self,
            self,
            promised=self.promised,
            rest=self.rest,
            give_back=self.give_back,
            stop_hearing=self.stop_hearing,
            handed_over=handed_over,
        )


async def waits(then: Callable[[], None], until: asyncio.Event) -> None:
    await until.wait()
    then()


async def test_what_was_promised_is_finished_and_vendors_and_money_do_not_wait_for_it() -> None:
    call, goes_on = Ended(), asyncio.Event()
    call.promised.spawn(waits(call.note("promise kept"), goes_on), "call.no_more_calls")
    ending = asyncio.create_task(call.ends())
    await asyncio.wait_for(call.given_back.wait(), 5)
    assert not ending.done()
    goes_on.set()
    await asyncio.wait_for(ending, 5)
    assert call.done == ["silent", "sockets closed", "money given back", "promise kept"]


async def test_all_else_is_broken_off_behind_our_silence() -> None:
    call, never = Ended(), asyncio.Event()

    async def greets() -> None:
        try:
            await never.wait()
        finally:
            call.done.append("broken off")

    call.rest.spawn(greets(), "call.first_words")
    await asyncio.sleep(0)
    await asyncio.wait_for(call.ends(), 5)
    assert call.done[0] == "silent"
    assert "broken off" in call.done


@pytest.mark.parametrize("broken_off", [False, True])
async def test_who_waits_to_have_a_line_heard_knows_when_we_fall_silent(*, broken_off: bool) -> None:
    call, followed = Ended(), Followed()
    line = OwnLine("the rest", (followed,))
    history = llm.ChatContext.empty()
    call.left = (
        Leftover(history, broken_off=line)
        if broken_off
        else Leftover(history, rest=line.text, followed=line.followed)
    )

    async def told() -> None:
        await followed.wait_until(lambda: True)
        call.done.append("told")

    call.promised.spawn(told(), "call.opened")
    await asyncio.wait_for(call.ends(), 5)
    assert "told" in call.done


async def test_a_promise_that_takes_too_long_is_cut_off_and_has_time_to_be_kept_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closing, "PROMISED_SECONDS", 0.01)
    call, never = Ended(), asyncio.Event()

    async def write() -> None:
        try:
            await never.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            call.done.append("kept for later")
            raise

    call.promised.spawn(write(), "call.no_more_calls")
    await asyncio.wait_for(call.ends(), 5)
    assert "kept for later" in call.done


async def test_a_database_that_lets_go_of_nobody_holds_no_call_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "PROMISED_SECONDS", 0.01)
    monkeypatch.setattr(closing, "LET_GO_SECONDS", 0.01)
    call, unlocked = Ended(), asyncio.Event()

    async def write() -> None:
        while not unlocked.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await unlocked.wait()

    call.promised.spawn(write(), "call.no_more_calls")
    await asyncio.wait_for(call.ends(), 2)
    assert "money given back" in call.done
    unlocked.set()
    await call.promised.finish()


async def test_a_session_that_does_not_fall_silent_is_closed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closing, "SILENT_SECONDS", 0.01)
    call = Ended()

    async def leave() -> Any:
        await asyncio.Event().wait()

    call.leave = leave  # type: ignore[method-assign]
    await asyncio.wait_for(call.ends(), 5)
    assert call.done == ["sockets closed", "money given back"]


async def test_what_fails_at_the_end_is_told_when_all_else_is_done() -> None:
    call = Ended()

    async def aclose() -> None:
        raise ConnectionError

    call.aclose = aclose  # type: ignore[method-assign]
    call.promised.spawn(waits(call.note("promise kept"), call.given_back), "call.no_more_calls")
    call.given_back.set()
    with pytest.raises(ConnectionError):
        await call.ends()
    assert "promise kept" in call.done
