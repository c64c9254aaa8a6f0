"""What is typed by a caller who comes back while their call is being parked is answered, or it is said that it was not."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.call import Call
from agent.parking import Parking
from agent.succession import CLOSE_SECONDS, READY_SECONDS
from agent.text_chat import TextChat
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


class Both:
    """Serving and money: sockets close as late as they may, and money is found as late as a call waits for it."""

    async def park(self) -> None:
        await asyncio.sleep((READY_SECONDS + CLOSE_SECONDS) / 2)

    def awaited(self) -> None: ...

    async def take_up(self, _decision: Any = None) -> Any:
        await asyncio.sleep(1.0)
        return SimpleNamespace(stack="economy")


def test_it_waits_for_as_long_as_a_call_may_take_to_be_served_again(loop: VirtualLoop) -> None:
    answered: list[str] = []

    async def hush() -> None: ...

    async def take(text: str, *, by: str) -> bool:
        answered.append(f"{by}: {text}")
        return True

    async def run() -> None:
        both: Any = Both()
        parking = Parking(both, both, call_id="c1")
        call: Any = SimpleNamespace(
            _parking=parking, _ours=SimpleNamespace(hush=hush), _turns=SimpleNamespace(take=take)
        )
        away = asyncio.create_task(parking.park())
        await asyncio.sleep(0)
        back = asyncio.create_task(parking.take_up())
        await Call._on_message(call, "What is on my list?")
        await asyncio.gather(away, back)

    loop.run_until_complete(run())
    assert loop.time() > READY_SECONDS + CLOSE_SECONDS
    assert answered == ["text: What is on my list?"]


async def test_one_that_nothing_came_to_serve_is_told_of_and_the_next_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[str] = []

    async def on_message(text: str) -> None:
        heard.append(text)
        if len(heard) == 1:
            raise TimeoutError

    async def on_too_long() -> None: ...

    chat = TextChat(cast("Any", None), caller_identity="ann", max_chars=99)
    chat.hand_to(on_message, on_too_long=on_too_long)
    with caplog.at_level(logging.ERROR):
        await chat._on_text("Hello?")
    assert [each.message for each in caplog.records] == ["chat.unanswered"]
    await chat._on_text("Are you there?")
    assert heard == ["Hello?", "Are you there?"]


async def test_what_is_typed_before_a_call_is_served_waits_for_it_in_its_order() -> None:
    heard: list[str] = []
    last = asyncio.Event()

    async def on_message(text: str) -> None:
        heard.append(text)
        if text == "Undo that":
            last.set()

    async def on_too_long() -> None:
        heard.append("too long")

    chat = TextChat(cast("Any", None), caller_identity="ann", max_chars=99)
    typed = [asyncio.create_task(chat._on_text(text)) for text in ("Add milk", None, "Undo that")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert heard == []
    chat.hand_to(on_message, on_too_long=on_too_long)
    await asyncio.wait_for(last.wait(), 5)
    await asyncio.gather(*typed)
    assert heard == ["Add milk", "too long", "Undo that"]
