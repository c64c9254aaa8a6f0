"""What the caller's page is told of a question, and what its card can do to a spoken answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import pytest

from agent.gate import LIFETIME_SECONDS, Action
from tests.agent.asked import Asked

pytestmark = pytest.mark.unit


@pytest.fixture
async def asked() -> Asked:
    return Asked()


async def cannot_be_sent() -> None:
    raise RuntimeError("the room is being rebuilt")


async def takes_for_ever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("send", [cannot_be_sent, takes_for_ever])
async def test_a_card_that_cannot_be_sent_or_not_soon_takes_nothing_from_a_spoken_yes(
    asked: Asked, send: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    asked.send = send
    asked.questions.ask_if_needed()
    await asyncio.sleep(0)
    asked.session.speeches[0].over.set()
    await asked.work[0]
    assert asked.pending.heard
    assert not asked.pending.shown
    assert await asked.questions.take_turn("Yes.", turn=2, by="voice")
    assert asked.tools.ran == 1
    for each in asked.work:
        each.cancel()
    await asyncio.gather(*asked.work, return_exceptions=True)


async def test_the_page_is_told_until_when_the_question_is_open_and_anew_once_it_was_heard() -> None:
    now = 1000.0
    asked = Asked(lambda: now)
    now += 20
    asked.questions.ask_if_needed()
    await asyncio.sleep(0)
    speech = asked.session.speeches[0]
    async with asyncio.timeout(5):
        await asyncio.gather(*asked.work[1:])
    now += 30
    assert asked.gate.seconds_left(asked.pending) == LIFETIME_SECONDS - 30
    speech.over.set()
    await asked.done()
    assert asked.gate.seconds_left(asked.pending) == LIFETIME_SECONDS
    first, second = asked.card
    assert first["id"] == second["id"] == asked.pending.id
    for shown in (first, second):
        left = datetime.fromisoformat(shown["expires_at"]).timestamp() - time.time()
        assert left == pytest.approx(LIFETIME_SECONDS, abs=3)


async def test_a_question_that_nobody_answers_is_closed_when_its_time_is_over_and_the_page_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent.gate.LIFETIME_SECONDS", 0.05)
    asked = Asked()
    async with asyncio.timeout(5):
        await asked.closed.wait()
    await asked.done()
    assert asked.card == [{"id": asked.pending.id, "outcome": "expired", "by": None, "answer": None}]


async def test_a_call_that_is_over_closes_no_question_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.gate.LIFETIME_SECONDS", 0.01)
    asked = Asked()
    asked.questions.stop()
    asked.gate.ask(Action("delete_task", {"task_id": "2"}, ("Buy bread",)), turn=1)
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, over.set)
    await over.wait()
    assert not asked.closed.is_set()


async def test_a_question_that_is_closed_is_not_put_on_the_page_behind_its_end(asked: Asked) -> None:
    slow = asyncio.Event()
    waiting = [slow.wait]

    async def the_first_is_slow() -> None:
        if waiting:
            await waiting.pop()()

    asked.send = the_first_is_slow
    asked.questions.ask_if_needed()
    await asyncio.sleep(0)
    asked.session.speeches[0].over.set()
    await asked.work[0]
    asked.gate.press("no", by="key")
    asyncio.get_running_loop().call_soon(slow.set)
    await asked.done()
    assert [each.get("outcome") for each in asked.card] == [None, "declined"]
